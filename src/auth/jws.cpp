#include "auth/jws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>

#include "base/json.hpp"

namespace krane {
namespace {

constexpr json_limits token_json{.max_bytes = signed_token::max_bytes, .max_depth = 8};
constexpr double leeway_seconds = 60;

error bad_token(std::string why) {
  return make_error(errc::unauthorized, std::move(why));
}

std::string_view text_in(boost::json::value const& v) {
  auto const& s = v.get_string();
  return {s.data(), s.size()};
}

result<boost::json::object> parse_object(byte_view bytes, std::string_view part) {
  auto parsed = parse_json(text_of(bytes), token_json);
  if (!parsed) return bad_token(fmt::format("the token's {}: {}", part, parsed.error().message));
  if (!parsed->is_object()) return bad_token(fmt::format("the token's {} is no JSON object", part));
  return std::move(parsed->get_object());
}

result<signature_algorithm> read_header(byte_view bytes) {
  auto header = parse_object(bytes, "header");
  if (!header) return header.error();
  constexpr std::array<std::string_view, 4> allowed{"alg", "kid", "typ", "cty"};
  for (auto const& member : *header) {
    if (std::ranges::find(allowed, std::string_view(member.key())) == allowed.end())
      return bad_token("the token's header has a member that is not taken");
    if (!member.value().is_string()) return bad_token("a member of the token's header is no string");
  }
  auto const* alg = header->if_contains("alg");
  if (alg == nullptr) return bad_token("the token's header names no alg");
  auto const algorithm = find_algorithm(text_in(*alg));
  if (!algorithm) return bad_token("the token's alg is not one of RS256, RS512, EdDSA, ES256, ES384");
  return *algorithm;
}

// Seconds since 1970, perhaps with a fraction. Nothing if it is not there.
result<std::optional<double>> numeric_date(boost::json::object const& claims, std::string_view name) {
  auto const* claim = claims.if_contains(boost::json::string_view(name.data(), name.size()));
  if (claim == nullptr) return std::optional<double>{};
  if (!claim->is_number()) return bad_token(fmt::format("the claim {} is no number", name));
  double const value = claim->to_number<double>();
  if (!std::isfinite(value)) return bad_token(fmt::format("the claim {} is no time", name));
  return std::optional<double>{value};
}

std::optional<error> check_times(boost::json::object const& claims, time_point now) {
  double const seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
  auto const exp = numeric_date(claims, "exp");
  auto const nbf = numeric_date(claims, "nbf");
  auto const iat = numeric_date(claims, "iat");
  for (auto const* one : {&exp, &nbf, &iat})
    if (!*one) return one->error();
  if (*exp && seconds >= **exp + leeway_seconds) return bad_token("the token has expired");
  if (*nbf && seconds < **nbf - leeway_seconds) return bad_token("the token is not valid yet");
  if (*iat && seconds < **iat - leeway_seconds)
    return bad_token("the token was made in the future; compare the clocks");
  return std::nullopt;
}

bool names_host(boost::json::value const& audience, std::string_view host) {
  auto is_host = [&](boost::json::value const& v) { return v.is_string() && text_in(v) == host; };
  return is_host(audience) || (audience.is_array() && std::ranges::any_of(audience.get_array(), is_host));
}

}  // namespace

result<signed_token> signed_token::parse(std::string text) {
  if (text.size() > max_bytes) return bad_token("the token is too long");
  auto const first = text.find('.');
  auto const second = first == std::string::npos ? first : text.find('.', first + 1);
  if (second == std::string::npos || text.find('.', second + 1) != std::string::npos)
    return bad_token("the token does not have three parts");
  std::string_view const all = text;
  auto const header = decode_base64url(all.substr(0, first));
  auto payload = decode_base64url(all.substr(first + 1, second - first - 1));
  auto signature = decode_base64url(all.substr(second + 1));
  if (!header || !payload || !signature) return bad_token("a part of the token is not base64url");
  auto const algorithm = read_header(*header);
  if (!algorithm) return algorithm.error();

  signed_token token;
  token.signed_bytes_ = second;
  token.algorithm_ = *algorithm;
  token.payload_ = std::move(*payload);
  token.signature_ = std::move(*signature);
  token.text_ = std::move(text);
  return token;
}

bool signed_token::signed_by(public_key const& key) const {
  return key.verify(algorithm_, std::string_view(text_).substr(0, signed_bytes_), signature_);
}

result<login_claims> login_claims::read(signed_token const& token, std::string_view host, time_point now) {
  auto const claims = parse_object(token.payload_, "payload");
  if (!claims) return claims.error();
  if (auto wrong = check_times(*claims, now)) return *wrong;
  if (auto const* audience = claims->if_contains("aud"); audience != nullptr && !names_host(*audience, host))
    return bad_token("the token is meant for another server");
  auto const* phrase = claims->if_contains("phrase");
  if (phrase == nullptr || !phrase->is_string()) return bad_token("the token has no phrase");
  return login_claims{std::string(text_in(*phrase))};
}

}  // namespace krane
