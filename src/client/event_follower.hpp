#pragma once
// What happens to a deployment, one event after the other, for as long as it is wanted: a broken connection is opened
// again and goes on after the last event, so that none is missing and none comes twice.
//
// Threads: the network thread.
// Failure: what fails at the first attempt is given at once. Later on it is tried again, with growing pauses, until
//          `patience` is over; what trying again cannot mend (the session has ended, the deployment is gone) is given.
// Lifetime: the api outlives it.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "client/client.hpp"
#include "client/retry.hpp"

namespace krane::client {

class event_follower {
public:
  // `since`: the Id after which to begin; none: with what happens from now on.
  event_follower(krane_api& api, std::string deployment, std::optional<std::uint64_t> since, retry_rules rules = {});
  ~event_follower();
  event_follower(event_follower const&) = delete;

  // Opens the stream, so that nothing that happens after this is missed. next() does it too.
  task<void> start();
  // None: the deployment was deleted, and nothing will happen to it any more.
  task<std::optional<event_info>> next();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace krane::client
