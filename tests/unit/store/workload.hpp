#pragma once
// A row of writes of every kind, and what must be there afterwards: everything that was acknowledged, and nothing of
// what was refused because the disk was full.
#include <algorithm>
#include <set>

#include "unit/store/store_fixture.hpp"

namespace krane::test {

struct acknowledged {
  std::set<std::string> deployments;
  std::set<std::string> runs;
  std::set<std::string> sessions;
  std::uint64_t last_event = 0;
};

class workload_test : public store_test {
protected:
  // A store that was opened once and is empty, to be copied.
  void make_original() {
    open();
    close();
    original = options.folder;
  }

  // The i-th: a deployment, a run of it, a session. Failures are kept.
  void write(int i) {
    auto const name = "app-" + std::to_string(i);
    if (keep(outcome(state->deployments().put(spec_of(name), false, at(i))), {})) {
      good.deployments.insert(name);
      disk.mark("deployment " + name);
    }
    auto const r = outcome(state->runs().accept(
        deployment_name{name}, run_kind::deploy, {}, {}, at(i), {},
        answer_to_keep<run>{key_of(i), [](run const& told) {
                              return given_answer{.status = 202, .location = {}, .body = told.id.str()};
                            }}));
    if (keep(r, "not_found")) {
      good.runs.insert(r->accepted.id.str());
      good.last_event = state->last_event_id();
      disk.mark("run " + r->accepted.id.str());
    }
    session s{
        .id = session_id{name}, .hash = {}, .user = "me", .key_fingerprint = "f", .created_at = {}, .expires_at = {}};
    if (keep(outcome(state->sessions().insert(s)), {})) {
      good.sessions.insert(name);
      disk.mark("session " + name);
    } else {
      refused_sessions.insert(name);
    }
  }

  template <class T>
  bool keep(result<T> const& given, std::string const& beside_the_point) {
    if (!given && given.error().reason != beside_the_point) refusals.push_back(given.error());
    return given.has_value();
  }

  acknowledged present() {
    acknowledged now;
    for (auto const* d : state->list_deployments()) now.deployments.insert(d->config.name.str());
    for (auto const& r : get(state->runs().unfinished())) now.runs.insert(r.id.str());
    for (auto const& s : get(state->sessions().all())) now.sessions.insert(s.id.str());
    now.last_event = state->last_event_id();
    return now;
  }

  static request_key key_of(int i) {
    request_key out;
    out.key.fill(static_cast<std::uint8_t>(i));
    return out;
  }

  // A run that was accepted, and what was answered: both, or neither.
  bool runs_are_with_their_answers(int writes) {
    for (int i = 0; i < writes; ++i) {
      auto const runs = get(state->runs().list(deployment_name{"app-" + std::to_string(i)}, 10));
      auto const kept = get(state->answers().find(key_of(i).key, at(i)));
      if (runs.size() != (kept ? 1U : 0U) || (kept && kept->answer.body != runs[0].id.str())) return false;
    }
    return true;
  }

  static bool holds(acknowledged const& all, acknowledged const& part) {
    return std::ranges::includes(all.deployments, part.deployments) && std::ranges::includes(all.runs, part.runs) &&
           std::ranges::includes(all.sessions, part.sessions) && all.last_event >= part.last_event;
  }

  void forget() {
    good = {};
    refused_sessions.clear();
    refusals.clear();
    fatal.clear();
  }

  std::string original;
  acknowledged good;
  std::set<std::string> refused_sessions;
  std::vector<error> refusals;
};

}  // namespace krane::test
