#include "engine/api_version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "model/reason.hpp"

namespace krane::docker {

result<int> parse_api_minor(std::string_view text) {
  constexpr std::string_view major = "1.";
  int minor = 0;
  auto const end = text.data() + text.size();
  if (text.starts_with(major)) {
    auto const [stop, ec] = std::from_chars(text.data() + major.size(), end, minor);
    if (ec == std::errc{} && stop == end && minor >= 0 && minor < 1000) return minor;
  }
  return make_error(errc::internal, reason::engine_error,
                    fmt::format("the engine says that it speaks API version \"{}\", which is none of Docker's", text));
}

result<int> agree_on_minor(int engine_minor, int engine_min_minor) {
  if (engine_minor < oldest_minor)
    return make_error(errc::unavailable, reason::engine_unavailable,
                      fmt::format("the container engine is too old: it speaks API version 1.{}, and at least 1.{} is "
                                  "needed (Docker 19.03 or newer)",
                                  engine_minor, oldest_minor));
  return std::max(std::min(engine_minor, newest_minor), engine_min_minor);
}

}  // namespace krane::docker
