#pragma once
// What a container writes, line by line, also over broken connections and over restarts of the container: none is
// missing and none comes twice, and where the engine itself has dropped lines meanwhile, that is said.
//
// Threads: the network thread.
// Failure: as event_follower's.
// Lifetime: the api outlives it.
#include <memory>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "client/client.hpp"
#include "client/retry.hpp"

namespace krane::client {

struct output_item {
  enum class kind {
    line,
    restart,  // the container was started again; `text` is when
    gap,      // lines may be missing here; `text` says after which
    end,      // it has stopped for good, and nothing follows; `text` is its exit code, or "gone"
  };
  kind what = kind::line;
  std::string text;
  std::string place;  // of a line: its time, perhaps with a number ("…Z/2"); may be empty

  // The part of the place that is a time (RFC 3339, nanoseconds).
  std::string_view time() const;
};

class output_follower {
public:
  output_follower(krane_api& api, std::string container, output_from from, retry_rules rules = {});
  ~output_follower();
  output_follower(output_follower const&) = delete;

  task<void> start();
  // None after `end`, or when all that was asked for has come (follow = false).
  task<std::optional<output_item>> next();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace krane::client
