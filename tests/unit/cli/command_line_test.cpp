#include "cli/command_line.hpp"

#include <gmock/gmock.h>

#include "cli/exit_code.hpp"
#include "cli/failure.hpp"

namespace krane::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using kind = typed_command::kind;

task<exit_code> do_nothing(command_context&, arguments) {
  co_return exit_code::done;
}

std::vector<command> some_commands() {
  return {{.path = {"list"}, .aliases = {"ls"}, .summary = "List", .run = do_nothing},
          {.path = {"logs"},
           .summary = "Logs",
           .arguments = {{.name = "NAME", .meaning = "the deployment"}},
           .options = {{.name = "follow", .letter = 'f', .meaning = "go on"},
                       {.name = "tail", .letter = 'n', .value = "N", .meaning = "lines"},
                       {.name = "only", .value = "WORD", .meaning = "words", .many = true}},
           .run = do_nothing},
          {.path = {"rm"},
           .summary = "Remove",
           .arguments = {{.name = "NAME", .meaning = "the deployments", .many = true}},
           .run = do_nothing},
          {.path = {"sessions"}, .summary = "Sessions"},
          {.path = {"sessions", "ls"}, .aliases = {"list"}, .summary = "List", .run = do_nothing},
          {.path = {"secret"}, .summary = "Hidden", .run = do_nothing, .hidden = true}};
}

class a_command_line : public testing::Test {
protected:
  typed_command read(std::vector<std::string> line) {
    auto typed = read_command_line(std::move(line), commands);
    EXPECT_TRUE(typed) << (typed ? "" : typed.error().message);
    return typed ? std::move(*typed) : typed_command{.given = arguments({})};
  }
  std::string refusal(std::vector<std::string> line) {
    auto const typed = read_command_line(std::move(line), commands);
    EXPECT_FALSE(typed);
    if (typed) return "(read)";
    EXPECT_EQ(exit_code_of(typed.error()), exit_code::usage);
    return typed.error().message;
  }
  std::vector<command> commands = some_commands();
};

TEST_F(a_command_line, is_a_command_with_its_options_and_arguments) {
  auto const typed = read({"logs", "web", "-f", "--tail", "5", "--only", "a", "--only=b"});
  EXPECT_EQ(typed.wants, kind::run);
  EXPECT_EQ(typed.what->name(), "logs");
  EXPECT_EQ(typed.given.get("NAME"), "web");
  EXPECT_TRUE(typed.given.has("follow"));
  EXPECT_EQ(typed.given.find("tail"), "5");
  EXPECT_THAT(typed.given.all("only"), ElementsAre("a", "b"));
  EXPECT_FALSE(typed.given.has("quiet"));
  EXPECT_THROW(static_cast<void>(typed.given.has("image")), std::logic_error) << "a bug, and no answer";
}

TEST_F(a_command_line, takes_options_before_and_after_the_command) {
  auto const typed = read({"-o", "json", "--context", "prod", "logs", "--quiet", "web"});
  EXPECT_EQ(typed.what->name(), "logs");
  EXPECT_EQ(typed.given.find("output"), "json");
  EXPECT_EQ(typed.given.find("context"), "prod");
  EXPECT_TRUE(typed.given.has("quiet"));
  EXPECT_EQ(read({"--context=logs", "ls"}).what->name(), "list");
}

TEST_F(a_command_line, does_not_mistake_a_name_for_a_command) {
  EXPECT_EQ(read({"logs", "list"}).given.get("NAME"), "list");
  EXPECT_THAT(read({"rm", "logs", "rm"}).given.all("NAME"), ElementsAre("logs", "rm"));
  EXPECT_THAT(read({"rm", "--", "-odd-name"}).given.all("NAME"), ElementsAre("-odd-name"));
}

TEST_F(a_command_line, may_use_the_short_word_for_a_command) {
  EXPECT_EQ(read({"ls"}).what->name(), "list");
  EXPECT_EQ(read({"sessions", "list"}).what->name(), "sessions ls");
}

TEST_F(a_command_line, takes_the_last_of_what_can_be_given_once) {
  EXPECT_EQ(read({"logs", "web", "-n", "1", "-n", "2"}).given.find("tail"), "2");
}

TEST_F(a_command_line, asks_for_help_in_many_ways) {
  for (auto const& line : std::vector<std::vector<std::string>>{{}, {"--help"}, {"-h"}, {"help"}, {"-q"}}) {
    auto const typed = read(line);
    EXPECT_EQ(typed.wants, kind::help);
    EXPECT_EQ(typed.what, nullptr);
  }
  for (auto const& line : std::vector<std::vector<std::string>>{
           {"logs", "--help"}, {"help", "logs"}, {"logs", "web", "-h"}, {"-h", "logs"}}) {
    auto const typed = read(line);
    EXPECT_EQ(typed.wants, kind::help);
    ASSERT_NE(typed.what, nullptr);
    EXPECT_EQ(typed.what->name(), "logs");
  }
  EXPECT_EQ(read({"sessions"}).wants, kind::help);
  EXPECT_EQ(read({"help", "sessions", "ls"}).what->name(), "sessions ls");
}

TEST_F(a_command_line, that_is_wrong_says_what_may_have_been_meant) {
  EXPECT_EQ(refusal({"lgos"}), R"("krane lgos" is no command; was "krane logs" meant?)");
  EXPECT_EQ(refusal({"sessions", "lss"}), R"("krane sessions lss" is no command; was "krane sessions ls" meant?)");
  EXPECT_EQ(refusal({"frobnicate"}), R"("krane frobnicate" is no command; krane --help lists them)");
  EXPECT_EQ(refusal({"secre"}), R"("krane secre" is no command; krane --help lists them)");
  EXPECT_EQ(refusal({"logs", "web", "--folow"}), "krane logs has no option --folow; was --follow meant?");
  EXPECT_EQ(refusal({"logs", "web", "--nonsense=1"}),
            "krane logs has no option --nonsense; krane logs --help shows what it takes");
}

TEST_F(a_command_line, that_is_wrong_names_what_is_missing_or_too_much) {
  EXPECT_EQ(refusal({"logs"}), "NAME is missing (the deployment); krane logs --help shows what it takes");
  EXPECT_EQ(refusal({"rm"}), "NAME is missing (the deployments); krane rm --help shows what it takes");
  EXPECT_EQ(refusal({"logs", "web", "more"}), "\"more\" is one word too many; krane logs --help shows what it takes");
  EXPECT_THAT(refusal({"logs", "web", "--tail"}), HasSubstr("--tail"));
  EXPECT_EQ(refusal({"ls", "-o", "xml"}), "--output is \"xml\", and must be one of: table, json, yaml, name");
}

}  // namespace
}  // namespace krane::cli
