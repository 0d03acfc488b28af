#include "e2e/model/campaign.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <sstream>
#include <thread>

#include "e2e/model/observe.hpp"
#include "store/database.hpp"

namespace krane::e2e::model {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr int client_count = 8;
constexpr std::size_t kills_in_a_round = 5;
constexpr std::size_t most_violations = 10;
constexpr auto ready_limit = 30s;
constexpr auto end_limit = 90s;    // of all runs
constexpr auto clean_limit = 40s;  // what is cleaned up on the side: the reconciler comes every 30 s

void say(std::string const& text) {
  std::cout << text << std::endl;
}

bool has_listener(endpoint const& where) {
  try {
    wire const connected(where);
    return true;
  } catch (std::exception const&) {
    return false;
  }
}

std::string random_stem() {
  static std::mt19937 random{std::random_device{}()};
  return fmt::format("m{:06x}", random() % 0x1000000);
}

}  // namespace

struct campaign::world {
  std::vector<subject> all;
  krane_server server;
  checker check;
  seen_world before;  // as it was at the last quiet moment
  seen_world now;
  history asked;
  std::vector<std::unique_ptr<client>> clients;
  std::unique_ptr<reader> reads;
  steady::time_point started;
  bool is_wrong = false;

  explicit world(std::uint32_t seed)
      : all(subjects(random_stem(), {free_port(), free_port(), free_port(), free_port()})),
        server(server_options{.engine = {}, .environment = {}, .arguments = {}}),
        check(all) {
    server_access const to{server.where(), server.authorized()};
    for (int i = 1; i <= client_count; ++i) clients.push_back(std::make_unique<client>(to, seed, i, all, asked));
    reads = std::make_unique<reader>(to);
    for (subject const& of : all) server.create(of.name, of.config);
    started = steady::now();
  }
};

campaign::campaign(campaign_options options, docker const& engine)
    : options_(options), engine_(engine), ends_(options.seed) {}

campaign::~campaign() {
  end_world();
}

void campaign::end_world() {
  if (!world_) return;
  auto const all = world_->all;
  if (world_->server.runs()) world_->server.kill();
  world_.reset();
  for (subject const& of : all)
    for (auto const& left : engine_.with_label("deployment.name=" + of.name)) engine_.remove(text_at(left, "/Id"));
}

