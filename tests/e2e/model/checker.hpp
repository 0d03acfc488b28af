#pragma once
// The sequential model of a deployment, and whether what was seen agrees with it: runs are carried out one after the
// other in the order of their numbers, and each does what it is called, or nothing.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "e2e/model/history.hpp"
#include "e2e/model/plan.hpp"
#include "e2e/model/seen.hpp"

namespace krane::e2e::model {

// A deployment after some of its runs.
struct standing {
  std::uint64_t serving = 0;  // the run's number; 0: nothing
  bool stopped = false;
  std::string last_deploy;  // how the last one ended
};
standing after(standing before, seen_run const& ended);

struct violation {
  std::string name;
  std::string what;
};

class checker {
public:
  explicit checker(std::vector<subject> const& all) : all_(all) {}

  // `asked`: all operations since the last call, none of them under way any more.
  std::vector<violation> check(std::vector<operation> const& asked, seen_world const& now) const;
  // From here on `now` is what was before.
  void accept(seen_world const& now);

private:
  std::vector<subject> const& all_;
  seen_world before_;
  std::set<std::string> ended_;  // runs that had ended before
};

}  // namespace krane::e2e::model
