#include "front/haproxy_front.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/async.hpp"
#include "base/log.hpp"
#include "front/child_process.hpp"
#include "front/connection_log.hpp"
#include "front/haproxy_config.hpp"
#include "front/haproxy_process.hpp"
#include "front/host_ports.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

using haproxy::held_port;
using haproxy::is_nowhere;
using haproxy::port_table;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds longest_wait_for_quiet = default_hold;
constexpr milliseconds look_for_quiet_every{50};
constexpr milliseconds look_every{1'000};
constexpr milliseconds start_again_every{200};
constexpr int missed_answers = 2;
constexpr std::size_t most_connections = 20'000;
constexpr std::size_t fewest_connections = 100;
constexpr std::size_t spare_descriptors = 600;

// A connection takes two descriptors, a port one.
std::size_t possible_connections() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  std::size_t const most = files.rlim_max == RLIM_INFINITY ? most_connections * 4 : files.rlim_max;
  if (most < spare_descriptors + fewest_connections * 2) return fewest_connections;
  return std::min(most_connections, (most - spare_descriptors) / 2);
}

std::string address_of(front_target const& to) {
  return is_nowhere(to) ? fmt::format("{} port {}", haproxy::nowhere_address, haproxy::nowhere_port)
                        : fmt::format("{} port {}", to.address, to.number);
}

// HAProxy answers a command that it carried out with nothing, or with what has changed.
bool was_refused(std::string_view answer) {
  for (std::string_view const sign : {"No such", "nvalid", "nknown", "equire", "annot", "ermission", "rror"})
    if (answer.find(sign) != std::string_view::npos) return true;
  return false;
}

class haproxy_front final : public front {
public:
  haproxy_front(executor network, front_options options);

  std::optional<error> obstacle() const override { return obstacle_; }
  task<void> adopt(std::vector<front_route> routes) override;
  task<void> lead(front_route to) override;
  task<void> let_go(deployment_name owner, port host) override;
  result<void> check(deployment_name const& owner, port host) const override;
  std::optional<front_route> find_route(port host) const override;
  std::vector<front_route> routes() const override;
  std::string const& address() const override { return options_.address; }
  task<std::uint64_t> open_connections(port host, container_id to) override;
  task<std::uint64_t> waiting(port host) override;
  void start_tally(port host) override { connections_.forget(host); }
  task<front_tally> tally(port host) override;
  coroutine<void> stop() override { return tasks_.stop(); }

private:
  // Changes that must not be left half done, one at a time.
  template <class T>
  task<T> uninterrupted(task<T> change);
  task<void> adopt_now(std::vector<front_route> routes);
  task<void> lead_now(front_route to);
  task<void> let_go_now(deployment_name owner, port host);

  // The turn, at a moment at which no connection waits: HAProxy keeps those of before a reload in a process that can
  // no longer be told where to lead them. Waits for as long as they may wait at most; not for those of `closing`.
  task<semaphore::lease> turn_to_reload(port closing);
  // Opens and closes ports so that exactly these are held.
  task<void> hold_exactly(port_table ports);
  task<void> open_all(port_table ports, std::string before);
  task<void> lead_elsewhere(held_port& held, front_target to);
  task<void> tell_worker(std::string commands);
  task<void> tell_targets();
  task<std::vector<haproxy::place_load>> loads(port host);
  std::string text_of(port_table const& ports) const;

  coroutine<void> watch();
  coroutine<void> bring_back();
  coroutine<void> retry_blocked();

  executor network_;
  front_options options_;
  std::optional<error> obstacle_;
  haproxy::haproxy_process process_;
  haproxy::connection_log connections_;
  port_table ports_;
  port_table blocked_;                          // should be held, and somebody else has them
  std::map<port, std::uint64_t> taken_before_;  // by the active place, when it became active
  semaphore turn_;
  signal changed_;
  task_group tasks_;
};

