#pragma once
// What a deploy run brought up, or tried to: a release bears the run's number and never changes. It is there to be
// looked at, compared, and gone back to.
//
// Which release a person means who wants to go back without naming one: the newest one before the one that serves
// which served and had another content (config, image, versions of secrets). A deploy of the same thing twice is no
// way back and is passed over. Going back is a release too, the newest one; so after 1, 2, 3 going back brings 2 up as
// 4, and going back again brings 3, as with `heroku rollback` and `kubectl rollout undo`. Further back is by number.
// A run that waits or is under way counts no more than one that failed.
#include <boost/describe/enum.hpp>
#include <cstddef>
#include <optional>
#include <vector>

#include "model/run.hpp"

namespace krane {

enum class release_state {
  pending,     // its run has not ended, and it does not serve yet
  serving,     // its container serves, or should, or is stopped
  served,      // it did, until another took its place
  failed,      // it never served
  cancelled,   // the same, by request
  superseded,  // the same: a newer run was accepted before it began
};
BOOST_DESCRIBE_ENUM(release_state, pending, serving, served, failed, cancelled, superseded)

// `serving`: the deployment's.
release_state state_of_release(run const& r, std::optional<run_id> const& serving);

// Everything that was asked for, with the tag that was pulled.
spec release_config(run const& r);

// Nobody could tell one from the other.
bool have_same_content(run const& one, run const& other);

// How many of a deployment's releases, the newest first, a question about "the one before" is asked over.
inline constexpr std::size_t releases_to_look_at = 1'000;

// Of a deployment's runs, newest first, the one to go back to; none if there is none.
std::optional<run> release_before(std::vector<run> const& newest_first, std::optional<run_id> const& serving);

}  // namespace krane
