#pragma once
// Ctrl-C, and SIGTERM. A command that does not care is cancelled where it waits, and the program exits with 130, at the
// latest half a second later. One
// that wants to say something or to clean up takes them over for a while:
//   interrupts::taken_over mine(with.signals);
//   auto first = co_await (follow(run) || mine.next());
//
// Threads: the network thread.
#include <boost/asio/signal_set.hpp>

#include "base/async.hpp"

namespace krane::cli {

class interrupts {
public:
  explicit interrupts(executor ex) : network_(ex), signals_(ex), came_(ex) {}

  // Returns with the signal's number when one comes that nobody has taken over; from then on a further one ends the
  // program at once.
  coroutine<int> watch();

  class taken_over {
  public:
    explicit taken_over(interrupts& from) : from_(from) { ++from_.owners_; }
    ~taken_over() { --from_.owners_; }
    taken_over(taken_over const&) = delete;
    // Returns at the next signal, also at one that came meanwhile and nobody awaited.
    coroutine<void> next();

  private:
    interrupts& from_;
  };

private:
  executor network_;
  asio::basic_signal_set<executor> signals_;
  signal came_;
  int owners_ = 0;
  int waiting_ = 0;  // signals that came for an owner, and were not awaited yet
};

}  // namespace krane::cli
