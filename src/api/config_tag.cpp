#include "api/config_tag.hpp"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "api/header_values.hpp"
#include "auth/digest.hpp"
#include "base/random.hpp"
#include "model/reason.hpp"

namespace krane::endpoints {
namespace {

constexpr char header[] = "If-Match";
constexpr std::size_t tag_bytes = 16;

error moved(std::string message) {
  return make_error(errc::precondition_failed, reason::config_moved, std::move(message));
}

}  // namespace

std::string config_tag(spec const& of) {
  auto const hash = sha256(of.name.str() + "\n" + to_stored(of));
  return fmt::format("\"{}\"", to_hex(std::span(hash).first(tag_bytes)));
}

bool names_config(http::request const& from) {
  return from.headers.find(header).has_value();
}

result<void> check_if_match(http::request const& from, spec const* stored) {
  auto const given = from.headers.find(header);
  if (!given) return {};
  if (stored == nullptr) return moved("there is no such deployment, and If-Match was sent");
  std::string const now = config_tag(*stored);
  std::string_view rest = *given;
  while (!rest.empty()) {
    auto const comma = rest.find(',');
    auto const one = trim(rest.substr(0, comma));
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    if (one == "*" || one == now) return {};
  }
  return moved(fmt::format("the configuration of {} is not the one that If-Match names; read it again (its ETag is {})",
                           stored->name.str(), now));
}

}  // namespace krane::endpoints
