#include "runs/run_words.hpp"

#include <fmt/format.h>

#include <utility>

namespace krane {

std::string who_is_checked(run const& r) {
  bool const all = r.kind != run_kind::deploy && r.replicas() > 1;
  return all ? fmt::format("each of the {} replicas of {}", r.replicas(), r.what.name.str())
             : r.container_name(r.replica);
}

std::string announcement(run const& r, action a) {
  switch (a) {
    case action::pull:
      if (r.restores) return fmt::format("Looking for the image of release {}, {}", *r.restores, r.image_name().text());
      return fmt::format("Pulling image {}", r.image_name().text());
    case action::create:
      if (r.acts_on) return {};
      return fmt::format("Creating container {}", r.container_name(r.replica));
    case action::start:
      if (r.kind == run_kind::scale)
        return fmt::format("Scaling {} from {} to {}", r.what.name.str(), r.had_replicas, r.replicas());
      if (r.kind == run_kind::deploy && r.acts_on) return fmt::format("Waking container {}", r.container_name());
      return fmt::format("Starting container {}", r.container_name(r.replica));
    case action::check:
      return r.what.container_port ? fmt::format("Waiting for {} to accept connections on port {}", who_is_checked(r),
                                                 *r.what.container_port)
                                   : fmt::format("Watching whether {} keeps running", who_is_checked(r));
    case action::switch_over:
      return {};
    case action::stop_serving:
      return fmt::format("Stopping container {}", r.container_name());
    case action::stop_old:
      if (r.kind == run_kind::scale) return "Stopping the replicas that are too many";
      return "Stopping the release before it";
    case action::remove_old:
      return {};
    case action::keep_old:
      return "Pausing the release before it";
    case action::remove_new:
      return fmt::format("Removing container {}", r.container_name());
    case action::restart_old:
      return "Starting the release before it again";
    case action::remove_containers:
      return fmt::format("Removing the containers of {}", r.what.name.str());
    case action::remove_images:
      return "Removing images that no container uses any more";
    case action::finish:
    case action::none:
      return {};
  }
  std::unreachable();
}

std::string in_words(run_traffic const& t) {
  std::string text = fmt::format("switched, {} refused", t.refused);
  if (t.held > 0) text += fmt::format(", {} held ({} ms at most)", t.held, t.longest_wait_ms);
  if (t.drained > 0) text += fmt::format(", {} drained", t.drained);
  if (t.cut > 0) text += fmt::format(", {} cut", t.cut);
  return text;
}

}  // namespace krane
