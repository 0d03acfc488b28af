#pragma once
// Which keys can sign a login, by the names that SSH gives their types, and why others can't.
//
// Threads: any.
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace krane::cli {

enum class login_algorithm { rs256, eddsa, es256, es384 };

std::string_view jws_name(login_algorithm algorithm);

// A public key as SSH writes it, and what people know it by.
struct public_half {
  std::string type;     // "ssh-ed25519"
  std::string blob;     // begins with the type
  std::string comment;  // "ada@lab"; may be empty

  std::string fingerprint() const;  // "SHA256:…", as ssh-keygen -l
  std::string line() const;         // as authorized_keys wants it
};

// errc::invalid, reason "unfit_key", with which kind of key it is and what to use instead: sk- keys among them.
result<login_algorithm> algorithm_for(public_half const& key);

// The type that a blob says it is of; empty: it is no key.
std::string type_of(std::string_view blob);
// "ssh-ed25519 AAAA… comment", the first line of a .pub file.
std::optional<public_half> parse_public_line(std::string_view line);

}  // namespace krane::cli
