#include "runs/planner.hpp"

#include <fmt/format.h>

#include <utility>

#include "model/reason.hpp"
#include "runs/container_secrets.hpp"
#include "runs/ownership.hpp"
#include "runs/pull_login.hpp"

namespace krane {

planner::planner(store& state, engine& docker, host_port const& ports, vault const& secrets, room_check& room,
                 run_options const& options)
    : state_(state),
      docker_(docker),
      ports_(ports),
      secrets_(secrets),
      room_(room),
      options_(options),
      volumes_(state, docker) {}

task<deploy_plan> planner::plan(spec wanted, std::optional<std::string> tag, bool busy) {
  auto const facts = co_await gather(std::move(wanted), std::move(tag), busy);
  if (!facts) co_return facts.error();
  co_return make_plan(*facts);
}

task<plan_facts> planner::gather(spec wanted, std::optional<std::string> tag, bool busy) {
  plan_facts facts;
  facts.wanted.tag = wanted.image_for(tag).tag;
  facts.wanted.what = std::move(wanted);
  spec const& what = facts.wanted.what;
  if (deployment const* const known = state_.find_deployment(what.name)) facts.known = *known;
  if (facts.known && facts.known->serving) {
    auto serving = co_await state_.runs().find(*facts.known->serving);
    if (!serving) co_return serving.error();
    facts.serving = std::move(*serving);
  }
  facts.through_front = ports_.goes_through_front(what);
  facts.warmth = warmth_of(what, options_.keep_warm);
  facts.forbidden = find_forbidden(what, options_.policy);
  look_at_secrets(facts);
  if (auto looked = co_await look_at_containers(facts); !looked) co_return looked.error();
  if (auto looked = co_await look_at_ports(facts, busy); !looked) co_return looked.error();
  if (auto looked = co_await look_at_image(facts); !looked) co_return looked.error();
  if (auto looked = co_await look_at_volumes(facts); !looked) co_return looked.error();
  co_return facts;
}

task<void> planner::look_at_volumes(plan_facts& into) {
  auto const strangers = co_await volumes_.find_strangers(into.wanted.what);
  if (!strangers) co_return strangers.error();
  for (auto const& [index, why] : *strangers)
    into.foreign_volumes.push_back(
        {.reason = why.reason, .message = why.message, .path = fmt::format("config.volumes[{}]", index)});
  // Of an image that is not here yet, the one before it tells most.
  auto image = into.digest ? into.here_by_digest : into.here;
  if (!image && into.serving && into.serving->image) {
    auto serving = co_await docker_.find_image(into.serving->image->str());
    if (!serving) co_return serving.error();
    image = std::move(*serving);
  }
  auto const volumes =
      co_await volumes_.look_ahead(into.wanted.what, image ? image->volumes : std::vector<std::string>{});
  if (!volumes) co_return volumes.error();
  for (auto const& [what, is_new] : *volumes)
    into.volumes.push_back({.name = what.name, .target = what.target, .of_image = what.of_image, .is_new = is_new});
  co_return result<void>{};
}

void planner::look_at_secrets(plan_facts& into) const {
  into.missing_secrets = secrets_.missing(into.wanted.what.name, into.wanted.what.service);
  if (!into.missing_secrets.empty()) return;
  auto versions = fix_secret_versions(secrets_, into.wanted);
  if (versions)
    into.wanted.secret_versions = std::move(*versions);
  else
    into.secrets_trouble = versions.error();
}

task<void> planner::look_at_containers(plan_facts& into) {
  auto const all = co_await list_our_containers(docker_, state_, secrets_, &into.wanted.what.name);
  if (!all) co_return all.error();
  for (container_summary const& one : *all) {
    auto of = co_await state_.runs().find(run_id{one.marks.at(label::run)});
    if (!of) co_return of.error();
    plan_facts::container found{
        .what = {.id = one.id, .name = one.name, .release = {}, .running = one.status == "running"},
        .of = std::move(*of)};
    if (found.of) found.what.release = found.of->number;
    into.containers.push_back(std::move(found));
  }
  co_return result<void>{};
}

task<void> planner::look_at_ports(plan_facts& into, bool busy) {
  spec const& what = into.wanted.what;
  if (what.host_port)
    for (deployment const* other : state_.list_deployments())
      if (other->config.name != what.name && other->config.host_port == what.host_port)
        into.port_holder = other->config.name;
  auto const free = co_await ports_.check_before_run(what, busy);
  if (!free && free.error().reason == reason::store_failed) co_return free.error();
  if (!free) into.port_troubles.push_back(free.error());
  if (busy) co_return result<void>{};
  std::vector<old_release> old;
  for (plan_facts::container const& one : into.containers) old.push_back(as_old(one.of));
  for (error& one : ports_.check_further(what, old)) into.port_troubles.push_back(std::move(one));
  co_return result<void>{};
}

task<void> planner::look_at_image(plan_facts& into) {
  image_ref name = into.wanted.image_name();
  auto here = co_await docker_.find_image(name.text());
  if (!here) co_return here.error();
  into.here = std::move(*here);
  into.asks_registry = into.wanted.what.service.pull != pull_policy::missing || !into.here;
  if (!into.asks_registry) co_return result<void>{};
  auto const login = find_pull_login(secrets_, into.wanted.what);
  // Told with the missing secrets; until it is there, nobody knows what the registry has.
  if (!login) co_return result<void>{};
  auto digest = co_await docker_.ask_registry(name, *login);
  if (!digest) {
    if (digest.error().reason == reason::engine_unavailable || digest.error().code == errc::cancelled)
      co_return digest.error();
    into.registry_trouble = with_remedy(digest.error(), secrets_, into.wanted.what);
    co_return result<void>{};
  }
  into.digest = *digest;
  name.digest = std::move(*digest);
  auto by_digest = co_await docker_.find_image(name.text());
  if (!by_digest) co_return by_digest.error();
  into.here_by_digest = std::move(*by_digest);
  if (!into.here_by_digest) into.size = co_await room_.measure(into.wanted.image_name(), *login, options_.accept_look);
  co_return result<void>{};
}

}  // namespace krane
