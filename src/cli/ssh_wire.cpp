#include "cli/ssh_wire.hpp"

namespace krane::cli {

std::optional<std::uint8_t> ssh_reader::byte() {
  if (rest_.empty()) return std::nullopt;
  auto const value = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return value;
}

std::optional<std::uint32_t> ssh_reader::number() {
  if (rest_.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  for (char const c : rest_.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  rest_.remove_prefix(4);
  return value;
}

std::optional<std::string_view> ssh_reader::text() {
  auto const size = number();
  if (!size || *size > rest_.size()) return std::nullopt;
  auto const value = rest_.substr(0, *size);
  rest_.remove_prefix(*size);
  return value;
}

void put_number(std::string& to, std::size_t value) {
  for (int const shift : {24, 16, 8, 0}) to += static_cast<char>(value >> shift & 0xff);
}

void put_text(std::string& to, std::string_view value) {
  put_number(to, value.size());
  to += value;
}

void put_mpint(std::string& to, std::string_view bytes) {
  while (bytes.starts_with('\0')) bytes.remove_prefix(1);
  bool const looks_negative = !bytes.empty() && (bytes.front() & 0x80) != 0;
  put_number(to, bytes.size() + (looks_negative ? 1 : 0));
  if (looks_negative) to += '\0';
  to += bytes;
}

}  // namespace krane::cli