haproxy_front::haproxy_front(executor network, front_options options)
    : network_(network),
      options_(std::move(options)),
      process_({options_.program.empty() ? find_program("haproxy") : options_.program, options_.folder,
                options_.start == front_start::own}),
      connections_(network),
      turn_(network, 1),
      changed_(network),
      tasks_(network) {
  if (access(process_.options().program.c_str(), X_OK) != 0) {
    obstacle_ =
        make_error(errc::unavailable, reason::front_unavailable,
                   "HAProxy is not installed, so the engine publishes host ports and they are dead for about a "
                   "second at each redeploy; install the package haproxy (2.6 or later) and restart krane-server");
    return;
  }
  auto ready = process_.prepare();
  if (ready) ready = connections_.open(process_.log_socket());
  if (!ready) obstacle_ = ready.error();
  if (obstacle_) return;
  tasks_.spawn("the front's messages", connections_.read());
  tasks_.spawn("the watch of HAProxy", watch());
}

template <class T>
task<T> haproxy_front::uninterrupted(task<T> change) {
  co_return co_await asio::co_spawn(network_, std::move(change),
                                    asio::bind_cancellation_slot(asio::cancellation_slot{}, use_coroutine));
}

std::string haproxy_front::text_of(port_table const& ports) const {
  return config_text({options_.address, process_.log_socket(), possible_connections()}, ports);
}

task<void> haproxy_front::adopt(std::vector<front_route> routes) {
  if (obstacle_) co_return *obstacle_;
  co_return co_await uninterrupted(adopt_now(std::move(routes)));
}

task<void> haproxy_front::adopt_now(std::vector<front_route> routes) {
  auto const turn = co_await turn_.acquire();
  if (!turn) co_return turn.error();
  std::string const before = process_.configuration();
  port_table const remembered = haproxy::remembered_ports(before);
  port_table wanted;
  for (front_route& r : routes) {
    held_port held;
    auto const known = remembered.find(r.host);
    if (known != remembered.end()) {
      held = known->second;
      // It may have been led elsewhere by a change that was not finished.
      auto const place = std::ranges::find(held.places, r.to.container, &front_target::container);
      held.active = place == held.places.end() ? held.active : static_cast<std::size_t>(place - held.places.begin());
      if (place != held.places.end() && r.to.address.empty()) r.to.address = place->address;
    }
    held.places[held.active] = r.to;
    held.route = std::move(r);
    wanted.insert_or_assign(held.route.host, std::move(held));
  }
  co_return co_await open_all(std::move(wanted), before);
}

task<void> haproxy_front::open_all(port_table wanted, std::string before) {
  bool const runs = (co_await process_.look()).has_value();
  port_table const held_now = runs ? haproxy::remembered_ports(before) : port_table{};
  // One port that somebody else took meanwhile must not keep the others closed.
  for (auto one = wanted.begin(); one != wanted.end();) {
    auto const open = held_now.contains(one->first) ? result<void>{} : try_host_port(options_.address, one->first);
    if (open) {
      ++one;
      continue;
    }
    log::error("front", fmt::format("{} (for the deployment {}); tried again every second", open.error().message,
                                    one->second.route.owner.str()));
    blocked_.insert(wanted.extract(one++));
  }
  if (!blocked_.empty()) changed_.notify_all();
  if (runs && text_of(wanted) == before) {
    ports_ = std::move(wanted);
    changed_.notify_all();
    co_return co_await tell_targets();
  }
  co_return co_await hold_exactly(std::move(wanted));
}

