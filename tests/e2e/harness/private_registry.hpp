#pragma once
// A registry that has what the tests' registry has, for its users alone: a real one, with a password file and, if
// wanted, with TLS under an authority of its own.
#include <cstdint>
#include <optional>
#include <string>

#include "e2e/harness/process.hpp"
#include "support/temp_folder.hpp"

namespace krane::e2e {

class private_registry {
public:
  inline static std::string const password = "correct-horse-7";
  inline static std::string const other_password = "battery-staple-9";

  enum class transport { plain, tls };
  // An engine insists on TLS anywhere but in 127.0.0.0/8.
  explicit private_registry(std::string address = "127.0.0.1", transport how = transport::plain);

  std::string host() const { return address_ + ":" + std::to_string(port_); }
  // The certificate of the authority that signed this one's.
  std::string authority() const { return folder_ / "ca.crt"; }
  // The user's password from now on.
  void change_password(std::string const& to);

private:
  void make_certificate();
  bool answers() const;

  test::temp_folder folder_;
  std::string address_;
  transport how_;
  std::uint16_t port_;
  std::optional<process> program_;
};

}  // namespace krane::e2e
