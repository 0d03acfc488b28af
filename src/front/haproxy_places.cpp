#include "front/haproxy_places.hpp"

#include <algorithm>
#include <optional>

namespace krane::haproxy {
namespace {

constexpr std::size_t nobody = most_places;

// The place that leads to this container already.
std::size_t find_place(held_port const& held, front_target const& to) {
  for (std::size_t i = 0; i < held.places.size(); ++i) {
    place const& one = held.places[i];
    if (one.to.container == to.container && (!to.container.str().empty() || one.active)) return i;
  }
  return nobody;
}

// One that was never led to a container, else the one after those in use: what is open on it is the oldest.
std::size_t free_place(held_port const& held, std::vector<bool> const& used, std::size_t after) {
  for (std::size_t i = 0; i < held.places.size(); ++i)
    if (!used[i] && held.places[i].to.container.str().empty()) return i;
  for (std::size_t n = 1; n <= held.places.size(); ++n) {
    std::size_t const i = (after + n) % held.places.size();
    if (!used[i] && !held.places[i].active) return i;
  }
  // Those that are led away from go at last.
  for (std::size_t i = 0; i < held.places.size(); ++i)
    if (!used[i]) return i;
  return nobody;
}

}  // namespace

char place_name(std::size_t place) {
  return static_cast<char>('a' + place);
}

std::size_t places_for(front_route const& route) {
  return std::min(most_places, std::max({route.room, route.to.size(), std::size_t{1}}) + 1);
}

void lead_to(held_port& held, std::vector<front_target> const& targets) {
  std::vector<front_target> const wanted = targets.empty() ? std::vector<front_target>(1) : targets;
  std::vector<bool> used(held.places.size(), false);
  std::vector<std::size_t> found;
  std::size_t last = 0;
  for (front_target const& to : wanted) {
    found.push_back(find_place(held, to));
    if (found.back() == nobody) continue;
    used[found.back()] = true;
    last = found.back();
  }
  for (std::size_t i = 0; i < held.places.size(); ++i)
    if (held.places[i].active) last = std::max(last, i);
  for (std::size_t n = 0; n < wanted.size(); ++n) {
    if (found[n] == nobody) found[n] = free_place(held, used, last);
    if (found[n] != nobody) used[found[n]] = true;
  }
  for (place& one : held.places) one.active = false;
  for (std::size_t n = 0; n < wanted.size(); ++n)
    if (found[n] != nobody) held.places[found[n]] = {wanted[n], true};
  held.route.to = targets;
}

bool waits(held_port const& held) {
  return std::ranges::none_of(held.places, [](place const& one) { return one.active && !is_nowhere(one.to); });
}

bool takes_connections(held_port const& held, std::size_t at) {
  if (!held.places[at].active) return false;
  if (!waits(held)) return !is_nowhere(held.places[at].to);
  auto const first = std::ranges::find(held.places, true, &place::active);
  return first == held.places.begin() + static_cast<std::ptrdiff_t>(at);
}

}  // namespace krane::haproxy
