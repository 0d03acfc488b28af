#pragma once
// What a run that is followed looks like: a line a phase when the phase is over, what goes wrong meanwhile at once, and
// a line for what is under way, which on a terminal is always there and elsewhere is written now and then.
//
// Made from events alone, so that who begins to follow later sees the same.
//
// Threads: any.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "cli/style.hpp"
#include "client/types.hpp"

namespace krane::cli {

class run_display {
public:
  run_display(std::string run_id, style with) : run_(std::move(run_id)), with_(with) {}

  // The lines that it is worth. Events of other runs are worth none.
  std::vector<std::string> add(client::event_info const& event);
  // None until something is under way, and none after the end.
  std::optional<std::string> under_way(time_point now, std::size_t width) const;
  // What is under way as a line for where nothing can be overwritten: at most every ten seconds.
  std::optional<std::string> still_under_way(time_point now);

  bool has_ended() const { return last_.has_value(); }
  // The last event of the run.
  client::event_info const& last() const { return *last_; }

private:
  struct phase {
    std::string name;
    std::string message;
    time_point began{};
    time_point told{};  // when it was last said that it goes on
    std::optional<client::event_progress> progress;
  };
  void end_phase(std::vector<std::string>& lines, bool good, time_point at);

  std::string run_;
  style with_;
  std::optional<phase> now_;
  std::optional<client::event_info> last_;
  bool failing_ = false;
};

}  // namespace krane::cli
