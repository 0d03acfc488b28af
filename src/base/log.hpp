#pragma once
// The server's log: one line an event on standard error, "time level room: text". Texts are made by the caller (fmt),
// so that nothing but this header is needed to log. What is secret does not belong here; should a text quote some, it
// is hidden by the scrubber.
//
// Threads: any.
#include <string>
#include <string_view>

namespace krane {
class scrubber;
}

namespace krane::log {

enum class level { trace, debug, info, warn, error, off };

// Call once, from main, before anything logs. Until then: info, to standard error.
void set_level(level lowest);
// "trace", "debug", "info", "warn" (also "warning"), "error", "off"; anything else: false and nothing changes.
bool set_level(std::string_view name);
bool enabled(level l);
// Whose secrets no line shows from now on; null: nothing is hidden. It outlives every line until the next call.
void hide_secrets_of(scrubber const* hides);

void write(level l, std::string_view room, std::string_view text);
inline void debug(std::string_view room, std::string_view text) {
  write(level::debug, room, text);
}
inline void info(std::string_view room, std::string_view text) {
  write(level::info, room, text);
}
inline void warn(std::string_view room, std::string_view text) {
  write(level::warn, room, text);
}
inline void error(std::string_view room, std::string_view text) {
  write(level::error, room, text);
}

// Everything written so far is out. Before exit.
void flush();

}  // namespace krane::log
