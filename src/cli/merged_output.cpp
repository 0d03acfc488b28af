#include "cli/merged_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/safe_text.hpp"
#include "client/retry.hpp"
#include "model/reason.hpp"

namespace krane::cli {
namespace {

using namespace asio::experimental::awaitable_operators;
using client::output_item;

// For the last lines of containers that are being removed with their deployment.
constexpr std::chrono::seconds wait_for_last_lines{5};

// Its output is empty as yet, and its stream would end at once.
bool has_begun(client::container_info const& one) {
  return one.State != "created";
}

bool is_not_kept(error const& why) {
  return why.reason == krane::reason::output_not_kept;
}

// The places of the lines, oldest first; those of one moment as they came.
std::vector<std::size_t> by_time(std::vector<log_line>& lines) {
  // A line without a time stays behind the one before it.
  for (std::size_t i = 1; i < lines.size(); ++i)
    if (lines[i].time.empty() && lines[i].container == lines[i - 1].container) lines[i].time = lines[i - 1].time;
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {},
                    [&lines](std::size_t i) { return std::pair<std::string_view, std::size_t>(lines[i].time, i); });
  return order;
}

}  // namespace

struct merged_output::parts {
  parts(executor network, client::krane_api& with, log_printer& printer, notes& notes, merged_options options)
      : api(with), to(printer), say(notes), what(std::move(options)), pumps(network), changed(network) {}

  client::krane_api& api;
  log_printer& to;
  notes& say;
  merged_options what;
  std::map<std::string, std::optional<std::string>> places;  // by container: the last line that was read
  std::set<std::string> not_kept;                            // containers whose output nobody can read
  task_group pumps;
  signal changed;  // a pump has ended, or failed
  std::optional<error> failed;

  task<void> print_past();
  task<std::vector<log_line>> read_past(client::container_info const& from);
  task<void> take_up(bool from_the_start);
  coroutine<void> pump(std::string id, std::string name, client::output_from from);
  task<void> pump_lines(std::string id, std::string name, client::output_from from);
  task<void> follow_events(client::event_follower& events);
  coroutine<void> wait_for_failure();
  client::retry_rules rules();
};

client::retry_rules merged_output::parts::rules() {
  return {.on_lost = [this](error const& why) { say.line(printable(why.message) + "; trying again"); },
          .on_back = [this] { say.line("the server is there again"); }};
}

task<std::vector<log_line>> merged_output::parts::read_past(client::container_info const& from) {
  client::output_from wanted{.since = what.since, .follow = false};
  wanted.tail = what.tail ? std::to_string(*what.tail) : "all";
  client::output_follower lines(api, from.Id, std::move(wanted), rules());
  std::vector<log_line> out;
  auto& place = places[from.Id];
  for (;;) {
    auto item = co_await lines.next();
    if (!item) co_return item.error();
    if (!*item) co_return out;
    if ((*item)->what != output_item::kind::line) continue;
    if (!(*item)->place.empty()) place = (*item)->place;
    out.push_back({from.name(), std::string((*item)->time()), std::move((*item)->text)});
  }
}

task<void> merged_output::parts::print_past() {
  auto now = co_await api.get_deployment(what.deployment);
  if (!now) co_return now.error();
  std::ranges::sort(now->containers, {}, &client::container_info::Created);
  std::vector<log_line> all;
  std::size_t read = 0;
  std::optional<error> unreadable;
  for (client::container_info const& one : now->containers) {
    if (!has_begun(one)) continue;
    auto lines = co_await read_past(one);
    // It may be gone since.
    if (!lines && lines.error().code == errc::not_found) continue;
    if (!lines && is_not_kept(lines.error())) {
      not_kept.insert(one.Id);
      unreadable = lines.error();
      continue;
    }
    if (!lines) co_return lines.error();
    ++read;
    std::ranges::move(*lines, std::back_inserter(all));
  }
  // What others of its containers wrote can be shown nevertheless.
  if (unreadable && read == 0) co_return *unreadable;
  if (unreadable) say.error(printable(unreadable->message));
  if (read > 1) to.show_names();
  auto const order = by_time(all);
  std::size_t const skipped = what.tail && all.size() > *what.tail ? all.size() - *what.tail : 0;
  for (std::size_t const place : std::span(order).subspan(skipped)) to.print(all[place]);
  if (now->containers.empty() && !what.follow)
    say.line(fmt::format("{} has no container; krane run {} brings one up", what.deployment, what.deployment));
  co_return result<void>{};
}

