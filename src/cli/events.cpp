#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/deployment_text.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/number_option.hpp"
#include "cli/safe_text.hpp"
#include "cli/since_option.hpp"
#include "client/event_follower.hpp"

namespace krane::cli {
namespace {

constexpr std::uint64_t usual_events = 50;
constexpr std::uint64_t page = 1000;

class event_printer {
public:
  event_printer(command_context& with, bool of_all) : with_(with), of_all_(of_all) {}

  void print(client::event_info const& event) {
    // Bytes on their way are for who waits for that run; a list of what happened is better without.
    if (event.Progress && with_.out.is_table()) return;
    auto const colours = with_.out.colours();
    std::string text = colours.paint(local_time(event.Timestamp), colour::grey) + "  ";
    if (of_all_) text += fmt::format("{:<14}  ", printable(event.Deployment.Name));
    text += fmt::format("{:<10}  ", printable(event.Phase));
    text += colours.paint(printable(event.Message), level_colour(event.Level));
    with_.out.show_one(encode(event), std::to_string(event.Id), text);
  }

private:
  static colour level_colour(std::string_view level) {
    if (level == "error") return colour::red;
    return level == "warn" ? colour::yellow : colour::none;
  }

  command_context& with_;
  bool of_all_;
};

// An Id is passed on as it is, a time as a time.
result<std::optional<std::string>> read_since(arguments const& given, time_point now) {
  auto const text = given.find("since");
  if (!text) return std::optional<std::string>();
  if (!text->empty() && std::ranges::all_of(*text, [](char c) { return c >= '0' && c <= '9'; })) return text;
  auto const time = parse_since(*text, now);
  if (!time)
    return usage_error(fmt::format("--since \"{}\" is no event's Id and no time; write 10m, 2h or 1042", *text));
  return std::optional(to_rfc3339(*time));
}

// Prints all pages after `since`, or the last events. Gives the Id of the newest that was there.
task<std::uint64_t> print_past(client::krane_api& api, event_printer& printer, std::string name,
                               std::optional<std::string> since, std::uint64_t limit) {
  auto const newest = co_await api.list_events(name, std::nullopt, 1);
  if (!newest) co_return newest.error();
  std::uint64_t last = newest->empty() ? 0 : newest->back().Id;
  for (;;) {
    auto const some = co_await api.list_events(name, since, since ? page : limit);
    if (!some) co_return some.error();
    for (client::event_info const& event : *some) printer.print(event);
    if (!some->empty()) last = std::max(last, some->back().Id);
    if (!since || some->size() < page) co_return last;
    since = std::to_string(some->back().Id);
  }
}

task<exit_code> show_events(command_context& with, arguments given) {
  auto const since = read_since(given, with.time.now());
  if (!since) co_return since.error();
  auto const limit = number_option(given, "limit", 1, page);
  if (!limit) co_return limit.error();
  std::string const name = given.find("NAME").value_or("");
  auto const api = with.connect();
  if (!api) co_return api.error();
  event_printer printer(with, name.empty());
  auto const last = co_await print_past(**api, printer, name, *since, limit->value_or(usual_events));
  if (!last) co_return last.error();
  if (!given.has("follow")) co_return exit_code::done;
  client::retry_rules rules;
  rules.on_lost = [&with](error const& why) { with.say.line(printable(why.message) + "; trying again"); };
  rules.on_back = [&with] { with.say.line("The server is there again"); };
  client::event_follower events(**api, name, *last, std::move(rules));
  for (;;) {
    auto const next = co_await events.next();
    if (!next) co_return next.error();
    if (!*next) {
      with.say.line(fmt::format("{} is removed", name));
      co_return exit_code::done;
    }
    printer.print(**next);
  }
}

}  // namespace

std::vector<command> event_commands() {
  return {{.path = {"events"},
           .group = command_group::look,
           .summary = "Show what happened to a deployment, or to all",
           .description = "With -f it goes on with what happens; a broken connection is opened again, and nothing is "
                          "missed or shown twice.",
           .arguments = {{.name = "NAME",
                          .meaning = "the deployment; all of them without it",
                          .required = false,
                          .completes = completion::deployments}},
           .options = {{.name = "follow", .letter = 'f', .meaning = "go on with what happens"},
                       {.name = "since",
                        .value = "ID|TIME",
                        .meaning = "all after that event, or since that time: 1042, 10m, 2026-01-02T03:04:05Z"},
                       {.name = "limit",
                        .letter = 'n',
                        .value = "N",
                        .meaning = "how many of the last ones, without --since; 50 unless given"}},
           .examples = {{"krane events web -f", "follow what happens to web"},
                        {"krane events --since 1h -o json", "all of the last hour, a JSON object a line"}},
           .run = show_events}};
}

}  // namespace krane::cli
