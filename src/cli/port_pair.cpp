#include "cli/port_pair.hpp"

#include <fmt/format.h>

#include "cli/failure.hpp"
#include "model/spec.hpp"

namespace krane::cli {

result<port_pair> parse_port_pair(std::string_view text) {
  auto const colon = text.find(':');
  port_pair out{.host = {}, .container = std::string(colon == text.npos ? text : text.substr(colon + 1))};
  if (colon != text.npos) out.host = std::string(text.substr(0, colon));
  if ((out.host && !parse_port(*out.host)) || !parse_port(out.container))
    return usage_error(fmt::format("--port: \"{}\" is not HOST:CONTAINER, two ports from 1 to 65535 such as 9002:8080",
                                   text.substr(0, 80)));
  return out;
}

}  // namespace krane::cli
