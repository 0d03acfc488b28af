#pragma once
// Clients and kills in rounds, with a quiet moment after each in which all is checked. What was found is printed as it
// is found, with the seed and the history of the deployment; the next round then begins with a new server.
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "e2e/harness/krane.hpp"
#include "e2e/model/checker.hpp"
#include "e2e/model/client.hpp"
#include "e2e/model/plan.hpp"

namespace krane::e2e::model {

struct campaign_options {
  std::size_t kills = 40;
  std::uint32_t seed = 1;
};

struct tally {
  std::size_t killed = 0;       // SIGKILL
  std::size_t stopped = 0;      // SIGTERM
  std::size_t in_recovery = 0;  // of both: before the server was ready
  std::size_t quiet_moments = 0;
  std::size_t reads = 0;
  std::size_t put_off = 0;  // answers 503, after which the request was sent again
  std::map<std::string, std::map<std::string, std::size_t>> asked;  // by kind: accepted, unknown, or why refused
  std::map<std::string, std::map<std::string, std::size_t>> ended;  // runs by kind: done, failed, …
  double longest_to_quiet = 0;                                      // seconds
  std::vector<violation> violations;
  std::string summary(campaign_options const& of) const;
};

class campaign {
public:
  campaign(campaign_options options, docker const& engine);
  ~campaign();
  tally run();

private:
  struct world;

  void begin_world();
  void end_world();
  void play_round();
  void end_server(end_of_server const& how);
  // Nothing is under way, and all of it is as it should be, or is reported.
  void check_quiet();
  std::vector<violation> look(std::vector<operation> const& asked);
  // Every name can be given up and used again, and nothing is left in the store.
  void finish();
  void use_again(subject const& of);
  void check_store();
  void report(std::vector<violation> const& found, std::vector<operation> const& asked);
  void count(std::vector<operation> const& asked);

  campaign_options options_;
  docker const& engine_;
  end_plan ends_;
  tally seen_;
  std::size_t worlds_ = 0;
  std::unique_ptr<world> world_;
};

}  // namespace krane::e2e::model
