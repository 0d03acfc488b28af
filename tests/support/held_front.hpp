#pragma once
// A front that is another one's, and takes as long as a test says until it holds its ports again.
#include <utility>

#include "base/async.hpp"
#include "front/front.hpp"

namespace krane::test {

class held_front final : public front {
public:
  held_front(executor network, front& real) : real_(real), changed_(network) {}

  void hold() { held_ = true; }
  void release() {
    held_ = false;
    changed_.notify_all();
  }

  task<void> adopt(std::vector<front_route> routes) override {
    while (held_) co_await changed_.wait();
    co_return co_await real_.adopt(std::move(routes));
  }
  std::optional<error> obstacle() const override { return real_.obstacle(); }
  task<void> lead(front_route to) override { return real_.lead(std::move(to)); }
  task<void> let_go(deployment_name owner, port host) override { return real_.let_go(std::move(owner), host); }
  result<void> check(deployment_name const& owner, port host) const override { return real_.check(owner, host); }
  std::optional<front_route> find_route(port host) const override { return real_.find_route(host); }
  std::vector<front_route> routes() const override { return real_.routes(); }
  std::optional<error> trouble() const override { return real_.trouble(); }
  std::vector<std::string> addresses(port host) const override { return real_.addresses(host); }
  task<std::uint64_t> close_connections(port host, container_id to) override {
    return real_.close_connections(host, std::move(to));
  }
  task<std::uint64_t> open_connections(port host, container_id to) override {
    return real_.open_connections(host, std::move(to));
  }
  task<std::uint64_t> waiting(port host) override { return real_.waiting(host); }
  void start_tally(port host) override { real_.start_tally(host); }
  task<front_tally> tally(port host) override { return real_.tally(host); }
  coroutine<void> stop() override { return real_.stop(); }

private:
  front& real_;
  signal changed_;
  bool held_ = false;
};

}  // namespace krane::test
