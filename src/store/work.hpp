#pragma once
// One thing that a coroutine wants of the store, on its way to the database thread and back.
#include <boost/asio/executor_work_guard.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "base/task.hpp"
#include "store/database.hpp"
#include "store/store.hpp"

namespace krane {

class work {
public:
  enum class kind { read, write };

  explicit work(kind what) : what_(what) {}
  work(work const&) = delete;
  virtual ~work() = default;

  bool writes() const { return what_ == kind::write; }

  // On the database thread. True if it came to what it should; the outcome is kept. Throws storage_failure.
  virtual bool perform(database& db) = 0;
  // It did not happen, whatever perform() said.
  virtual void fail(error why) = 0;
  // On the network thread: resumes who waits.
  virtual void hand_back() = 0;

  commit told;  // what it changed; empty when it failed

private:
  kind what_;
};

template <class T, class Handler>
class typed_work final : public work {
public:
  using body = std::function<result<T>(database&, commit&)>;

  typed_work(kind what, executor network, body steps, Handler handler)
      : work(what), steps_(std::move(steps)), handler_(std::move(handler)), keep_(network) {}

  bool perform(database& db) override {
    outcome_.emplace(steps_(db, told));
    if (!*outcome_) told = {};
    return outcome_->has_value();
  }
  void fail(error why) override {
    told = {};
    outcome_.emplace(std::move(why));
  }
  void hand_back() override { std::move(handler_)(std::move(*outcome_)); }

private:
  body steps_;
  Handler handler_;
  std::optional<result<T>> outcome_;
  // While it is away the network loop must not run dry.
  asio::executor_work_guard<executor> keep_;
};

}  // namespace krane
