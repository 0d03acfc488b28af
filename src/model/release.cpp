#include "model/release.hpp"

#include <algorithm>

namespace krane {

release_state state_of_release(run const& r, std::optional<run_id> const& serving) {
  if (serving == r.id) return release_state::serving;
  switch (r.step) {
    case run_step::done:
      return release_state::served;
    case run_step::failed:
      return release_state::failed;
    case run_step::cancelled:
      return release_state::cancelled;
    case run_step::superseded:
      return release_state::superseded;
    default:
      return release_state::pending;
  }
}

spec release_config(run const& r) {
  spec out = r.what;
  image_ref const pulled = r.image_name();
  out.tag = pulled.tag.empty() ? std::nullopt : std::optional(pulled.tag);
  out.digest = pulled.digest;
  return out;
}

bool have_same_content(run const& one, run const& other) {
  return one.image == other.image && one.secret_versions == other.secret_versions &&
         release_config(one) == release_config(other);
}

std::optional<run> release_before(std::vector<run> const& newest_first, std::optional<run_id> const& serving) {
  if (!serving) return std::nullopt;
  auto const now = std::ranges::find(newest_first, *serving, &run::id);
  if (now == newest_first.end()) return std::nullopt;
  auto const found = std::find_if(now, newest_first.end(), [&](run const& r) {
    return r.kind == run_kind::deploy && r.step == run_step::done && !have_same_content(r, *now);
  });
  return found == newest_first.end() ? std::nullopt : std::optional(*found);
}

}  // namespace krane