task<void> haproxy_front::hold_exactly(port_table wanted) {
  if (wanted.empty() && options_.start == front_start::own) {
    // Nothing to hold needs nobody to hold it.
    ports_.clear();  // first: its end is then no surprise to the watch
    co_await process_.end();
    if (auto kept = process_.remember(text_of({})); !kept) co_return kept;
    co_return result<void>{};
  }
  std::string const before = process_.configuration();
  auto taken = co_await process_.configure(text_of(wanted));
  if (!taken) co_return taken;
  auto running = co_await process_.ensure_running();
  if (!running)
    taken = running.error();
  else if (!*running)
    taken = co_await process_.reload();
  if (!taken) {
    // What it starts with when it has to is what it holds now.
    if (auto kept = process_.remember(before); !kept) log::error("front", kept.error().message);
    co_return taken;
  }
  ports_ = std::move(wanted);
  changed_.notify_all();
  co_return result<void>{};
}

result<void> haproxy_front::check(deployment_name const& owner, port host) const {
  if (obstacle_) return *obstacle_;
  auto const held = ports_.find(host);
  if (held == ports_.end()) return try_host_port(options_.address, host);
  if (held->second.route.owner == owner) return {};
  return make_error(errc::conflict, reason::port_in_use,
                    fmt::format("host port {} is held by the deployment {}; choose another host_port, or remove that",
                                host, held->second.route.owner.str()));
}

task<void> haproxy_front::lead(front_route to) {
  if (obstacle_) co_return *obstacle_;
  co_return co_await uninterrupted(lead_now(std::move(to)));
}

task<semaphore::lease> haproxy_front::turn_to_reload(port closing) {
  auto const until = steady_clock::now() + longest_wait_for_quiet;
  while (true) {
    auto turn = co_await turn_.acquire();
    if (!turn || steady_clock::now() >= until) co_return turn;
    std::uint64_t all = 0;
    // What cannot be asked is no reason to wait.
    for (auto const& [host, held] : port_table(ports_))
      if (host != closing) all += (co_await waiting(host)).value_or(0);
    if (all == 0) co_return turn;
    *turn = {};
    co_await sleep_for(look_for_quiet_every);
  }
}

task<void> haproxy_front::lead_now(front_route to) {
  auto const held_already = ports_.find(to.host);
  bool const reloads = held_already == ports_.end() || held_already->second.route.hold != to.hold;
  auto const turn = co_await (reloads ? turn_to_reload(0) : turn_.acquire());
  if (!turn) co_return turn.error();
  if (auto possible = check(to.owner, to.host); !possible) co_return possible;
  auto const known = ports_.find(to.host);
  if (known == ports_.end() || known->second.route.hold != to.hold) {
    port_table wanted = ports_;
    held_port& held = wanted[to.host];
    if (known == ports_.end()) held.places[0] = to.to;
    held.route.host = to.host;
    held.route.owner = to.owner;
    held.route.hold = to.hold;
    held.route.to = held.places[held.active];
    if (auto opened = co_await hold_exactly(std::move(wanted)); !opened) co_return opened;
    taken_before_[to.host] = 0;
    blocked_.erase(to.host);
  }
  held_port& held = ports_.at(to.host);
  if (held.route.to == to.to) co_return result<void>{};
  co_return co_await lead_elsewhere(held, std::move(to.to));
}

task<void> haproxy_front::lead_elsewhere(held_port& held, front_target to) {
  std::string const proxy = haproxy::proxy_name(held.route.host);
  // Another container gets the other place, so that what is open on the old one can be told apart.
  bool const other = held.route.to.container != to.container && !held.route.to.container.str().empty();
  std::size_t const old_place = held.active;
  std::size_t const place = other ? 1 - held.active : held.active;
  held.places[place] = to;
  held.active = place;
  held.route.to = to;
  if (auto kept = process_.remember(text_of(ports_)); !kept) co_return kept;

  if (other) {
    std::uint64_t before = 0;
    if (auto counted = co_await loads(held.route.host))
      for (haproxy::place_load const& one : *counted)
        if (one.place == haproxy::place_name(place)) before += one.taken;
    taken_before_[held.route.host] = before;
  }
  std::string commands = fmt::format("set server {}/{} addr {}", proxy, haproxy::place_name(place), address_of(to));
  if (other)
    commands += fmt::format(";set server {0}/{1} state ready;set server {0}/{2} state maint", proxy,
                            haproxy::place_name(place), haproxy::place_name(old_place));
  co_return co_await tell_worker(std::move(commands));
}

