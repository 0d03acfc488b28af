// The output of several containers as one stream, against the API itself.
#include "cli/merged_output.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "unit/client/api_server.hpp"

namespace krane::cli {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsSupersetOf;
using strings = std::vector<std::string>;

std::optional<std::string> plain_terminal(std::string_view name) {
  return name == "TERM" ? std::optional<std::string>("dumb") : std::nullopt;
}

class merged_output_test : public test::served_api_test {
protected:
  merged_output_test() {
    create("app");
    first = *deploy("app").container();
    // A release is being replaced, and both run.
    world.hang(test::route::stop);
    EXPECT_EQ(ask("POST", "/deployments/app/run").status, 202);
    EXPECT_TRUE(becomes([&] { return newest_run().at("state") == "switched"; }));
    second = container_id(std::string(newest_run().at("container").as_string()));
  }
  ~merged_output_test() override { world.let_go(test::route::stop); }

  boost::json::value newest_run() { return ask("GET", "/deployments/app").data().at("run"); }

  void write(container_id const& to, std::string line) { world.write_output(to, log_source::out, std::move(line)); }

  static coroutine<void> run_to_end(merged_output& merged, std::optional<result<void>>& ended) {
    ended = co_await merged.run();
  }

  // What is shown until `enough` holds of it, or to the end if there is one.
  strings show(merged_options what, std::function<void(strings const&)> meanwhile = {},
               std::size_t enough = std::size_t(-1)) {
    strings lines;
    terminal term(plain_terminal);
    output out(term, output_format::table);
    notes say(term, true);
    log_printer printer(out, {});
    merged_output merged(loop.get_executor(), api, printer, say, std::move(what));
    std::optional<result<void>> ended;
    std::string shown;
    testing::internal::CaptureStdout();
    task_group running(loop.get_executor());
    running.spawn("the output", run_to_end(merged, ended));
    auto const take = [&] {
      shown += testing::internal::GetCapturedStdout();
      testing::internal::CaptureStdout();
      lines.clear();
      std::istringstream from(shown);
      // Without the container's name, where that is in front.
      for (std::string line; std::getline(from, line);)
        lines.push_back(line.contains(" | ") ? line.substr(line.find(" | ") + 3) : line);
    };
    std::size_t seen = 0;
    becomes([&] {
      take();
      if (meanwhile && lines.size() != seen) meanwhile(lines);
      seen = lines.size();
      return ended.has_value() || lines.size() >= enough;
    });
    test::run_coroutine(loop, running.stop());
    test::run_coroutine(loop, merged.stop());
    take();
    testing::internal::GetCapturedStdout();
    // "cancelled" is what comes of our stop() above.
    if (ended) EXPECT_TRUE(*ended || ended->error().code == errc::cancelled) << ended->error().message;
    return lines;
  }

  client::krane_api api{where(), token};
  container_id first;
  container_id second;
};

TEST_F(merged_output_test, is_in_the_order_in_which_it_was_written) {
  for (int i = 1; i <= 6; ++i) write(i % 2 == 0 ? second : first, "line " + std::to_string(i));
  auto const lines = show({.deployment = "app"});
  strings mine;
  for (auto const& line : lines)
    if (line.starts_with("line ")) mine.push_back(line);
  EXPECT_THAT(mine, ElementsAre("line 1", "line 2", "line 3", "line 4", "line 5", "line 6"));
}

TEST_F(merged_output_test, has_the_last_lines_of_all_together) {
  for (int i = 1; i <= 6; ++i) write(i % 2 == 0 ? second : first, "line " + std::to_string(i));
  EXPECT_THAT(show({.deployment = "app", .tail = 3}), ElementsAre("line 4", "line 5", "line 6"));
}

TEST_F(merged_output_test, goes_on_after_what_was_there_without_gap_or_double_and_with_new_containers) {
  write(first, "old");
  bool deployed = false;
  int more = 0;
  auto const lines = show(
      {.deployment = "app", .follow = true, .tail = 1},
      [&](strings const& so_far) {
        if (++more <= 3) write(more % 2 == 0 ? first : second, "new " + std::to_string(more));
        if (so_far.size() < 4 || std::exchange(deployed, true)) return;
        world.let_go(test::route::stop);
        EXPECT_TRUE(becomes([&] { return newest_run().at("finished").as_bool(); }));
        write(deploy("app").container().value_or(first), "of the next release");
      },
      7);
  ASSERT_GE(lines.size(), 7u);
  EXPECT_EQ(lines.front(), "old");
  // A container of the scripted engine prints "hello" and "world" when it starts.
  EXPECT_THAT(lines, IsSupersetOf({"new 1", "new 2", "new 3", "hello", "world", "of the next release"}));
  auto sorted = lines;
  std::ranges::sort(sorted);
  EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end()) << "none twice";
}

TEST_F(merged_output_test, ends_with_its_deployment) {
  write(first, "last words");
  bool asked = false;
  auto const lines = show({.deployment = "app", .follow = true}, [&](strings const&) {
    if (std::exchange(asked, true)) return;
    world.let_go(test::route::stop);
    EXPECT_EQ(ask("DELETE", "/deployments/app").status, 200);
  });
  EXPECT_THAT(lines, testing::Contains("last words"));
}

}  // namespace
}  // namespace krane::cli