void campaign::begin_world() {
  end_world();
  world_ = std::make_unique<world>(options_.seed + 7'919U * static_cast<std::uint32_t>(worlds_++));
  world_->before = observe(world_->server, engine_, world_->all, {});
  world_->check.accept(world_->before);
}

void campaign::end_server(end_of_server const& how) {
  krane_server& server = world_->server;
  auto const until = world_->started + how.after;
  // Not in recovery: the time counts from when it is ready.
  if (!how.in_recovery) server.wait_until_ready(ready_limit);
  std::this_thread::sleep_until(how.in_recovery ? until : steady::now() + how.after);
  bool const ready = how.in_recovery ? server.is_ready() : true;
  if (!server.runs()) {
    report({{"", fmt::format("the server has ended by itself, with status {}", server.exit_status())}}, {});
  } else if (how.at_once) {
    server.kill();
    ++seen_.killed;
  } else {
    ++seen_.stopped;
    // Before that it has nothing to put in order, and SIGTERM may end it as any program.
    bool const listens = has_listener(server.where());
    try {
      if (int const status = server.stop(); status != 0 && (listens || status != 128 + SIGTERM))
        report({{"", fmt::format("the server ended with status {} when it was told to stop", status)}}, {});
    } catch (std::exception const& e) {
      report({{"", e.what()}}, {});
      server.kill();
    }
  }
  if (!ready) ++seen_.in_recovery;
  server.launch();
  world_->started = steady::now();
}

void campaign::play_round() {
  std::atomic<bool> end{false};
  std::vector<std::jthread> threads;
  for (auto const& one : world_->clients) threads.emplace_back([&] { one->ask_until(end); });
  threads.emplace_back([&] { world_->reads->read_until(end, world_->all); });
  try {
    auto const killed = [&] { return seen_.killed + seen_.stopped; };
    for (auto const until = killed() + kills_in_a_round;
         killed() < std::min(until, options_.kills) && !world_->is_wrong;)
      end_server(ends_.next());
    if (!world_->server.wait_until_ready(ready_limit)) report({{"", "the server does not get ready"}}, {});
    std::this_thread::sleep_for(ends_.rest());
  } catch (...) {
    end = true;
    throw;
  }
  end = true;
  threads.clear();
  for (std::string const& wrong : world_->reads->take_wrong()) report({{"", wrong}}, {});
}

std::vector<violation> campaign::look(std::vector<operation> const& asked) {
  try {
    auto const now = observe(world_->server, engine_, world_->all, world_->before);
    auto found = world_->check.check(asked, now);
    world_->now = now;
    return found;
  } catch (std::exception const& e) {
    return {{"", e.what()}};
  }
}

void campaign::check_quiet() {
  auto const asked = world_->asked.take();
  count(asked);
  ++seen_.quiet_moments;
  auto const began = steady::now();
  std::map<std::string, std::string> left;
  bool const all_ended = eventually(
      [&] {
        try {
          left = under_way(world_->server);
          return left.empty();
        } catch (std::exception const& e) {
          left = {{"", e.what()}};
          return false;
        }
      },
      end_limit);
  seen_.longest_to_quiet =
      std::max(seen_.longest_to_quiet, std::chrono::duration<double>(steady::now() - began).count());
  std::vector<violation> found;
  if (!all_ended)
    for (auto const& [name, what] : left) found.push_back({name, "it does not end: " + what});
  auto const until = steady::now() + (all_ended ? clean_limit : 0s);
  std::vector<violation> more;
  do {
    if (!more.empty()) std::this_thread::sleep_for(500ms);
    more = look(asked);
  } while (!more.empty() && steady::now() < until);
  found.insert(found.end(), more.begin(), more.end());
  for (auto const& [name, one] : world_->now.deployments)
    for (seen_run const& run : one.runs)
      if (!run.phases.empty()) ++seen_.ended[run.kind][run.state];
  if (!found.empty()) {
    report(found, asked);
    return;
  }
  world_->check.accept(world_->now);
  world_->before = world_->now;
}

void campaign::use_again(subject const& of) {
  krane_server& server = world_->server;
  auto const wrong = [&](std::string const& what) { report({{of.name, "used again: " + what}}, {}); };
  server.create(of.name, of.config);
  auto const got = server.post("/deployments/" + of.name + "/run?tag=2");
  if (got.status != 202) return wrong(got.body);
  auto const now = server.settled(of.name);
  if (now.at("/data/status") != "running" || now.at("/data/serving/number") != "1") return wrong(now.body);
  if (of.port != 0 && exchange(endpoint::tcp(of.port), "GET", "/").body != body_of("2"))
    return wrong(fmt::format("port {} leads elsewhere", of.port));
}

void campaign::finish() {
  krane_server& server = world_->server;
  auto const remove_all = [&] {
    for (subject const& of : world_->all)
      if (auto const got = server.remove("/deployments/" + of.name); got.status != 200 && got.status != 404)
        report({{of.name, "it is not removed: " + got.body}}, {});
    // Nothing else was asked since the last look.
    world_->check.accept({});
    world_->before = {};
    std::vector<violation> found;
    eventually([&] { return (found = look({})).empty(); }, clean_limit);
    if (!found.empty()) report(found, {});
  };
  remove_all();
  for (subject const& of : world_->all) use_again(of);
  remove_all();
  if (int const status = server.stop(); status != 0)
    report({{"", fmt::format("the server ended with status {} at the end", status)}}, {});
  check_store();
}

void campaign::check_store() {
  database db(world_->server.state_folder() + "/krane.db", database::mode::open, "");
  auto const nothing = [&](char const* what, std::int64_t count) {
    if (count != 0) report({{"", fmt::format("the store holds {} {}", count, what)}}, {});
  };
  nothing("deployments that were removed", db.integer("SELECT count(*) FROM deployments"));
  nothing("runs of nobody", db.integer("SELECT count(*) FROM runs"));
  nothing("events of nobody", db.integer("SELECT count(*) FROM events"));
  auto rows = db.select("PRAGMA integrity_check", {});
  if (!rows.next() || rows.text(0) != "ok") report({{"", "the store is damaged"}}, {});
}

void campaign::report(std::vector<violation> const& found, std::vector<operation> const& asked) {
  world_->is_wrong = true;
  std::set<std::string> names;
  for (violation const& one : found) {
    say(fmt::format("VIOLATION (seed {}, kill {}) {}: {}", options_.seed, seen_.killed + seen_.stopped,
                    one.name.empty() ? "the server" : one.name, one.what));
    names.insert(one.name);
    seen_.violations.push_back(one);
  }
  std::string const log = world_->server.log();
  for (std::string const& name : names) {
    std::vector<std::string> lines;
    for (operation const& one : asked)
      if (one.name == name) lines.push_back(in_words(one));
    if (auto const at = world_->now.deployments.find(name); at != world_->now.deployments.end())
      for (std::string const& one : at->second.events) lines.push_back(one.substr(one.find('T') + 1));
    std::ranges::sort(lines);
    say(fmt::format("---- {}: what was asked and what happened, by time (UTC) ----\n{}", name, fmt::join(lines, "\n")));
    std::vector<std::string> said;
    std::istringstream all(log);
    for (std::string line; std::getline(all, line);)
      if (name.empty() || line.find(name) != std::string::npos || line.find("version") != std::string::npos)
        said.push_back(line.substr(0, 400));
    std::size_t const from = said.size() > 60 ? said.size() - 60 : 0;
    say(fmt::format("---- {}: the end of the server's log ----\n{}\n----", name,
                    fmt::join(said.begin() + static_cast<std::ptrdiff_t>(from), said.end(), "\n")));
  }
}

void campaign::count(std::vector<operation> const& asked) {
  for (operation const& one : asked) {
    std::string const how = one.answer == told::accepted  ? "accepted"
                            : one.answer == told::unknown ? "unknown"
                                                          : fmt::format("{} {}", one.status, one.reason);
    ++seen_.asked[std::string(word_for(one.what))][how];
    seen_.put_off += static_cast<std::size_t>(one.put_off);
  }
}

tally campaign::run() {
  while (seen_.killed + seen_.stopped < options_.kills && seen_.violations.size() < most_violations) {
    if (!world_ || world_->is_wrong) begin_world();
    play_round();
    if (!world_->is_wrong) check_quiet();
    seen_.reads += world_->reads->take_answered();
    if (seen_.quiet_moments % 10 == 0)
      say(fmt::format("{} kills, {} violations", seen_.killed + seen_.stopped, seen_.violations.size()));
  }
  if (world_ && !world_->is_wrong) finish();
  return seen_;
}

std::string tally::summary(campaign_options const& of) const {
  std::string text =
      fmt::format("seed {}: {} kills ({} SIGKILL, {} SIGTERM; {} before the server was ready), {} quiet moments\n",
                  of.seed, killed + stopped, killed, stopped, in_recovery, quiet_moments);
  auto const table = [&](std::string const& title, auto const& of_kind) {
    for (auto const& [kind, counts] : of_kind) {
      std::vector<std::string> parts;
      for (auto const& [how, count] : counts) parts.push_back(fmt::format("{} {}", count, how));
      text += fmt::format("{} {:<9} {}\n", title, kind, fmt::join(parts, ", "));
    }
  };
  table("asked", asked);
  table("ended", ended);
  text +=
      fmt::format("told to come back: {}; reads answered: {}; all runs ended at most {:.1f} s after the last request\n",
                  put_off, reads, longest_to_quiet);
  return text + fmt::format("violations: {}", violations.size());
}

}  // namespace krane::e2e::model
