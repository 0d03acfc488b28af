#pragma once
// The front on HAProxy: a table of the ports that are held, and HAProxy kept as the table says. Private to the room.
//
// haproxy_front.cpp       which ports are held
// haproxy_ports.cpp       which ports can be held
// haproxy_leading.cpp     where each leads
// haproxy_counts.cpp      what connections do
// haproxy_watch.cpp       HAProxy kept alive
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "front/connection_log.hpp"
#include "front/haproxy_config.hpp"
#include "front/haproxy_front.hpp"
#include "front/haproxy_process.hpp"
#include "front/host_ports.hpp"

namespace krane {

class haproxy_front final : public front {
public:
  haproxy_front(executor network, front_options options);

  std::optional<error> obstacle() const override { return obstacle_; }
  std::optional<error> trouble() const override;
  task<void> adopt(std::vector<front_route> routes) override;
  task<void> lead(front_route to) override;
  task<void> let_go(deployment_name owner, port host) override;
  result<void> check(deployment_name const& owner, port host) const override;
  std::optional<front_route> find_route(port host) const override;
  std::vector<front_route> routes() const override;
  std::vector<std::string> addresses(port host) const override;
  task<std::uint64_t> open_connections(port host, container_id to) override;
  task<std::uint64_t> close_connections(port host, container_id to) override;
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
  // Opens and closes ports so that exactly these are held; where IPv6 is in the way, on IPv4 alone.
  task<void> hold_exactly(haproxy::port_table ports);
  task<void> hold_as_they_are(haproxy::port_table ports);
  task<void> open_all(haproxy::port_table ports, haproxy::port_table remembered, std::string before);
  // Whether the port can be held, and on IPv6 too: it is free, or our own HAProxy has it.
  result<void> can_hold(port host) const;
  bool can_hold_on_ipv6(port host) const;
  result<void> can_open(front_route const& r) const;
  void block(haproxy::port_table& among, port host, error const& why);
  // Those that somebody else has taken are blocked. Whether there were any.
  bool leave_out_taken(haproxy::port_table& among);
  port_opener opener() const;
  // A port that this process may not try, so that only HAProxy's own attempt tells.
  bool is_beyond_us(port host) const;
  task<void> lead_elsewhere(haproxy::held_port& held, std::vector<front_target> to);
  task<void> tell_worker(std::string commands);
  task<void> tell_targets();
  task<void> shut_down(port host, container_id to);
  // What an old worker has: it takes no other command that closes, its proxies being stopped.
  coroutine<void> shut_down_one_by_one(pid_t old_worker, std::string proxy, char place);
  task<std::vector<haproxy::place_load>> loads(port host);
  std::string text_of(haproxy::port_table const& ports) const;

  coroutine<void> watch();
  coroutine<void> bring_back();
  coroutine<void> retry_blocked();

  executor network_;
  front_options options_;
  std::optional<error> obstacle_;
  haproxy::haproxy_process process_;
  haproxy::connection_log connections_;
  haproxy::port_table ports_;
  haproxy::port_table blocked_;                                         // should be held, and somebody else has them
  std::map<port, std::map<container_id, std::uint64_t>> taken_before_;  // in its place, when it was led to
  std::chrono::steady_clock::time_point try_beyond_us_at_{};            // when such a blocked port is tried next
  bool told_of_absence_ = false;
  semaphore turn_;
  signal changed_;
  task_group tasks_;
};

template <class T>
task<T> haproxy_front::uninterrupted(task<T> change) {
  co_return co_await asio::co_spawn(network_, std::move(change),
                                    asio::bind_cancellation_slot(asio::cancellation_slot{}, use_coroutine));
}

}  // namespace krane
