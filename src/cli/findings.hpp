#pragma once
// What krane doctor finds: one finding for each thing it looked at, whether it is well, and if not how to mend it.
//
// Threads: any; nothing is asked here of anybody.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "cli/output.hpp"
#include "client/types.hpp"

namespace krane::cli {

enum class health { fine, warning, broken };

struct finding {
  std::string what;  // "server"
  health how = health::fine;
  std::string text;  // a sentence's worth
  std::string mend;  // what to do; empty where all is well
};

finding judge_version(std::string const& ours, std::string const& servers);
// Both clocks; the server's was read between `asked` and `answered`, and is cut to the second.
finding judge_clock(time_point server, time_point asked, time_point answered);
finding judge_engine(client::system_info const& server);
finding judge_store(client::system_info const& server);
// None: the server does not say.
std::optional<finding> judge_front(client::system_info const& server);
// `whose`: "state" or "images". `reserve_bytes`: that pulls leave free of it. None: not known.
std::optional<finding> judge_disk(std::string const& whose, std::optional<client::disk_info> const& disk,
                                  std::uint64_t reserve_bytes = 0);
// What krane has on its machine. None: the engine does not answer.
std::optional<finding> show_holdings(client::system_info const& server);
// One that does not do what it should. None: nothing is known to be wrong with it.
std::optional<finding> judge_deployment(client::deployment_item const& one);
finding judge_login_keys(client::system_info const& server);
finding judge_session(std::string const& expires_at, time_point now, std::string const& login_command);

// A line each, or as data.
listing list_findings(std::vector<finding> const& all, style with);
health worst_of(std::vector<finding> const& all);

}  // namespace krane::cli
