// krane logs: merged, filtered, and followed over redeploys.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <csignal>
#include <map>
#include <sstream>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::ContainsRegex;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class cli_logs : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    ada.sets("KRANE_ENDPOINT", server().url());
    ada.sets("KRANE_TOKEN", server().token());
  }
  std::string deployed(std::string const& stem, std::string const& config) {
    auto const name = fresh(stem);
    server().create(name, config);
    EXPECT_EQ(server().run(name).at("/data/status"), "running");
    return name;
  }
  static std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> out;
    std::istringstream from(text);
    for (std::string line; std::getline(from, line);) out.push_back(line);
    return out;
  }
  std::vector<std::string> logs(std::string const& name, std::vector<std::string> more) {
    more.insert(more.begin(), {"logs", name});
    auto const said = ada.types(more);
    EXPECT_EQ(said.status, 0) << said.all();
    return lines_of(said.out);
  }
  // The numbers of "out N" by container, in the order in which they were shown.
  static std::map<std::string, std::vector<int>> numbers(std::string const& json_lines) {
    std::map<std::string, std::vector<int>> out;
    for (auto const& line : lines_of(json_lines)) {
      if (!line.ends_with('}')) continue;
      auto const one = boost::json::parse(line);
      if (auto const text = text_at(one, "/line"); text.starts_with("out "))
        out[text_at(one, "/container")].push_back(std::stoi(text.substr(4)));
    }
    return out;
  }

  person ada;
};

TEST_F(cli_logs, shows_the_last_lines_or_as_many_as_are_wanted) {
  auto const name = deployed("tail", R"("image":"krane-test/lines","tag":"burst")");
  ASSERT_TRUE(eventually([&] { return logs(name, {"-n", "all"}).size() == 2000; }));
  EXPECT_EQ(logs(name, {}).size(), 50u);
  EXPECT_EQ(logs(name, {"--tail", "3"}).size(), 3u);
  EXPECT_THAT(logs(name, {"-n", "0"}), IsEmpty());
  EXPECT_EQ(ada.types({"logs", name, "--tail", "few"}).status, 2);
}

TEST_F(cli_logs, shows_only_what_matches_and_since_when) {
  auto const name = deployed("grep", R"("image":"krane-test/lines","tag":"burst")");
  ASSERT_TRUE(eventually([&] { return logs(name, {"-n", "all"}).size() == 2000; }));
  EXPECT_THAT(logs(name, {"-n", "all", "--grep", "^out (7|99)$"}), ElementsAre("out 7", "out 99"));
  EXPECT_EQ(logs(name, {"--since", "1h"}).size(), 2000u);
  EXPECT_THAT(logs(name, {"--since", "2999-01-01T00:00:00Z"}), IsEmpty());
  auto const wrong = ada.types({"logs", name, "--grep", "a(b"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--grep \"a(b\""));
  EXPECT_EQ(ada.types({"logs", name, "--since", "tomorrow"}).status, 2);
}

TEST_F(cli_logs, shows_when_a_line_was_written) {
  auto const name = deployed("times", R"("image":"krane-test/sleep")");
  EXPECT_THAT(logs(name, {"--timestamps"}), ElementsAre(ContainsRegex("^20[0-9-]+T[0-9:.]+Z sleeping$")));
  auto const json = boost::json::parse(logs(name, {"-o", "json"}).at(0));
  EXPECT_EQ(text_at(json, "/line"), "sleeping");
  EXPECT_THAT(text_at(json, "/container"), ContainsRegex("^" + name + "-[0-9a-f]{8}$"));
  EXPECT_THAT(text_at(json, "/time"), ContainsRegex("^20[0-9-]+T[0-9:.]+Z$"));
}

TEST_F(cli_logs, says_that_there_is_nothing_yet_or_no_such_deployment) {
  auto const name = fresh("never");
  server().create(name, R"("image":"krane-test/sleep")");
  auto const none = ada.types({"logs", name});
  EXPECT_EQ(none.status, 0);
  EXPECT_THAT(none.out, IsEmpty());
  EXPECT_THAT(none.err, HasSubstr("krane run " + name));
  EXPECT_EQ(ada.types({"logs", "no-such-thing"}).status, 3);
}

TEST_F(cli_logs, follows_over_redeploys_without_losing_or_doubling_a_line) {
  auto const name = deployed("follow", R"("image":"krane-test/lines")");
  auto const follower = ada.starts({"logs", name, "-f", "-n", "all", "-o", "json"}, ada.file("out"), ada.file("err"));
  for (int releases = 1; releases <= 3; ++releases) {
    ASSERT_TRUE(eventually([&] {
      auto const seen = numbers(read_file(ada.file("out")));
      return seen.size() == static_cast<std::size_t>(releases) &&
             std::ranges::all_of(seen, [](auto const& one) { return one.second.size() >= 5; });
    })) << read_file(ada.file("out"))
        << read_file(ada.file("err"));
    ASSERT_EQ(server().run(name).at("/data/status"), "running");
  }
  ASSERT_EQ(server().remove("/deployments/" + name).status, 200);
  EXPECT_EQ(follower->wait(std::chrono::seconds(15)), 0) << read_file(ada.file("err"));
  for (auto const& [container, seen] : numbers(read_file(ada.file("out")))) {
    for (std::size_t i = 0; i < seen.size(); ++i)
      ASSERT_EQ(seen[i], static_cast<int>(i) + 1) << container << ": each line once, and in order";
  }
  EXPECT_THAT(read_file(ada.file("err")), HasSubstr(name + " is removed"));
}

