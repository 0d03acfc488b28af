// Eight clients on five deployments while the server is killed and started again at random moments, on a real engine;
// what was asked and what became of it is compared with a model that does one thing after the other.
//   KRANE_FAULTS_KILLS=1000  more kills than the usual 40 (scripts/faults --kills)
//   KRANE_FAULTS_SEED=7      another seed than the usual one
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "e2e/model/campaign.hpp"

namespace krane::e2e::model {
namespace {

std::size_t number_from(char const* variable, std::size_t otherwise) {
  char const* const text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoul(text, nullptr, 10);
}

TEST(model, every_accepted_run_ends_once_and_the_newest_serves_whenever_the_server_is_killed) {
  auto const engine = docker::find();
  if (!engine) GTEST_SKIP() << "no Docker engine: set KRANE_TEST_DOCKER_HOST, or use scripts/test";
  campaign_options const options{.kills = number_from("KRANE_FAULTS_KILLS", 40),
                                 .seed = static_cast<std::uint32_t>(number_from("KRANE_FAULTS_SEED", 11))};
  campaign plays(options, *engine);
  auto const seen = plays.run();
  std::cout << seen.summary(options) << std::endl;
  for (violation const& one : seen.violations) ADD_FAILURE() << one.name << ": " << one.what;
}

}  // namespace
}  // namespace krane::e2e::model