task<void> haproxy_front::tell_worker(std::string commands) {
  auto running = co_await process_.ensure_running();
  if (!running) co_return running.error();
  if (*running) co_return result<void>{};  // it started with what it was to be told
  auto all = co_await process_.look();
  if (!all) co_return all.error();
  auto const for_worker = [&](pid_t worker) {
    std::string const prefix = fmt::format("@!{} ", worker);
    std::string text = prefix;
    for (char const c : commands) text += c == ';' ? ";" + prefix : std::string(1, c);
    return text;
  };
  for (pid_t const worker : all->workers) {
    auto answer = co_await process_.ask(for_worker(worker));
    if (!answer) co_return answer.error();
    if (was_refused(*answer))
      co_return make_error(
          errc::internal, reason::front_refused,
          fmt::format("HAProxy refuses to lead connections elsewhere: {}", haproxy::words_of(*answer)));
  }
  co_return result<void>{};
}

task<void> haproxy_front::tell_targets() {
  for (auto const& [host, held] : ports_) {
    std::string const proxy = haproxy::proxy_name(host);
    auto told = co_await tell_worker(
        fmt::format("set server {0}/{1} addr {2};set server {0}/{1} state ready;set server {0}/{3} state maint", proxy,
                    haproxy::place_name(held.active), address_of(held.route.to), haproxy::place_name(1 - held.active)));
    if (!told) co_return told;
  }
  co_return result<void>{};
}

task<void> haproxy_front::let_go(deployment_name owner, port host) {
  if (obstacle_) co_return result<void>{};
  co_return co_await uninterrupted(let_go_now(std::move(owner), host));
}

task<void> haproxy_front::let_go_now(deployment_name owner, port host) {
  auto const turn = co_await turn_to_reload(host);
  if (!turn) co_return turn.error();
  auto const is_its = [&](port_table const& table) {
    auto const found = table.find(host);
    return found != table.end() && found->second.route.owner == owner;
  };
  if (is_its(blocked_)) blocked_.erase(host);
  if (!is_its(ports_)) co_return result<void>{};
  port_table wanted = ports_;
  wanted.erase(host);
  auto closed = co_await hold_exactly(std::move(wanted));
  if (closed) {
    connections_.forget(host);
    taken_before_.erase(host);
  }
  co_return closed;
}

std::optional<front_route> haproxy_front::find_route(port host) const {
  auto const found = ports_.find(host);
  return found == ports_.end() ? std::nullopt : std::optional(found->second.route);
}

std::vector<front_route> haproxy_front::routes() const {
  std::vector<front_route> all;
  for (auto const& [host, held] : ports_) all.push_back(held.route);
  return all;
}

task<std::vector<haproxy::place_load>> haproxy_front::loads(port host) {
  auto all = co_await process_.look();
  if (!all) co_return all.error();
  std::vector<haproxy::place_load> found;
  std::vector<pid_t> workers = all->workers;
  workers.insert(workers.end(), all->old_workers.begin(), all->old_workers.end());
  for (pid_t const worker : workers) {
    auto answer = co_await process_.ask(fmt::format("@!{} show stat {} 6 -1", worker, haproxy::proxy_name(host)));
    // An old worker may have ended since.
    if (!answer && worker == workers.front()) co_return answer.error();
    if (!answer) continue;
    for (haproxy::place_load& one : haproxy::parse_loads(*answer)) found.push_back(std::move(one));
  }
  co_return found;
}

