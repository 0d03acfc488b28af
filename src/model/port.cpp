#include "model/port.hpp"

#include <charconv>

namespace krane {

result<port> parse_port(std::string_view text) {
  port value = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const plain = ec == std::errc{} && end == text.data() + text.size() && text.front() != '0';
  if (!plain) return make_error(errc::invalid, "must be a number from 1 to 65535");
  return value;
}

}  // namespace krane
