#include "model/run.hpp"

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "model/stored.hpp"

namespace krane {

bool is_end(run_step step) {
  switch (step) {
    case run_step::done:
    case run_step::failed:
    case run_step::superseded:
    case run_step::cancelled:
      return true;
    case run_step::accepted:
    case run_step::pulled:
    case run_step::created:
    case run_step::old_stopped:
    case run_step::started:
    case run_step::healthy:
    case run_step::switched:
    case run_step::settled:
    case run_step::old_removed:
    case run_step::old_kept:
    case run_step::stopped:
    case run_step::failing:
    case run_step::new_removed:
    case run_step::containers_removed:
    case run_step::images_removed:
      return false;
  }
  std::unreachable();
}

std::string run::container_name(std::uint32_t of) const {
  std::string const first = fmt::format("{}-{}", what.name.str(), made_by().str());
  return of == 0 ? first : fmt::format("{}-{}", first, of + 1);
}

std::optional<container_id> run::container(std::uint32_t of) const {
  if (of >= containers.size() || containers[of].str().empty()) return std::nullopt;
  return containers[of];
}

void run::set_container(std::uint32_t of, container_id its) {
  if (of >= containers.size()) containers.resize(of + 1);
  containers[of] = std::move(its);
}

bool acts_on_what_serves(run_kind kind) {
  return kind == run_kind::stop || kind == run_kind::start || kind == run_kind::restart || kind == run_kind::scale;
}

void act_on(run& r, run const& serving) {
  auto const wanted = r.what.service.replicas;
  r.what = serving.what;
  if (r.kind == run_kind::scale) {
    r.what.service.replicas = wanted;
    r.had_replicas = serving.replicas();
  }
  r.tag = serving.tag;
  r.image = serving.image;
  r.secret_versions = serving.secret_versions;
  r.acts_on = serving.made_by();
  r.containers = serving.containers;
  r.through_front = serving.through_front;
}

image_ref run::image_name() const {
  return what.image_for(tag.empty() ? std::nullopt : std::optional(tag));
}

namespace stored {

struct stored_failure {
  static constexpr bool json_defaults = true;
  std::string reason;
  std::string message;
  std::optional<int> exit_code;
  bool oom_killed = false;
  std::vector<std::string> output;
};
BOOST_DESCRIBE_STRUCT(stored_failure, (), (reason, message, exit_code, oom_killed, output))

struct stored_traffic {
  static constexpr bool json_defaults = true;
  std::uint64_t switched = 0;
  std::uint64_t held = 0;
  std::uint64_t longest_wait_ms = 0;
  std::uint64_t drained = 0;
  std::uint64_t cut = 0;
  std::uint64_t refused = 0;
};
BOOST_DESCRIBE_STRUCT(stored_traffic, (), (switched, held, longest_wait_ms, drained, cut, refused))

struct stored_settling {
  static constexpr bool json_defaults = true;
  std::int64_t since = 0;
  std::int64_t until = 0;
  std::optional<std::string> before;
  bool has_ended = false;
};
BOOST_DESCRIBE_STRUCT(stored_settling, (), (since, until, before, has_ended))

struct stored_run_volume {
  static constexpr bool json_defaults = true;
  std::string name;
  std::string target;
  std::uint32_t replica = 0;
  bool of_image = false;
  bool mounted = true;
};
BOOST_DESCRIBE_STRUCT(stored_run_volume, (), (name, target, replica, of_image, mounted))

// Times are microseconds since 1970.
struct stored_run {
  static constexpr bool json_defaults = true;
  int version = current_version;
  std::string id;
  std::uint64_t number = 0;
  run_kind kind = run_kind::deploy;
  stored_spec what;
  std::string tag;
  run_order order = run_order::side_by_side;
  run_step step = run_step::accepted;
  std::optional<std::string> image;
  std::optional<std::string> repo_digest;
  bool fetched = false;
  std::vector<std::string> brought;
  std::optional<std::vector<stored_run_volume>> volumes;
  bool with_volumes = false;
  std::optional<std::uint64_t> restores;
  std::map<std::string, std::uint64_t> secret_versions;
  std::optional<std::string> container;  // as it was written when there was one only
  std::vector<std::string> containers;
  std::uint32_t replica = 0;
  std::optional<std::string> acts_on;
  std::uint32_t had_replicas = 0;
  bool was_stopped = false;
  bool was_ended = false;
  std::vector<std::string> replaced;
  std::optional<std::string> keeps;
  bool through_front = false;
  std::optional<stored_traffic> traffic;
  std::optional<stored_settling> settles;
  bool old_was_stopped = false;
  bool cancel_requested = false;
  std::uint32_t attempt = 0;
  std::optional<stored_failure> why_failed;
  std::int64_t accepted_at = 0;
  std::int64_t updated_at = 0;
  std::optional<std::int64_t> finished_at;
};
BOOST_DESCRIBE_STRUCT(stored_run, (),
                      (version, id, number, kind, what, tag, order, step, image, repo_digest, fetched, brought, volumes,
                       with_volumes, restores, secret_versions, container, containers, replica, acts_on, had_replicas,
                       was_stopped, was_ended, replaced, keeps, through_front, traffic, settles, old_was_stopped,
                       cancel_requested, attempt, why_failed, accepted_at, updated_at, finished_at))

namespace {

std::int64_t to_us(time_point t) {
  return t.time_since_epoch().count();
}
time_point from_us(std::int64_t us) {
  return time_point{std::chrono::microseconds{us}};
}

// What a container printed or an engine said may be any bytes, and a row that is no JSON could not be read back.
stored_failure to_stored_failure(failure const& f) {
  stored_failure kept{.reason = f.reason,
                      .message = to_valid_utf8(f.message),
                      .exit_code = f.exit_code,
                      .oom_killed = f.oom_killed,
                      .output = {}};
  for (auto const& line : f.output) kept.output.push_back(to_valid_utf8(line));
  return kept;
}

failure from_stored_failure(stored_failure const& kept) {
  return {.reason = kept.reason,
          .message = kept.message,
          .exit_code = kept.exit_code,
          .oom_killed = kept.oom_killed,
          .output = kept.output};
}

std::optional<std::vector<stored_run_volume>> to_stored_volumes(std::optional<std::vector<run_volume>> const& all) {
  if (!all) return std::nullopt;
  std::vector<stored_run_volume> kept;
  for (run_volume const& one : *all) kept.push_back({one.name, one.target, one.replica, one.of_image, one.mounted});
  return kept;
}

std::optional<std::vector<run_volume>> from_stored_volumes(std::optional<std::vector<stored_run_volume>> const& kept) {
  if (!kept) return std::nullopt;
  std::vector<run_volume> all;
  for (stored_run_volume const& one : *kept)
    all.push_back({one.name, one.target, one.replica, one.of_image, one.mounted});
  return all;
}

template <class Id>
std::optional<Id> to_id(std::optional<std::string> const& text) {
  return text ? std::optional(Id{*text}) : std::nullopt;
}

template <class Id>
std::optional<std::string> to_text(std::optional<Id> const& id) {
  return id ? std::optional(id->str()) : std::nullopt;
}

}  // namespace
}  // namespace stored

std::string to_stored(run const& r) {
  stored::stored_run kept{.id = r.id.str(),
                          .number = r.number,
                          .kind = r.kind,
                          .what = stored::to_stored_spec(r.what),
                          .tag = r.tag,
                          .order = r.order,
                          .step = r.step,
                          .image = stored::to_text(r.image),
                          .repo_digest = r.repo_digest,
                          .fetched = r.fetched,
                          .brought = r.brought,
                          .volumes = {},
                          .with_volumes = r.with_volumes,
                          .restores = r.restores,
                          .secret_versions = r.secret_versions,
                          .container = {},
                          .containers = {},
                          .replica = r.replica,
                          .acts_on = stored::to_text(r.acts_on),
                          .had_replicas = r.had_replicas,
                          .was_stopped = r.was_stopped,
                          .was_ended = r.was_ended,
                          .replaced = {},
                          .keeps = stored::to_text(r.keeps),
                          .through_front = r.through_front,
                          .traffic = {},
                          .settles = {},
                          .old_was_stopped = r.old_was_stopped,
                          .cancel_requested = r.cancel_requested,
                          .attempt = r.attempt,
                          .why_failed = {},
                          .accepted_at = stored::to_us(r.accepted_at),
                          .updated_at = stored::to_us(r.updated_at),
                          .finished_at = {}};
  for (auto const& one : r.containers) kept.containers.push_back(one.str());
  for (auto const& one : r.replaced) kept.replaced.push_back(one.str());
  kept.volumes = stored::to_stored_volumes(r.volumes);
  if (r.traffic)
    kept.traffic = stored::stored_traffic{r.traffic->switched, r.traffic->held, r.traffic->longest_wait_ms,
                                          r.traffic->drained,  r.traffic->cut,  r.traffic->refused};
  if (r.settles)
    kept.settles = stored::stored_settling{stored::to_us(r.settles->since), stored::to_us(r.settles->until),
                                           stored::to_text(r.settles->before), r.settles->has_ended};
  if (r.why_failed) kept.why_failed = stored::to_stored_failure(*r.why_failed);
  if (r.finished_at) kept.finished_at = stored::to_us(*r.finished_at);
  return to_json_text(kept);
}

result<run> run_from_stored(std::string_view text) {
  auto kept = stored::read<stored::stored_run>(text, "a run");
  if (!kept) return kept.error();
  if (kept->id.empty()) return stored::damaged("a run", "it has no id");
  auto what = stored::from_stored_spec(kept->what);
  if (!what) return what.error();
  if (kept->kind != run_kind::remove && what->image.empty()) return stored::damaged("a run", "it names no image");
  run r{.id = run_id{kept->id},
        .number = kept->number,
        .kind = kept->kind,
        .what = std::move(*what),
        .tag = kept->tag,
        .order = kept->order,
        .step = kept->step,
        .image = stored::to_id<image_id>(kept->image),
        .repo_digest = kept->repo_digest,
        .fetched = kept->fetched,
        .brought = kept->brought,
        .volumes = stored::from_stored_volumes(kept->volumes),
        .with_volumes = kept->with_volumes,
        .restores = kept->restores,
        .secret_versions = kept->secret_versions,
        .containers = {},
        .replica = kept->replica,
        .acts_on = stored::to_id<run_id>(kept->acts_on),
        .had_replicas = kept->had_replicas,
        .was_stopped = kept->was_stopped,
        .was_ended = kept->was_ended,
        .replaced = {},
        .keeps = stored::to_id<run_id>(kept->keeps),
        .through_front = kept->through_front,
        .traffic = {},
        .settles = {},
        .old_was_stopped = kept->old_was_stopped,
        .cancel_requested = kept->cancel_requested,
        .attempt = kept->attempt,
        .why_failed = {},
        .accepted_at = stored::from_us(kept->accepted_at),
        .updated_at = stored::from_us(kept->updated_at),
        .finished_at = {}};
  if (kept->container) r.containers.push_back(container_id{*kept->container});
  for (auto const& one : kept->containers) r.containers.push_back(container_id{one});
  for (auto const& one : kept->replaced) r.replaced.push_back(container_id{one});
  if (kept->traffic)
    r.traffic = run_traffic{kept->traffic->switched, kept->traffic->held, kept->traffic->longest_wait_ms,
                            kept->traffic->drained,  kept->traffic->cut,  kept->traffic->refused};
  if (kept->settles)
    r.settles = settling{stored::from_us(kept->settles->since), stored::from_us(kept->settles->until),
                         stored::to_id<run_id>(kept->settles->before), kept->settles->has_ended};
  if (kept->why_failed) r.why_failed = stored::from_stored_failure(*kept->why_failed);
  if (kept->finished_at) r.finished_at = stored::from_us(*kept->finished_at);
  return r;
}

}  // namespace krane
