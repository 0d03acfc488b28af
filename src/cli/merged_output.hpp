#pragma once
// The output of all containers of a deployment as one stream: what is there, merged by time; then, if it is followed,
// what comes, also from containers that come, until the deployment is removed.
//
// No line is lost between the two, nor over a redeploy, and none comes twice: what is followed begins after the last
// line that was read, and a new container is read from its first line on.
//
// Threads: the network thread.
// Lifetime: stop() must have returned before it is destroyed; what it was given outlives it.
#include <memory>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "cli/log_lines.hpp"
#include "cli/notes.hpp"
#include "client/client.hpp"
#include "client/event_follower.hpp"
#include "client/output_follower.hpp"

namespace krane::cli {

struct merged_options {
  std::string deployment;
  bool follow = false;
  std::optional<std::size_t> tail{};   // of all containers together; none: all
  std::optional<std::string> since{};  // RFC 3339
};

class merged_output {
public:
  merged_output(executor network, client::krane_api& api, log_printer& to, notes& say, merged_options what);
  ~merged_output();
  merged_output(merged_output const&) = delete;

  task<void> run();
  // Ends what still runs. The caller cannot be cancelled from here on.
  coroutine<void> stop();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace krane::cli
