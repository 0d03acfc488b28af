#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <exception>

#include "cli/command_context.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/merged_output.hpp"
#include "cli/number_option.hpp"
#include "cli/since_option.hpp"

namespace krane::cli {
namespace {

constexpr std::uint64_t most_lines = 1'000'000;
constexpr std::size_t usual_tail = 50;

result<merged_options> read_options(arguments const& given, time_point now) {
  merged_options out{.deployment = given.get("NAME"), .follow = given.has("follow")};
  if (auto const text = given.find("since")) {
    auto const time = parse_since(*text, now);
    if (!time)
      return usage_error(fmt::format("--since \"{}\" is no time; write 10m, 2h or 2026-01-02T03:04:05Z", *text));
    out.since = to_rfc3339(*time);
  }
  if (given.find("tail") == "all") return out;
  auto const tail = number_option(given, "tail", 0, most_lines);
  if (!tail) return tail.error();
  if (*tail) out.tail = static_cast<std::size_t>(**tail);
  // All, or what the person asked for; a long life's output only when it is asked for.
  if (!out.tail && !out.since) out.tail = usual_tail;
  return out;
}

result<log_printer::options> read_look(arguments const& given) {
  log_printer::options out{.timestamps = given.has("timestamps")};
  if (auto const text = given.find("grep")) {
    auto pattern = line_pattern::parse(*text);
    if (!pattern) return usage_error(fmt::format("--grep \"{}\": {}", *text, pattern.error().message));
    out.pattern = std::move(*pattern);
  }
  return out;
}

task<exit_code> show_logs(command_context& with, arguments given) {
  auto what = read_options(given, with.time.now());
  if (!what) co_return what.error();
  auto look = read_look(given);
  if (!look) co_return look.error();
  if (given.has("raw")) with.term.let_output_through();
  auto const api = with.connect();
  if (!api) co_return api.error();
  log_printer printer(with.out, std::move(*look));
  merged_output merged(with.network, **api, printer, with.say, std::move(*what));
  result<void> ended;
  std::exception_ptr thrown;
  try {
    ended = co_await merged.run();
  } catch (...) {
    thrown = std::current_exception();
  }
  // Whatever happened, cancelled or not: what runs beside this must have ended first.
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await merged.stop();
  if (thrown) std::rethrow_exception(thrown);
  if (!ended) co_return ended.error();
  co_return exit_code::done;
}

}  // namespace

std::vector<command> log_commands() {
  return {
      {.path = {"logs"},
       .group = command_group::look,
       .summary = "Show what the containers of a deployment write",
       .description = "The output of all its containers, those that have stopped as well, merged by time. With -f "
                      "it goes on with what they write, and with what the containers of later releases write; no "
                      "line is lost or shown twice.\n\n"
                      "A terminal gets the lines and their colours. Other control sequences, which could move the "
                      "cursor, set the title or write to the clipboard, are shown as text: \\e]52;… --raw lets them "
                      "through. A pipe or a file gets every byte as it was written.",
       .arguments = {deployment_argument()},
       .options =
           {{.name = "follow", .letter = 'f', .meaning = "go on with what is written"},
            {.name = "tail",
             .letter = 'n',
             .value = "N",
             .meaning = "how many lines to begin with, or all; 50 unless given, all with --since"},
            {.name = "since", .value = "TIME", .meaning = "only what was written since: 10m, 2h, 2026-01-02T03:04:05Z"},
            {.name = "grep", .value = "PATTERN", .meaning = "of these, only lines that match, as grep -E has it"},
            {.name = "timestamps", .letter = 't', .meaning = "when each line was written"},
            {.name = "raw", .meaning = "pass control sequences to the terminal as they are"}},
       .examples = {{"krane logs web -f", "follow web"},
                    {"krane logs web --since 1h --grep 'ERROR|WARN'", "what went wrong in the last hour"}},
       .run = show_logs}};
}

}  // namespace krane::cli
