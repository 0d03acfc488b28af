#include "client/reason.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace krane::client {

bool is_unreachable(error const& why) {
  constexpr std::array<std::string_view, 5> words{reason::unreachable, reason::ssh_failed, reason::tls_failed,
                                                  reason::not_krane, reason::connection_lost};
  return why.code == errc::unavailable && std::ranges::find(words, why.reason) != words.end();
}

}  // namespace krane::client
