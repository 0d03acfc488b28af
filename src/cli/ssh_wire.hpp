#pragma once
// The encoding that SSH uses for keys, signatures and the agent's messages.
//
// Threads: any.
// Source: RFC 4251 §5.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace krane::cli {

// Takes values off the front of what it was given; nothing once there is too little.
class ssh_reader {
public:
  explicit ssh_reader(std::string_view rest) : rest_(rest) {}
  std::optional<std::uint8_t> byte();
  std::optional<std::uint32_t> number();
  std::optional<std::string_view> text();
  std::string_view rest() const { return rest_; }

private:
  std::string_view rest_;
};

void put_number(std::string& to, std::size_t value);
void put_text(std::string& to, std::string_view value);
// A whole number that is not negative, given by its bytes, the highest first.
void put_mpint(std::string& to, std::string_view bytes);

}  // namespace krane::cli
