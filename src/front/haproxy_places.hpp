#pragma once
// The places of a port: each leads to one container at most. Some take new connections, others keep those that are
// open, or are free for the next release. A container keeps its place for as long as the port leads to it, so that
// what is open on it can be told apart. Pure.
#include <cstddef>
#include <string_view>
#include <vector>

#include "front/front.hpp"

namespace krane::haproxy {

struct place {
  front_target to;
  bool active = false;  // new connections are meant for it
  friend bool operator==(place const&, place const&) = default;
};

struct held_port {
  front_route route;  // `to` is where new connections go
  std::vector<place> places = std::vector<place>(2);
  bool on_ipv6 = false;  // it is open on every IPv6 address beside the IPv4 ones
  friend bool operator==(held_port const&, held_port const&) = default;
};

// An address at which nothing ever listens: who is led there waits.
inline constexpr char nowhere_address[] = "127.255.255.254";
inline constexpr port nowhere_port = 1;
inline bool is_nowhere(front_target const& to) {
  return to.address.empty();
}

// 'a', 'b', …, as places are called.
char place_name(std::size_t place);
inline constexpr std::size_t most_places = 26;

// As many as a route needs: one more than containers at once, for what takes over.
std::size_t places_for(front_route const& route);

// Whether several containers take its connections at once. HAProxy then has to know which of them refuse.
inline bool has_replicas(held_port const& held) {
  return held.places.size() > 2;
}

// New connections are meant for these containers from now on; none: they wait. There are enough places.
void lead_to(held_port& held, std::vector<front_target> const& targets);

// Whether new connections are given to the place. One whose container cannot be reached gets none while another can;
// where none can, the first waits for all.
bool takes_connections(held_port const& held, std::size_t place);

// No container can take a connection.
bool waits(held_port const& held);

}  // namespace krane::haproxy