// Follows what is not followed yet: after what was read, or all of it.
task<void> merged_output::parts::take_up(bool first) {
  auto const now = co_await api.get_deployment(what.deployment);
  if (!now) co_return now.error();
  for (client::container_info const& one : now->containers) {
    if (!has_begun(one) || not_kept.contains(one.Id)) continue;
    auto const [known, is_new] = places.try_emplace(one.Id);
    if (!is_new && !first) continue;
    client::output_from from;
    if (known->second)
      from.since = known->second;
    else
      from.tail = "all";
    pumps.spawn("output of " + one.name(), pump(one.Id, one.name(), std::move(from)));
  }
  co_return result<void>{};
}

task<void> merged_output::parts::pump_lines(std::string id, std::string name, client::output_from from) {
  client::output_follower lines(api, id, std::move(from), rules());
  for (;;) {
    auto item = co_await lines.next();
    if (!item) co_return item.error();
    if (!*item) co_return result<void>{};
    switch ((*item)->what) {
      case output_item::kind::line:
        to.print({name, std::string((*item)->time()), std::move((*item)->text)});
        break;
      case output_item::kind::restart:
        say.line(fmt::format("{} was started again", name));
        break;
      case output_item::kind::gap:
        say.line(fmt::format("{}: {}", name, printable((*item)->text)));
        break;
      case output_item::kind::end:
        say.line((*item)->text == "gone" ? fmt::format("{} is gone", name)
                                         : fmt::format("{} has stopped, exit code {}", name, (*item)->text));
        break;
    }
  }
}

coroutine<void> merged_output::parts::pump(std::string id, std::string name, client::output_from from) {
  auto const ended = co_await pump_lines(std::move(id), std::move(name), std::move(from));
  if (!ended && is_not_kept(ended.error()))
    say.error(printable(ended.error().message));
  else if (!ended && !failed && ended.error().code != errc::not_found)
    failed = ended.error();
  changed.notify_all();
}

coroutine<void> merged_output::parts::wait_for_failure() {
  while (!failed)
    if (!co_await changed.wait()) co_return;
}

task<void> merged_output::parts::follow_events(client::event_follower& events) {
  for (;;) {
    auto const next = co_await events.next();
    if (!next) co_return next.error();
    if (!*next) {
      say.line(fmt::format("{} is removed", what.deployment));
      auto const until = timer::clock_type::now() + wait_for_last_lines;
      // The pump that tells of its end is still counted.
      while (pumps.size() > 0 && timer::clock_type::now() < until)
        if (!co_await sleep_for(std::chrono::milliseconds{20})) break;
      co_return result<void>{};
    }
    if ((*next)->Progress) continue;
    auto const taken = co_await take_up(false);
    // Its end comes as an event of its own.
    if (!taken && taken.error().code != errc::not_found && !client::may_pass(taken.error())) co_return taken.error();
  }
}

merged_output::merged_output(executor network, client::krane_api& api, log_printer& to, notes& say, merged_options what)
    : parts_(std::make_unique<parts>(network, api, to, say, std::move(what))) {}
merged_output::~merged_output() = default;

task<void> merged_output::run() {
  if (!parts_->what.follow) co_return co_await parts_->print_past();
  parts_->to.show_names();
  // From before the containers are looked at, so that none comes unseen.
  client::event_follower events(parts_->api, parts_->what.deployment, std::nullopt, parts_->rules());
  if (auto const started = co_await events.start(); !started) co_return started.error();
  if (auto const printed = co_await parts_->print_past(); !printed) co_return printed.error();
  // What was printed is followed, although the server may just have gone.
  client::retry_pause pause(parts_->rules());
  for (auto taken = co_await parts_->take_up(true); !taken; taken = co_await parts_->take_up(true))
    if (auto const again = co_await pause.after(taken.error()); !again) co_return again.error();
  pause.succeeded();
  auto const first = co_await (parts_->follow_events(events) || parts_->wait_for_failure());
  // Without a failure it is the whole that was cancelled.
  if (first.index() == 1) co_return parts_->failed.value_or(make_error(errc::cancelled, "interrupted"));
  co_return std::get<0>(first);
}

coroutine<void> merged_output::stop() {
  co_await parts_->pumps.stop();
}

}  // namespace krane::cli
