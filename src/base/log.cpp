#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <string>
#include <utility>

#include "base/scrubber.hpp"

namespace krane::log {
namespace {

spdlog::logger& logger() {
  // Never destroyed: coroutines may log until the very end of the process.
  static auto* const instance = [] {
    auto* made = new spdlog::logger("krane", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::info);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(level l) {
  switch (l) {
    case level::trace:
      return spdlog::level::trace;
    case level::debug:
      return spdlog::level::debug;
    case level::info:
      return spdlog::level::info;
    case level::warn:
      return spdlog::level::warn;
    case level::error:
      return spdlog::level::err;
    case level::off:
      return spdlog::level::off;
  }
  std::unreachable();
}

}  // namespace

void set_level(level lowest) {
  logger().set_level(to_spdlog(lowest));
}

bool set_level(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, level>, 7> names{{{"trace", level::trace},
                                                                     {"debug", level::debug},
                                                                     {"info", level::info},
                                                                     {"warn", level::warn},
                                                                     {"warning", level::warn},
                                                                     {"error", level::error},
                                                                     {"off", level::off}}};
  for (auto const& [known, value] : names) {
    if (known != name) continue;
    set_level(value);
    return true;
  }
  return false;
}

namespace {

// Texts may quote what strangers sent; none of it may begin a line of its own or move a terminal's cursor.
std::string without_control_characters(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

std::atomic<scrubber const*> hidden_by = nullptr;

}  // namespace

void hide_secrets_of(scrubber const* hides) {
  hidden_by.store(hides);
}

bool enabled(level l) {
  return logger().should_log(to_spdlog(l));
}

void write(level l, std::string_view room, std::string_view text) {
  if (!enabled(l)) return;
  auto const* const hides = hidden_by.load();
  if (hides != nullptr && hides->hides_anything())
    logger().log(to_spdlog(l), "{}: {}", room, without_control_characters(hides->clean(std::string(text))));
  else
    logger().log(to_spdlog(l), "{}: {}", room, without_control_characters(text));
}

void flush() {
  logger().flush();
}

}  // namespace krane::log
