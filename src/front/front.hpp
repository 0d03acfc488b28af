#pragma once
// What holds the host ports of deployments, and passes each connection on to a container's own address. Because the
// port is not the container's, a release can be replaced without anybody who connects noticing; while nothing can take
// a connection, it waits instead of being refused.
//
// Threads: the network thread.
// Failure: errc::conflict, port_in_use: another program holds the port (named) or another deployment does;
//          port_not_allowed: this server may not open it; address_not_available: the machine has no such address;
//          errc::internal, front_refused: the front's own words; errc::unavailable,
//          front_unavailable: it does not answer, and is being brought back. What was held before is held after.
// Cancel:  a change that was begun is carried out.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "model/ids.hpp"
#include "model/spec.hpp"

namespace krane {

// No address: the container cannot be reached at present. No container either: there is none yet.
struct front_target {
  container_id container;
  std::string address;
  port number = 0;
  friend bool operator==(front_target const&, front_target const&) = default;
};

struct front_route {
  port host = 0;
  deployment_name owner{};
  std::chrono::milliseconds hold = default_hold;  // how long a connection waits at most
  // Connections go to that of these which has the fewest; while none has an address, they wait.
  std::vector<front_target> to{};
  std::size_t room = 1;  // for so many at once; more need a reload of the front
  friend bool operator==(front_route const&, front_route const&) = default;
};

// What happened on a port since start_tally(); what happened while no server ran is not in it.
struct front_tally {
  std::map<container_id, std::uint64_t> taken{};  // by each container that the port leads to now, since it does
  std::uint64_t held = 0;                         // waited, and were then served
  std::chrono::milliseconds longest_wait{0};
  std::uint64_t refused = 0;  // waited as long as they may, in vain
};

class front {
public:
  virtual ~front() = default;

  // None: it can hold ports. Else why it cannot, for as long as this server runs.
  virtual std::optional<error> obstacle() const = 0;

  // First of all: what it is to hold. What it held beyond that is let go. A route without an address keeps the one it
  // had if it is still the same container.
  virtual task<void> adopt(std::vector<front_route> routes) = 0;
  // From now on new connections go where `to` says; those that are open stay where they are.
  virtual task<void> lead(front_route to) = 0;
  // Not held, or by another deployment: success.
  virtual task<void> let_go(deployment_name owner, port host) = 0;
  // It should hold ports and has not answered for some seconds. As obstacle, but it may pass.
  virtual std::optional<error> trouble() const = 0;
  // Whether lead() could open it: as lead, without doing anything.
  virtual result<void> check(deployment_name const& owner, port host) const = 0;

  virtual std::optional<front_route> find_route(port host) const = 0;
  virtual std::vector<front_route> routes() const = 0;  // by port
  // On which the port is open, or would be.
  virtual std::vector<std::string> addresses(port host) const = 0;

  // Connections from the port to this container that are open now.
  virtual task<std::uint64_t> open_connections(port host, container_id to) = 0;
  // Closes them: both sides see it. How many were closed.
  virtual task<std::uint64_t> close_connections(port host, container_id to) = 0;
  // Connections that wait now.
  virtual task<std::uint64_t> waiting(port host) = 0;
  virtual void start_tally(port host) = 0;
  virtual task<front_tally> tally(port host) = 0;

  virtual coroutine<void> stop() = 0;  // of this object; the ports stay held
};

}  // namespace krane
