#include "store/database_thread.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "base/failpoint.hpp"
#include "base/log.hpp"

namespace krane {
namespace {

error disk_full() {
  return make_error(errc::storage_full, "the disk that holds the state folder is full; nothing was changed");
}

error store_failed(std::string const& why) {
  return make_error(errc::unavailable, "store_failed",
                    fmt::format("the store can no longer be written ({}); the server must be restarted", why));
}

bool ends_writing(storage_fault fault) {
  return fault == storage_fault::broken || fault == storage_fault::damaged;
}

error internal(std::exception const& e) {
  log::error("store", fmt::format("a work failed: {}", e.what()));
  return make_error(errc::internal, "the store could not do that; the server's log says why");
}

}  // namespace

database_thread::database_thread(executor network, database db, std::shared_ptr<shared_state> state,
                                 store_tuning tuning)
    : network_(network), state_(std::move(state)), tuning_(std::move(tuning)), db_(std::move(db)) {
  thread_ = std::thread([this] { loop(); });
}

database_thread::~database_thread() {
  stop();
}

std::optional<error> database_thread::refusal() const {
  if (state_->stopped) return make_error(errc::unavailable, "stopped", "the store has been closed");
  if (state_->outstanding >= tuning_.queue_limit)
    return make_error(errc::unavailable, "overloaded", "too much is waiting for the store; try again in a moment");
  return std::nullopt;
}

void database_thread::enqueue(std::unique_ptr<work> one) {
  ++state_->outstanding;
  {
    std::lock_guard const hold(mutex_);
    queue_.push_back(std::move(one));
  }
  wake_.notify_one();
}

void database_thread::stop() {
  state_->stopped = true;
  {
    std::lock_guard const hold(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void database_thread::loop() {
  for (auto works = take(); !works.empty(); works = take()) {
    batch writes;
    batch reads;
    for (auto& one : works) (one->writes() ? writes : reads).push_back(std::move(one));
    // A read may see writes handed over after it, never miss one handed over before.
    if (!writes.empty()) do_writes(std::move(writes));
    if (!reads.empty()) do_reads(std::move(reads));
    // A full disk has no room for it either, and every refused write would try again.
    if (!trouble_ && db_->log_pages() >= tuning_.checkpoint_pages) checkpoint(database::after_checkpoint::keep_log);
  }
  checkpoint(database::after_checkpoint::empty_log);
  db_.reset();
}

database_thread::batch database_thread::take() {
  std::unique_lock hold(mutex_);
  wake_.wait(hold, [this] { return stopping_ || !queue_.empty(); });
  batch works;
  while (!queue_.empty() && works.size() < tuning_.batch_limit) {
    works.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return works;
}

void database_thread::do_writes(batch works) {
  if (broken_) {
    for (auto& one : works) one->fail(*broken_);
    deliver(std::move(works));
    return;
  }
  try {
    if (carry_out(works)) trouble_.reset();
  } catch (std::exception const& e) {
    auto const* const failure = dynamic_cast<storage_failure const*>(&e);
    auto fault = failure != nullptr ? failure->fault() : storage_fault::other;
    try {
      db_->roll_back();
    } catch (storage_failure const& second) {
      log::error("store", fmt::format("a transaction could not be rolled back: {}", second.what()));
      fault = storage_fault::broken;
    }
    if (ends_writing(fault)) {
      note_broken(storage_failure(fault, e.what()));
      for (auto& one : works) one->fail(*broken_);
    } else if (fault == storage_fault::full) {
      if (!trouble_) log::warn("store", "the disk is full: writes are refused until there is room");
      trouble_ = disk_full();
      for (auto& one : works) one->fail(*trouble_);
    } else {
      auto const why = internal(e);
      for (auto& one : works) one->fail(why);
    }
  }
  deliver(std::move(works));
}

bool database_thread::carry_out(batch& works) {
  db_->execute("BEGIN IMMEDIATE");
  bool anything = false;
  for (auto& one : works) {
    db_->execute("SAVEPOINT one");
    bool good = false;
    try {
      good = one->perform(*db_);
    } catch (storage_failure const& e) {
      // Only a fault of this one work leaves the transaction as it was.
      if (e.fault() != storage_fault::other || !db_->in_transaction()) throw;
      one->fail(internal(e));
    } catch (std::exception const& e) {
      one->fail(internal(e));
    }
    if (!good) db_->execute("ROLLBACK TO one");
    db_->execute("RELEASE one");
    anything = anything || good;
  }
  failpoint("store.commit");
  db_->execute(anything ? "COMMIT" : "ROLLBACK");
  failpoint("store.committed");
  return anything;
}

void database_thread::do_reads(batch works) {
  for (auto& one : works) {
    try {
      (void)one->perform(*db_);
    } catch (storage_failure const& e) {
      log::error("store", fmt::format("reading failed: {}", e.what()));
      one->fail(
          make_error(errc::unavailable, "store_failed", "the store could not be read; the server's log says why"));
    } catch (std::exception const& e) {
      one->fail(internal(e));
    }
  }
  deliver(std::move(works));
}

void database_thread::note_broken(storage_failure const& why) {
  if (broken_) return;
  broken_ = store_failed(why.what());
  fatal_to_tell_ = true;
  trouble_ = broken_;
  log::error("store", fmt::format("writing failed, the store is read-only from here on: {}", why.what()));
}

void database_thread::checkpoint(database::after_checkpoint then) {
  if (broken_) return;
  try {
    db_->checkpoint(then);
    log_is_late_ = false;
  } catch (storage_failure const& e) {
    if (!ends_writing(e.fault())) {
      // Everything is in the log, which is as durable; the next one may find room.
      if (!std::exchange(log_is_late_, true))
        log::warn("store", fmt::format("the log could not be carried over into the main file yet: {}", e.what()));
      return;
    }
    note_broken(e);
    deliver({});
  }
}

void database_thread::deliver(batch works) {
  bool const fatal = std::exchange(fatal_to_tell_, false);
  asio::post(network_, [state = state_, works = std::move(works), trouble = trouble_, fatal]() mutable {
    state->trouble = trouble;
    for (auto& one : works) state->apply(one->told);
    for (auto& one : works) {
      --state->outstanding;
      one->hand_back();
    }
    if (fatal && state->on_fatal) state->on_fatal(*trouble);
  });
}

}  // namespace krane
