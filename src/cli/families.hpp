#pragma once
// Every command family: one function each, defined in the file of its name. A new family needs a line here and one in
// families.cpp.
#include <vector>

#include "cli/command.hpp"

namespace krane::cli {

std::vector<command> deploy_commands();      // deploy.cpp: deploy, run
std::vector<command> plan_commands();        // plan.cpp: plan
std::vector<command> rollback_commands();    // releases.cpp: rollback
std::vector<command> release_commands();     // releases.cpp: show, diff
std::vector<command> stop_commands();        // stop.cpp: stop, start, restart
std::vector<command> cancel_commands();      // cancel.cpp: cancel
std::vector<command> remove_commands();      // remove.cpp: rm
std::vector<command> registry_commands();    // registry.cpp: registry login, ls, logout
std::vector<command> secret_commands();      // secrets.cpp: secrets set, ls, rm
std::vector<command> list_commands();        // list.cpp: list
std::vector<command> status_commands();      // status.cpp: status
std::vector<command> history_commands();     // history.cpp: history
std::vector<command> log_commands();         // logs.cpp: logs
std::vector<command> event_commands();       // events.cpp: events
std::vector<command> session_commands();     // sessions.cpp: whoami, sessions ls, rm, create
std::vector<command> login_commands();       // login.cpp: login, logout
std::vector<command> context_commands();     // context.cpp: context ls, use, rm, show
std::vector<command> init_commands();        // init.cpp: init
std::vector<command> validate_commands();    // validate.cpp: validate, schema
std::vector<command> doctor_commands();      // doctor.cpp: doctor
std::vector<command> completion_commands();  // completion.cpp: completion, and complete for the shells
std::vector<command> man_commands();         // man.cpp: man, for the installation
std::vector<command> version_commands();     // version.cpp: version

// All of them, in the order in which help lists them.
std::vector<command> const& all_commands();

}  // namespace krane::cli
