#include "runs/container_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "model/reason.hpp"
#include "runs/ownership.hpp"

namespace krane {
namespace {

constexpr char host_network[] = "host";
constexpr std::size_t shown_of_instance = 8;

enum class whose { ours, anothers, nobodys };

whose owner_of(network_details const& one, instance_id const& us) {
  auto const mark = one.marks.find(label::instance);
  if (mark == one.marks.end()) return whose::nobodys;
  return mark->second == us.str() ? whose::ours : whose::anothers;
}

}  // namespace

bool is_reachable(std::map<std::string, std::string> const& addresses, std::string const& network) {
  if (addresses.contains(host_network)) return true;
  auto const its = addresses.find(network);
  return its != addresses.end() && !its->second.empty();
}

container_network::container_network(executor network, store& state, engine& docker, run_options& options)
    : state_(state), docker_(docker), options_(options), choosing_(network, 1) {
  if (auto const known = state_.network()) options_.network = *known;
}

task<network_details> container_network::ensure() {
  if (!state_.network()) {
    auto const turn = co_await choosing_.acquire();
    if (!turn) co_return turn.error();
    if (!state_.network()) {
      auto chosen = co_await choose();
      if (!chosen) co_return chosen.error();
      if (auto kept = co_await state_.keep_network(*chosen); !kept) co_return kept.error();
      options_.network = std::move(*chosen);
    }
  }
  auto found = co_await docker_.ensure_network(options_.network, {{label::instance, state_.instance().str()}});
  if (found && owner_of(*found, state_.instance()) == whose::anothers)
    co_return make_error(
        errc::conflict, reason::name_conflict,
        fmt::format("network {} was removed, and is another krane server's now; remove it there, or rename it",
                    options_.network));
  co_return found;
}

task<std::string> container_network::choose() {
  std::string const first = options_.network;
  std::string const own = fmt::format("{}-{}", first, state_.instance().str().substr(0, shown_of_instance));
  // Two servers may do this at once, and the engine makes two networks of a name when it is asked twice at once. So it
  // is made first and looked at then, and whoever sees another server's there leaves the name to that one.
  if (auto made = co_await docker_.ensure_network(first, {{label::instance, state_.instance().str()}}); !made)
    co_return made.error();
  failpoint("network.made");
  auto const all = co_await docker_.find_networks(first);
  if (!all) co_return all.error();
  auto const is = [&](whose wanted) {
    return [this, wanted](network_details const& one) { return owner_of(one, state_.instance()) == wanted; };
  };
  if (std::ranges::any_of(*all, is(whose::anothers))) {
    for (network_details const& one : *all)
      if (owner_of(one, state_.instance()) == whose::ours)
        if (auto gone = co_await docker_.remove_network(one.id); !gone) co_return gone.error();
    co_return own;
  }
  if (std::ranges::any_of(*all, is(whose::ours))) co_return first;
  auto const containers = co_await docker_.list_containers({{label::instance, ""}});
  if (!containers) co_return containers.error();
  bool others_are_in = false;
  for (container_summary const& one : *containers) {
    if (!one.networks.contains(first)) continue;
    // It may be in use by both, as it was before there was a label.
    if (one.marks.at(label::instance) == state_.instance().str()) co_return first;
    others_are_in = true;
  }
  co_return others_are_in ? own : first;
}

task<void> container_network::attach(container_id container, std::vector<std::string> aliases) {
  auto const network = co_await ensure();
  if (!network) co_return network.error();
  auto const there = co_await docker_.find_container(container.str());
  if (!there) co_return there.error();
  if (!*there || (*there)->addresses.contains(host_network)) co_return result<void>{};
  auto const its = (*there)->networks.find(network->name);
  bool const known = its != (*there)->networks.end();
  // Without an id it was never started, and goes by the name.
  bool const joined = known && (its->second.empty() || its->second == network->id);
  bool const runs = (*there)->status == "running" || (*there)->status == "paused";
  bool const lost = runs && !is_reachable((*there)->addresses, network->name);
  if (joined && !lost) co_return result<void>{};
  if (known)
    if (auto left = co_await docker_.disconnect_network(network->name, container); !left) co_return left.error();
  failpoint("attach.half");
  auto connected = co_await docker_.connect_network(network->id, container, std::move(aliases));
  if (!connected && connected.error().code == errc::not_found) co_return result<void>{};
  co_return connected;
}

task<void> container_network::detach(container_id container) {
  co_return co_await docker_.disconnect_network(options_.network, std::move(container));
}

task<void> container_network::give_up() {
  // The plain name stays taken: what another server would make of it in between, this one could not have again.
  if (!options_.network.ends_with(state_.instance().str().substr(0, shown_of_instance))) co_return result<void>{};
  auto const all = co_await docker_.find_networks(options_.network);
  if (!all) co_return all.error();
  for (network_details const& one : *all)
    if (owner_of(one, state_.instance()) == whose::ours)
      if (auto gone = co_await docker_.remove_network(one.id); !gone && gone.error().code != errc::conflict)
        co_return gone.error();
  co_return result<void>{};
}

}  // namespace krane