TEST_F(cli_logs, follows_over_a_restart_of_the_server) {
  auto const name = deployed("restart", R"("image":"krane-test/lines")");
  auto const follower = ada.starts({"logs", name, "-f", "-n", "all", "-o", "json"}, ada.file("out"), ada.file("err"));
  auto const count = [&] {
    auto const seen = numbers(read_file(ada.file("out")));
    return seen.empty() ? std::size_t{0} : seen.begin()->second.size();
  };
  ASSERT_TRUE(eventually([&] { return count() >= 5; }));
  server().kill();
  server().start();
  auto const before = count();
  ASSERT_TRUE(eventually([&] { return count() >= before + 10; })) << read_file(ada.file("err"));
  follower->signal(SIGINT);
  EXPECT_EQ(follower->wait(std::chrono::seconds(5)), 130);
  auto const seen = numbers(read_file(ada.file("out")));
  ASSERT_EQ(seen.size(), 1u);
  auto const& all = seen.begin()->second;
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<int>(i) + 1);
}

TEST_F(cli_logs, at_a_terminal_has_a_colour_for_each_container) {
  auto const name = deployed("colours", R"("image":"krane-test/lines")");
  auto const screen = ada.sits_at({"logs", name, "-f", "-n", "2"});
  ASSERT_TRUE(screen->shows("\x1b[36m" + name)) << screen->output();
  ASSERT_TRUE(screen->shows(" | \x1b[0mout ")) << screen->output();
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  EXPECT_TRUE(screen->shows("\x1b[33m" + name)) << screen->output();
  screen->presses_control_c();
  EXPECT_EQ(screen->wait(), 130);
}

TEST_F(cli_logs, begins_a_line_with_each_start_although_the_one_before_ended_without_a_line_end) {
  auto const name = deployed(
      "prompt", R"("image":"krane-test/sleep","command":["sh","-c","echo up; printf 'prompt> '; exec sleep 1000000"])");
  ASSERT_TRUE(eventually([&] { return logs(name, {}) == std::vector<std::string>{"up"}; }));
  ASSERT_EQ(ada.types({"restart", name}).status, 0);
  EXPECT_TRUE(eventually([&] { return logs(name, {}).size() >= 3; }));
  EXPECT_THAT(logs(name, {}), ElementsAre("up", "prompt> ", "up"));
}

TEST_F(cli_logs, that_the_engine_does_not_keep_are_told_in_one_sentence) {
  auto const name = deployed("none", R"("image":"krane-test/sleep","logging":{"driver":"none"})");
  for (auto const& line : {person::words{"logs", name}, person::words{"logs", name, "-f"}}) {
    auto const said = ada.types(line);
    EXPECT_EQ(said.status, 1) << said.all();
    EXPECT_THAT(said.out, IsEmpty());
    EXPECT_THAT(said.err, HasSubstr("logging.driver"));
    EXPECT_EQ(std::ranges::count(said.err, '\n'), 1) << said.err;
  }
}

TEST_F(cli_logs, at_a_terminal_lets_colours_pass_and_shows_what_would_act_on_it) {
  std::string const script =
      R"(printf '\\033[31mred\\n\\033]52;c;aGk=\\007\\033[2Jafter\\302\\2332J\\n'; exec sleep 1000000)";
  auto const name = deployed("controls", R"("image":"krane-test/sleep","command":["sh","-c",")" + script + "\"]");
  std::string const raw =
      "\x1b[31mred\n\x1b]52;c;aGk=\x07\x1b[2Jafter\xC2\x9B"
      "2J\n";
  ASSERT_TRUE(eventually([&] { return ada.types({"logs", name}).out == raw; })) << "a pipe has it as it was written";
  auto const screen = ada.sits_at({"logs", name});
  EXPECT_EQ(screen->wait(), 0);
  EXPECT_EQ(screen->output(), "\x1b[31mred\x1b[0m\r\n\\e]52;c;aGk=\\x07\\e[2Jafter\\u009b2J\r\n");
  auto const plain = ada.sits_at({"logs", name, "--no-color"});
  EXPECT_EQ(plain->wait(), 0);
  EXPECT_THAT(plain->output(), StartsWith("red\r\n\\e]52;"));
  auto const let_through = ada.sits_at({"logs", name, "--raw"});
  EXPECT_EQ(let_through->wait(), 0);
  EXPECT_THAT(let_through->output(), HasSubstr("\x1b]52;c;aGk=\x07\x1b[2Jafter"));
}

TEST_F(cli_logs, ends_quietly_when_nobody_reads_it_any_more) {
  auto const name = deployed("pipe", R"("image":"krane-test/lines")");
  auto const said = run({"bash", "-c", "krane logs " + name + " -f -q | head -n 3; echo ${PIPESTATUS[0]}"},
                        ada.environment({{"PATH", program_folder() + ":" + std::getenv("PATH")}}));
  auto const lines = lines_of(said.output);
  ASSERT_EQ(lines.size(), 4u) << said.output;
  EXPECT_EQ(lines.back(), "141") << "ended by SIGPIPE, as others are";
}

}  // namespace
}  // namespace krane::e2e
