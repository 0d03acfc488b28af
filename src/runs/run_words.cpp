#include "runs/run_words.hpp"

#include <fmt/format.h>

#include <utility>

#include "model/duration.hpp"

namespace krane {

std::string who_is_checked(run const& r) {
  bool const all = r.kind != run_kind::deploy && r.replicas() > 1;
  return all ? fmt::format("each of the {} replicas of {}", r.replicas(), r.what.name.str())
             : r.container_name(r.replica);
}

namespace {

// What a check waits for.
std::string wanted_in_words(run const& r) {
  std::string const who = who_is_checked(r);
  auto const& check = r.what.service.healthcheck;
  auto const its_port = r.what.container_port;
  if (check && check->is == health_check::kind::http)
    return fmt::format("Waiting for {} to answer GET :{}{}", who, check->at.value_or(its_port.value_or(0)),
                       check->path);
  if (check && check->is == health_check::kind::tcp)
    return fmt::format("Waiting for {} to accept connections on port {}", who,
                       check->at.value_or(its_port.value_or(0)));
  bool const has_own = check && check->is == health_check::kind::command;
  if (its_port)
    return fmt::format("Waiting for {} to accept connections on port {}{}", who, *its_port,
                       has_own ? " and to pass its own check" : "");
  return has_own ? fmt::format("Waiting for {} to pass its own check", who)
                 : fmt::format("Watching whether {} keeps running", who);
}

std::string watched_for(run const& r) {
  if (!r.settles) return "a while";
  auto const how_long = std::chrono::ceil<std::chrono::milliseconds>(r.settles->until - r.settles->since);
  if (how_long >= std::chrono::minutes{1}) return duration_text(how_long);
  return fmt::format("{:g} s", std::chrono::duration<double>(how_long).count());
}

}  // namespace

std::string settled_in_words(run const& r) {
  std::string const who = r.replicas() > 1 ? "The new release" : r.container_name();
  return r.settles && r.settles->has_ended ? who + " has ended, as its restart policy allows"
                                           : fmt::format("{} kept running for {}", who, watched_for(r));
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
      return wanted_in_words(r);
    case action::switch_over:
      return {};
    case action::settle:
      return fmt::format("Watching the new release for {}", watched_for(r));
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

std::string gap_in_words(deploy_plan const& of) {
  if (!of.runs_now) return "nothing runs now that could be missed";
  if (of.order == run_order::side_by_side) return "the old release serves until the new one has shown that it works";
  std::string const begin = "the old release is stopped before the new one is started";
  switch (of.gap) {
    case gap_kind::none:
      return begin + "; it has no host port";
    case gap_kind::held:
      return fmt::format("{}; connections to host port {} wait, {} at most", begin, of.what.host_port.value_or(0),
                         duration_text(of.what.hold.value_or(default_hold)));
    case gap_kind::dead:
      return begin + "; its ports refuse connections for about a second";
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
