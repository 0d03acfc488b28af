#include "cli/word_completion.hpp"

#include <gmock/gmock.h>

namespace krane::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

std::vector<command> some_commands() {
  return {{.path = {"list"}, .aliases = {"ls"}, .summary = "List"},
          {.path = {"logs"},
           .summary = "Show output",
           .arguments = {{.name = "NAME", .meaning = "", .completes = completion::deployments}},
           .options = {{.name = "follow", .letter = 'f', .meaning = "go on"},
                       {.name = "tail", .letter = 'n', .value = "N", .meaning = "lines"},
                       {.name = "level", .value = "LEVEL", .meaning = "", .choices = {"info", "warn", "error"}},
                       {.name = "from", .value = "FILE", .meaning = "", .completes = completion::files}}},
          {.path = {"rm"},
           .summary = "Remove",
           .arguments = {{.name = "NAME", .meaning = "", .many = true, .completes = completion::deployments}}},
          {.path = {"context"}, .summary = "Contexts"},
          {.path = {"context", "use"},
           .summary = "Use one",
           .arguments = {{.name = "CONTEXT", .meaning = "", .completes = completion::contexts}}},
          {.path = {"complete"}, .summary = "For shells", .hidden = true}};
}

completions of(std::vector<std::string> const& line) {
  static auto const all = some_commands();
  return complete(line, all);
}

std::vector<std::string> words_of(std::vector<std::string> const& line) {
  std::vector<std::string> out;
  for (auto const& one : of(line).words) out.push_back(one.word);
  return out;
}

TEST(complete, begins_with_the_commands_that_people_see) {
  EXPECT_THAT(words_of({""}), ElementsAre("list", "logs", "rm", "context"));
  EXPECT_THAT(words_of({}), ElementsAre("list", "logs", "rm", "context"));
  EXPECT_THAT(words_of({"l"}), ElementsAre("list", "logs"));
  EXPECT_EQ(of({"lo"}).words, (std::vector<completions::candidate>{{"logs", "Show output"}}));
}

TEST(complete, goes_on_below_a_heading) {
  EXPECT_THAT(words_of({"context", ""}), ElementsAre("use"));
  EXPECT_EQ(of({"context", "use", "p"}).more, completion::contexts);
  EXPECT_EQ(of({"context", "use", "p"}).begin, "p");
}

TEST(complete, knows_what_an_argument_is_completed_with) {
  EXPECT_EQ(of({"logs", ""}).more, completion::deployments);
  EXPECT_EQ(of({"logs", "web", ""}).more, completion::nothing);
  EXPECT_EQ(of({"rm", "web", "api", ""}).more, completion::deployments);
  EXPECT_EQ(of({"logs", "-f", ""}).more, completion::deployments);
  EXPECT_EQ(of({"logs", "--tail", "10", ""}).more, completion::deployments);
  EXPECT_EQ(of({"logs", "--tail=10", ""}).more, completion::deployments);
  EXPECT_EQ(of({"logs", "--", "-"}).more, completion::deployments);
  EXPECT_EQ(of({"--context", "prod", "logs", ""}).more, completion::deployments);
}

TEST(complete, offers_the_options_of_the_command_and_of_all) {
  EXPECT_THAT(words_of({"logs", "--"}), testing::IsSupersetOf({"--follow", "--tail", "--context", "--output"}));
  EXPECT_THAT(words_of({"logs", "--f"}), ElementsAre("--follow", "--from"));
  EXPECT_THAT(words_of({"logs", "--follow", "--f"}), ElementsAre("--from"));
  EXPECT_THAT(words_of({"rm", "--"}), Not(Contains("--follow")));
}

TEST(complete, offers_the_values_of_an_option) {
  EXPECT_THAT(words_of({"logs", "--level", ""}), ElementsAre("info", "warn", "error"));
  EXPECT_THAT(words_of({"list", "-o", "j"}), ElementsAre("json"));
  EXPECT_THAT(words_of({"ls", "-o", "y"}), ElementsAre("yaml"));
  EXPECT_EQ(of({"logs", "--from", "a"}).more, completion::files);
  EXPECT_EQ(of({"logs", "-n", ""}).more, completion::nothing);
  auto const joined = of({"logs", "--level=w"});
  EXPECT_EQ(joined.before, "--level=");
  EXPECT_EQ(joined.words, (std::vector<completions::candidate>{{"warn", ""}}));
  auto const context = of({"logs", "--context=p"});
  EXPECT_EQ(context.more, completion::contexts);
  EXPECT_EQ(context.begin, "p");
}

TEST(complete, has_nothing_to_say_of_words_it_does_not_know) {
  EXPECT_THAT(words_of({"nonsense", ""}), ElementsAre());
  EXPECT_THAT(words_of({"logs", "--nonsense=x"}), ElementsAre());
  EXPECT_EQ(of({"nonsense", ""}).more, completion::nothing);
}

}  // namespace
}  // namespace krane::cli
