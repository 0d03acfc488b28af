#include "cli/families.hpp"

#include <iterator>

namespace krane::cli {
namespace {

std::vector<command> collect() {
  std::vector<command> all;
  for (auto family :
       {deploy_commands,   plan_commands,     rollback_commands,   stop_commands,    cancel_commands,  remove_commands,
        secret_commands,   registry_commands, list_commands,       status_commands,  history_commands, release_commands,
        log_commands,      event_commands,    login_commands,      session_commands, context_commands, init_commands,
        validate_commands, doctor_commands,   completion_commands, version_commands, man_commands}) {
    auto some = family();
    all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return all;
}

}  // namespace

std::vector<command> const& all_commands() {
  static std::vector<command> const all = collect();
  return all;
}

}  // namespace krane::cli
