#include "auth/printable.hpp"

#include "base/utf8.hpp"

namespace krane {

std::string printable(std::string_view text) {
  constexpr std::size_t max_bytes = 256;
  std::string out = to_valid_utf8(text.substr(0, max_bytes));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

}  // namespace krane
