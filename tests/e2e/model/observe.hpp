#pragma once
// Looks at a server, its engine and its host ports when nothing is under way.
#include <chrono>
#include <map>
#include <string>

#include "e2e/harness/krane.hpp"
#include "e2e/model/plan.hpp"
#include "e2e/model/seen.hpp"

namespace krane::e2e::model {

// The names of those that have a run which has not ended, with that run; empty when all have ended.
std::map<std::string, std::string> under_way(krane_server& server);

// Failure: std::runtime_error when the API does not answer as it should.
// `before`: events are read from its last ones on.
seen_world observe(krane_server& server, docker const& engine, std::vector<subject> const& all,
                   seen_world const& before);

}  // namespace krane::e2e::model
