#pragma once
// The token of a login: a JWS in its compact form, with the phrase as claim. Reading it and trusting it are two steps:
// what it claims can only be had from one whose signature a key has confirmed.
//
// Threads: any.
// Failure: errc::unauthorized; the sentence is for the log, never for the one who asks.
// Source: RFC 7515 (compact serialization, header), RFC 7519 (claims).
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/public_key.hpp"
#include "base/base64.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace krane {

// A token whose form is right. Its signature has not been looked at.
class signed_token {
public:
  static constexpr std::size_t max_bytes = 8 * 1024;

  // Three parts of strict base64url; a JSON header without double keys whose alg is one of ours and which has nothing
  // beside it but kid, typ and cty: all else would change what the signature means, or where its key comes from.
  static result<signed_token> parse(std::string text);

  signature_algorithm algorithm() const { return algorithm_; }
  bool signed_by(public_key const& key) const;

private:
  friend struct login_claims;
  signed_token() = default;

  std::string text_;
  std::size_t signed_bytes_ = 0;  // header.payload
  signature_algorithm algorithm_{};
  byte_string payload_;
  byte_string signature_;
};

struct login_claims {
  std::string phrase;

  // Call it only after token.signed_by(). Other claims may be there and say nothing; exp, nbf and iat must hold within
  // 60 s, and aud, if there, must name the host that the challenge was for.
  static result<login_claims> read(signed_token const& token, std::string_view host, time_point now);
};

}  // namespace krane
