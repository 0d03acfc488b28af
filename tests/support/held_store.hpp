#pragma once
// A store that is another one's, with a recovery that a test can hold open: what the server had accepted is read when
// the test says so, or not at all for a while.
#include <utility>

#include "base/async.hpp"
#include "store/store.hpp"

namespace krane::test {

class held_store final : public store, private run_store {
public:
  held_store(executor network, store& real) : real_(real), changed_(network) {}

  // unfinished() has read already, and answers only after release().
  void hold() { held_ = true; }
  void release() {
    held_ = false;
    changed_.notify_all();
  }
  // It has read, whether it has answered or not.
  bool has_read() const { return has_read_; }
  int failing = 0;  // so many times unfinished() fails

  deployment_store& deployments() override { return real_.deployments(); }
  run_store& runs() override { return *this; }
  event_store& events() override { return real_.events(); }
  session_store& sessions() override { return real_.sessions(); }
  secret_store& secrets() override { return real_.secrets(); }
  answer_store& answers() override { return real_.answers(); }
  deployment const* find_deployment(deployment_name const& name) const override { return real_.find_deployment(name); }
  std::vector<deployment const*> list_deployments() const override { return real_.list_deployments(); }
  instance_id const& instance() const override { return real_.instance(); }
  std::optional<std::string> const& network() const override { return real_.network(); }
  task<void> keep_network(std::string name) override { return real_.keep_network(std::move(name)); }
  std::uint64_t last_event_id() const override { return real_.last_event_id(); }
  std::optional<error> trouble() const override { return real_.trouble(); }
  void on_commit(commit_listener listener) override { real_.on_commit(std::move(listener)); }
  void stop() override { real_.stop(); }

private:
  run_store& real() { return real_.runs(); }
  task<accept_outcome> accept(deployment_name name, run_kind kind, std::optional<std::string> tag,
                              std::optional<run_id> under_way, time_point now, std::optional<std::uint64_t> if_release,
                              std::optional<answer_to_keep<run>> keep) override {
    return real().accept(std::move(name), kind, std::move(tag), std::move(under_way), now, if_release, std::move(keep));
  }
  task<accept_outcome> restore(deployment_name name, std::optional<std::uint64_t> release,
                               std::optional<run_id> under_way, time_point now,
                               std::optional<answer_to_keep<run>> keep) override {
    return real().restore(std::move(name), release, std::move(under_way), now, std::move(keep));
  }
  task<accept_outcome> scale(deployment_name name, std::uint32_t replicas, std::optional<run_id> under_way,
                             time_point now, std::optional<answer_to_keep<run>> keep) override {
    return real().scale(std::move(name), replicas, std::move(under_way), now, std::move(keep));
  }
  task<void> save(change what) override { return real().save(std::move(what)); }
  task<run> request_cancel(deployment_name name, run_id id, time_point now,
                           std::optional<answer_to_keep<run>> keep) override {
    return real().request_cancel(std::move(name), std::move(id), now, std::move(keep));
  }
  task<std::vector<run>> request_cancel_all(deployment_name name, time_point now,
                                            std::optional<answer_to_keep<std::vector<run>>> keep) override {
    return real().request_cancel_all(std::move(name), now, std::move(keep));
  }
  task<std::vector<run>> unfinished() override {
    if (failing > 0) {
      --failing;
      co_return make_error(errc::unavailable, "overloaded", "too much is waiting");
    }
    auto read = co_await real().unfinished();
    has_read_ = true;
    while (held_) co_await changed_.wait();
    co_return read;
  }
  task<std::vector<run>> serving() override { return real().serving(); }
  task<std::optional<run>> find(run_id id) override { return real().find(std::move(id)); }
  task<std::optional<run>> find(deployment_name name, std::uint64_t number) override {
    return real().find(std::move(name), number);
  }
  task<std::vector<run>> list(deployment_name name, std::size_t limit) override {
    return real().list(std::move(name), limit);
  }
  task<std::vector<run>> releases(deployment_name name, std::size_t limit) override {
    return real().releases(std::move(name), limit);
  }

  store& real_;
  signal changed_;
  bool held_ = false;
  bool has_read_ = false;
};

}  // namespace krane::test
