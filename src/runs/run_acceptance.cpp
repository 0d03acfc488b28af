// lane_service, as far as it takes requests: what they ask for is looked at, made durable and queued, or cancelled.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/log.hpp"
#include "model/begun.hpp"
#include "model/reason.hpp"
#include "model/release.hpp"
#include "model/replica_rules.hpp"
#include "runs/lane_service.hpp"
#include "runs/pull_login.hpp"
#include "runs/run_machine.hpp"

namespace krane {
namespace {

error unknown_deployment(deployment_name const& name) {
  return make_error(errc::not_found, fmt::format("there is no deployment named {}", name.str()));
}

// Cancelling the caller does not reach what is awaited through this.
auto uninterrupted() {
  return asio::bind_cancellation_slot(asio::cancellation_slot{}, use_coroutine);
}

}  // namespace

task<run> lane_service::deploy(deployment_name name, std::optional<std::string> tag,
                               std::optional<std::uint64_t> if_release, keep_answer keep) {
  return accept(std::move(name), {.tag = std::move(tag), .if_release = if_release, .keep = std::move(keep)});
}

task<run> lane_service::roll_back(deployment_name name, std::optional<std::uint64_t> release, keep_answer keep) {
  return accept(std::move(name), {.goes_back = true, .release = release, .keep = std::move(keep)});
}

task<run> lane_service::act_on_serving(deployment_name name, run_kind kind, keep_answer keep) {
  return accept(std::move(name), {.kind = kind, .keep = std::move(keep)});
}

task<run> lane_service::scale(deployment_name name, std::uint32_t replicas, keep_answer keep) {
  return accept(std::move(name), {.kind = run_kind::scale, .replicas = replicas, .keep = std::move(keep)});
}

task<run> lane_service::remove(deployment_name name, bool with_volumes) {
  return accept(std::move(name), {.kind = run_kind::remove, .with_volumes = with_volumes});
}

task<run> lane_service::accept(deployment_name name, wish what) {
  if (auto const queued = co_await wait_until_queued(); !queued) co_return queued.error();
  if (state_.find_deployment(name) == nullptr) co_return unknown_deployment(name);
  if (deployment const& d = *state_.find_deployment(name);
      !d.has_config() && what.kind != run_kind::remove && !what.goes_back)
    co_return make_error(errc::conflict, reason::deployment_unreadable,
                         fmt::format("{} cannot be run: {}", name.str(), d.trouble));
  auto config = co_await config_wanted(name, what);
  if (!config) co_return config.error();
  if (*config && what.kind == run_kind::deploy && !what.goes_back)
    if (auto fits = co_await check_room(**config, what.tag); !fits) co_return fits.error();
  if (*config)
    if (auto fits = check_replicas(**config); !fits) co_return fits.error();
  if (*config)
    if (auto free = co_await ports_.check_before_run(std::move(**config), is_busy(name)); !free) co_return free.error();
  co_return co_await asio::co_spawn(network_, accept_uninterrupted(std::move(name), std::move(what)), uninterrupted());
}

task<std::optional<spec>> lane_service::config_wanted(deployment_name name, wish what) {
  deployment const* const d = state_.find_deployment(name);
  if (d != nullptr && what.kind == run_kind::scale) {
    spec config = d->config;
    config.service.replicas = what.replicas;
    co_return config;
  }
  if (d == nullptr || what.kind != run_kind::deploy) co_return std::nullopt;
  if (!what.goes_back) co_return d->config;
  std::optional<run_id> const serving = d->serving;
  std::optional<run> release;
  if (what.release) {
    auto found = co_await state_.runs().find(name, *what.release);
    if (!found) co_return found.error();
    release = std::move(*found);
  } else {
    auto all = co_await state_.runs().releases(name, releases_to_look_at);
    if (!all) co_return all.error();
    release = release_before(*all, serving);
  }
  co_return release ? std::optional(release_config(*release)) : std::nullopt;
}

result<void> lane_service::check_replicas(spec const& config) const {
  if (auto faults = find_replica_faults(config); !faults.empty()) return make_error(std::move(faults));
  if (auto shared = find_port_for_one(config, ports_.goes_through_front(config)))
    return make_error(errc::conflict, reason::replicas_need_front, std::move(*shared));
  return {};
}

task<void> lane_service::check_room(spec config, std::optional<std::string> tag) {
  image_ref const what = config.image_for(tag);
  if (config.service.pull == pull_policy::missing) {
    auto const late = make_error(errc::timed_out, "the engine takes too long");
    auto const here = co_await with_deadline(docker_.find_image(what.text()), options_.accept_look, late);
    // What is not known now, the run finds out.
    if (!here || *here) co_return result<void>{};
  }
  auto login = find_pull_login(secrets_, config);
  if (!login) co_return login.error();
  co_return co_await room_.check(what, std::move(*login), options_.accept_look);
}

task<run> lane_service::accept_uninterrupted(deployment_name name, wish what) {
  lane_ptr const l = lane_of(name);
  auto const turn = co_await l->turn.acquire();
  if (!turn) co_return turn.error();
  std::optional<run_id> const under_way = l->current ? std::optional(l->current->id) : std::nullopt;
  auto accepted = co_await (
      what.kind == run_kind::scale
          ? state_.runs().scale(name, what.replicas, under_way, time_.now(), std::move(what.keep))
      : what.goes_back ? state_.runs().restore(name, what.release, under_way, time_.now(), std::move(what.keep))
                       : state_.runs().accept(name, what.kind, std::move(what.tag), under_way, time_.now(),
                                              what.if_release, std::move(what.keep)));
  if (!accepted) co_return accepted.error();
  for (run const& gone : accepted->superseded) {
    std::erase_if(l->waiting, [&](lane::waiting_run const& w) { return w.what.id == gone.id; });
    ended(gone);
  }
  run& r = accepted->accepted;
  bool const known = (l->current && l->current->id == r.id) ||
                     std::ranges::any_of(l->waiting, [&](lane::waiting_run const& w) { return w.what.id == r.id; });
  if (!known && what.with_volumes) {
    run wanted = r;
    wanted.with_volumes = true;
    auto const saved = co_await state_.runs().save({wanted, {}, std::nullopt, std::nullopt, false, {}});
    // What is kept in them stays then, and may be asked for again.
    if (saved) r = std::move(wanted);
  }
  if (!known) l->waiting.push_back({r, false});
  if (what.kind == run_kind::remove && l->order && l->current && l->current->kind == run_kind::deploy)
    l->order->give("the deployment is being removed");
  ensure_worker(l);
  co_await tell_wait(l, r);
  co_return r;
}

coroutine<void> lane_service::carry_out_cancel(lane_ptr l, run r) {
  std::string const why = "it was cancelled on request";
  if (l->current && l->current->id == r.id && l->order) l->order->give(why);
  auto const its_place = [&] {
    return std::ranges::find(l->waiting, r.id, [](lane::waiting_run const& w) { return w.what.id; });
  };
  if (its_place() == l->waiting.end()) co_return;
  its_place()->what.cancel_requested = true;
  if (has_begun(r) || r.kind == run_kind::remove) co_return;
  deployment const* const of = state_.find_deployment(l->name);
  if (of == nullptr) co_return;
  note_status(r, of->status);
  transition end = krane::cancel(r, why, of->serving, time_.now());
  // What is still to come has the say.
  if (l->current || l->waiting.size() > 1) end.status.reset();
  run_store::change change{end.now, std::move(end.events), end.status, std::nullopt, false, {}};
  if (auto const saved = co_await state_.runs().save(std::move(change)); !saved) {
    log::warn("runs", fmt::format("run {} of {} ends only when its turn comes: {}", r.number, l->name.str(),
                                  saved.error().message));
    co_return;
  }
  l->waiting.erase(its_place());
  ended(end.now);
}

task<run> lane_service::cancel(deployment_name name, run_id id, keep_answer keep) {
  if (auto const queued = co_await wait_until_queued(); !queued) co_return queued.error();
  if (state_.find_deployment(name) == nullptr) co_return unknown_deployment(name);
  co_return co_await asio::co_spawn(network_, cancel_uninterrupted(std::move(name), std::move(id), std::move(keep)),
                                    uninterrupted());
}

task<run> lane_service::cancel_uninterrupted(deployment_name name, run_id id, keep_answer keep) {
  lane_ptr const l = lane_of(name);
  auto const turn = co_await l->turn.acquire();
  if (!turn) co_return turn.error();
  auto asked = co_await state_.runs().request_cancel(name, id, time_.now(), std::move(keep));
  if (!asked) co_return asked.error();
  co_await carry_out_cancel(l, *asked);
  co_return asked;
}

task<std::vector<run>> lane_service::cancel_all(deployment_name name, keep_answer_of_all keep) {
  if (auto const queued = co_await wait_until_queued(); !queued) co_return queued.error();
  if (state_.find_deployment(name) == nullptr) co_return unknown_deployment(name);
  co_return co_await asio::co_spawn(network_, cancel_all_uninterrupted(std::move(name), std::move(keep)),
                                    uninterrupted());
}

task<std::vector<run>> lane_service::cancel_all_uninterrupted(deployment_name name, keep_answer_of_all keep) {
  lane_ptr const l = lane_of(name);
  auto const turn = co_await l->turn.acquire();
  if (!turn) co_return turn.error();
  auto asked = co_await state_.runs().request_cancel_all(name, time_.now(), std::move(keep));
  if (!asked) co_return asked.error();
  for (run const& one : *asked) co_await carry_out_cancel(l, one);
  co_return asked;
}

}  // namespace krane
