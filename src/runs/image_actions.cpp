// step_actions, as far as it is about images: where a run's comes from, and which go with a deployment.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/reason.hpp"
#include "runs/action_failures.hpp"
#include "runs/container_secrets.hpp"
#include "runs/image_removal.hpp"
#include "runs/pull_login.hpp"
#include "runs/repo_digest.hpp"
#include "runs/step_actions.hpp"

namespace krane {
namespace {

using std::chrono::steady_clock;

// Others' images are the cleaner's, after their next good run.
bool is_of(deployment_name const& name, unneeded_image const& what, unneeded_images const& in) {
  return std::ranges::any_of(in.releases, [&](kept_releases const& of) {
    return std::ranges::any_of(of.newest_first,
                               [&](run const& r) { return r.what.name == name && r.image == what.id; });
  });
}

}  // namespace

task<step_actions::downloaded> step_actions::download(spec const& of, image_ref what, progress report) {
  // Asked before, since afterwards nothing tells an image that was here from one that came.
  auto const before = co_await docker_.list_images();
  auto last_said = steady_clock::now();
  auto on_progress = [&](pull_progress const& p) {
    auto const now = steady_clock::now();
    if (p.total_bytes == 0 || now - last_said < std::chrono::seconds{1}) return;
    last_said = now;
    report(fmt::format("Downloaded {:.1f} of {:.1f} MB of {}", p.done_bytes / 1e6, p.total_bytes / 1e6, what.text()),
           {p.done_bytes, p.total_bytes});
  };
  auto login = find_pull_login(secrets_, of);
  if (!login) co_return login.error();
  auto pulled = co_await docker_.pull(what, on_progress, std::move(*login));
  if (!pulled) co_return with_remedy(pulled.error(), secrets_, of);
  if (!before) co_return downloaded{std::move(*pulled), false, {}};
  bool const fetched = std::ranges::find(*before, pulled->id, &image_summary::id) == before->end();
  auto names = co_await names_brought(what, *pulled, *before);
  if (!names) co_return names.error();
  co_return downloaded{std::move(*pulled), fetched, std::move(*names)};
}

task<std::vector<std::string>> step_actions::names_brought(image_ref what, image_details image,
                                                           std::vector<image_summary> before) {
  auto names = names_of_pull(what, find_repo_digest(what, image.repo_digests));
  auto brought = brought_names(names, image.id, before, {});
  if (brought.size() == names.size()) co_return brought;
  // Those that it had already may be of an earlier pull of ours, whose deployment may go before this one.
  auto const known = co_await list_kept_releases(state_);
  if (!known) co_return known.error();
  co_return brought_names(std::move(names), image.id, before, *known);
}

task<step_actions::downloaded> step_actions::download_if_it_fits(spec const& of, image_ref what, progress report) {
  auto login = find_pull_login(secrets_, of);
  if (!login) co_return login.error();
  auto const fits = co_await guards_.room.check(what, std::move(*login), registry_limit);
  if (!fits) co_return fits.error();
  co_return co_await download(of, std::move(what), std::move(report));
}

task<outcome> step_actions::pull(run r, progress report) {
  // What is being removed is gone before this looks.
  if (auto const turn = co_await guards_.image_turn.acquire(); !turn) co_return turn.error();
  // Fixed before there is a container and durable with the image, so that a second create gives it the same.
  auto versions = fix_secret_versions(secrets_, r);
  if (!versions) co_return failed_with(versions.error(), false);
  bool kept_is_gone = false;
  if (r.acts_on) {
    auto kept = co_await is_still_kept(r);
    if (!kept) co_return failed_with(kept.error(), true);
    if (*kept) {
      outcome o;
      o.image = r.image;
      o.repo_digest = r.repo_digest;
      o.was_there = true;
      o.through_front = r.through_front;
      o.secret_versions = std::move(*versions);
      co_return o;
    }
    kept_is_gone = true;
  }
  // Before anything is touched; looked at once more when they are made.
  auto strangers = co_await volumes_.find_strangers(r.what);
  if (!strangers) co_return failed_with(strangers.error(), true);
  if (!strangers->empty()) co_return failed_with(strangers->front().why, false);
  auto found = co_await (r.restores && r.image ? find_again(r, std::move(report)) : find_or_pull(r, std::move(report)));
  if (found) found->kept_is_gone = kept_is_gone;
  if (found) found->secret_versions = std::move(*versions);
  co_return found;
}

// The container that is to be gone back to: a run that came between may have taken it away.
task<bool> step_actions::is_still_kept(run const& r) {
  deployment const* const now = state_.find_deployment(r.what.name);
  if (now == nullptr || !now->warm || now->warm->made_by != r.acts_on || !ports_.goes_through_front(r.what))
    co_return false;
  auto const its = r.container();
  if (!its) co_return false;
  auto there = co_await docker_.find_container(its->str());
  if (!there) co_return there.error();
  co_return *there && (*there)->status == "paused";
}

task<outcome> step_actions::find_or_pull(run r, progress report) {
  if (r.what.service.pull == pull_policy::missing) {
    auto there = co_await docker_.find_image(r.image_name().text());
    if (!there) co_return failed_with(there.error(), true);
    if (*there) {
      outcome o;
      o.image = (*there)->id;
      o.repo_digest = find_repo_digest(r.image_name(), (*there)->repo_digests);
      o.was_there = true;
      o.through_front = ports_.goes_through_front(r.what);
      auto const here = co_await docker_.list_images();
      if (!here) co_return failed_with(here.error(), true);
      auto brought = co_await names_brought(r.image_name(), **there, *here);
      if (!brought) co_return failed_with(brought.error(), true);
      o.brought = std::move(*brought);
      co_return o;
    }
  }
  auto pulled = co_await download_if_it_fits(r.what, r.image_name(), std::move(report));
  if (!pulled) co_return failed_with(pulled.error(), may_pass(pulled.error()));
  outcome o;
  o.image = pulled->image.id;
  o.repo_digest = find_repo_digest(r.image_name(), pulled->image.repo_digests);
  o.fetched = pulled->fetched;
  o.brought = std::move(pulled->brought);
  o.through_front = ports_.goes_through_front(r.what);
  co_return o;
}

task<outcome> step_actions::find_again(run r, progress report) {
  outcome o;
  o.image = r.image;
  o.repo_digest = r.repo_digest;
  o.through_front = ports_.goes_through_front(r.what);
  auto there = co_await docker_.find_image(r.image->str());
  if (!there) co_return failed_with(there.error(), true);
  o.was_there = there->has_value();
  if (o.was_there) co_return o;
  std::string const gone =
      fmt::format("the image of release {} of {} is not on the engine any more", *r.restores, r.what.name.str());
  if (!r.repo_digest) {
    o.failed = failure{reason::image_not_found,
                       gone + ", and no registry is known to have it; deploy a tag that has the same instead",
                       {},
                       false,
                       {}};
    co_return o;
  }
  image_ref what = r.image_name();
  what.digest = r.repo_digest;
  auto pulled = co_await download_if_it_fits(r.what, what, std::move(report));
  if (!pulled) {
    auto failed = failed_with(pulled.error(), may_pass(pulled.error()));
    if (failed)
      failed->failed->message = fmt::format("{}, and could not be pulled again: {}", gone, pulled.error().message);
    co_return failed;
  }
  o.image = pulled->image.id;
  o.fetched = pulled->fetched;
  o.brought = std::move(pulled->brought);
  co_return o;
}

// The name that people know, as long as it still means the image that was pulled; the hash once the tag has moved.
task<std::string> step_actions::name_or_hash(run const& r) {
  std::string const name = r.image_name().text();
  if (!r.image) co_return name;
  auto named = co_await docker_.find_image(name);
  if (!named) co_return named.error();
  co_return *named && (*named)->id == *r.image ? name : r.image->str();
}

task<outcome> step_actions::remove_images(run r) {
  auto const found = co_await find_unneeded_images(state_, docker_, options_.keep_releases, r.what.name);
  if (!found) co_return failed_with(found.error(), true);
  outcome o;
  for (unneeded_image const& one : found->removable) {
    if (!is_of(r.what.name, one, *found)) continue;
    auto const what = co_await remove_names(state_, docker_, guards_.image_turn, one, r.what.name);
    if (!what) co_return failed_with(what.error(), true);
    if (*what == image_left::gone)
      o.notes.push_back(fmt::format("Removed image {}", one.names.empty() ? one.id.str() : one.names.front()));
  }
  co_return o;
}

}  // namespace krane
