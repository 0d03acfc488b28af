#pragma once
// What a registry wants of those whom it does not know: the WWW-Authenticate headers of its 401. Pure.
// Source: RFC 9110 §11.6.1; the distribution project's "Token Authentication Specification".
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace krane::oci {

struct challenge {
  bool bearer = false;  // else Basic
  std::string realm;    // Bearer: the URL of the token service
  std::string service;
  std::string scope;
  friend bool operator==(challenge const&, challenge const&) = default;
};

// The strongest that is understood, Bearer before Basic; none: there is none.
std::optional<challenge> read_challenge(std::vector<std::string> const& headers);

// "token" or "access_token" of a token service's answer. errc::internal, registry_error.
result<std::string> read_token(std::string_view body);

}  // namespace krane::oci