task<std::uint64_t> haproxy_front::open_connections(port host, container_id to) {
  auto const found = ports_.find(host);
  if (found == ports_.end()) co_return std::uint64_t{0};
  auto const places = found->second.places;
  auto all = co_await loads(host);
  if (!all) co_return all.error();
  std::uint64_t open = 0;
  for (haproxy::place_load const& one : *all)
    if (one.place != haproxy::whole_proxy && places[one.place == 'a' ? 0 : 1].container == to) open += one.open;
  co_return open;
}

task<std::uint64_t> haproxy_front::waiting(port host) {
  auto const found = ports_.find(host);
  if (found == ports_.end() || !is_nowhere(found->second.route.to)) co_return std::uint64_t{0};
  char const elsewhere = haproxy::place_name(1 - found->second.active);
  auto all = co_await loads(host);
  if (!all) co_return all.error();
  std::uint64_t waiting = 0;
  std::uint64_t served = 0;
  for (haproxy::place_load const& one : *all) {
    if (one.place == haproxy::whole_proxy) waiting += one.open;
    if (one.place == elsewhere) served += one.open;
  }
  co_return waiting - std::min(waiting, served);
}

task<front_tally> haproxy_front::tally(port host) {
  auto const seen = connections_.of(host);
  front_tally out{.taken = 0, .held = seen.held, .longest_wait = seen.longest_wait, .refused = seen.refused};
  auto const found = ports_.find(host);
  if (found == ports_.end()) co_return out;
  char const active = haproxy::place_name(found->second.active);
  auto all = co_await loads(host);
  if (!all) co_return all.error();
  std::uint64_t taken = 0;
  for (haproxy::place_load const& one : *all)
    if (one.place == active) taken += one.taken;
  // A worker that ended took its counts with it.
  auto const before = taken_before_[host];
  out.taken = taken >= before ? taken - before : taken;
  co_return out;
}

coroutine<void> haproxy_front::watch() {
  int missed = 0;
  while (true) {
    if (ports_.empty() && blocked_.empty()) {
      co_await changed_.wait();
      continue;
    }
    co_await retry_blocked();
    if (ports_.empty()) {
      co_await changed_.wait_for(look_every);
      continue;
    }
    auto const seen = co_await process_.look();
    bool const ended = seen && (co_await wait_for_end(seen->master, look_every)).ended;
    if (seen && !ended) {
      auto const worker = co_await process_.ask("@1 show info");
      missed = worker ? 0 : missed + 1;
    } else {
      ++missed;
    }
    if (ports_.empty()) continue;  // let go of meanwhile
    if (!ended && missed < missed_answers) {
      if (!seen) co_await sleep_for(start_again_every);
      continue;
    }
    log::warn("front", ended ? "HAProxy, which holds the host ports, has ended; starting it again"
                             : "HAProxy, which holds the host ports, does not answer; starting it again");
    co_await bring_back();
    missed = 0;
  }
}

coroutine<void> haproxy_front::bring_back() {
  auto const turn = co_await turn_.acquire();
  if (!turn || ports_.empty()) co_return;
  auto const there = co_await process_.look();
  bool const hangs = there && !co_await process_.ask("@1 show info");
  if (hangs) co_await process_.end();
  auto running = co_await process_.ensure_running();
  if (running) {
    log::info("front", "HAProxy holds the host ports again");
    co_return;
  }
  log::error("front", running.error().message);
  co_await sleep_for(start_again_every);
}

coroutine<void> haproxy_front::retry_blocked() {
  std::vector<front_route> free;
  for (auto const& [host, held] : blocked_)
    if (try_host_port(options_.address, host)) free.push_back(held.route);
  for (front_route const& r : free) {
    auto opened = co_await lead_now(r);
    if (opened)
      log::info("front", fmt::format("host port {} is free again and held for {}", r.host, r.owner.str()));
    else
      log::error("front", opened.error().message);
  }
}

}  // namespace

std::unique_ptr<front> make_haproxy_front(executor network, front_options options) {
  return std::make_unique<haproxy_front>(network, std::move(options));
}

}  // namespace krane
