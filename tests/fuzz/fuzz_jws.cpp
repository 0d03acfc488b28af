// The token of a login: what is taken has the form that was promised, and no bytes of a stranger are ever signed by a
// key whose private half they do not have. A first byte below 128 leaves the rest as it is; else its first line is the
// header and what follows the payload, both encoded here, so that the JSON behind the base64 is reached too.
#include <algorithm>

#include "auth/jws.hpp"
#include "fuzz/property.hpp"

namespace krane {
namespace {

public_key const& somebodys_key() {
  static public_key const key = [] {
    auto const blob = decode_base64("AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea");
    return *public_key::parse("ssh-ed25519", *blob);
  }();
  return key;
}

std::string token_of(std::string_view input) {
  if (input.empty()) return "";
  bool const as_it_is = static_cast<unsigned char>(input.front()) < 128;
  input.remove_prefix(1);
  if (as_it_is) return std::string(input);
  auto const end = std::min(input.find('\n'), input.size());
  std::string const signature(64, '\1');
  return encode_base64url(bytes_of(input.substr(0, end))) + "." +
         encode_base64url(bytes_of(input.substr(std::min(end + 1, input.size())))) + "." +
         encode_base64url(bytes_of(signature));
}

void try_token(std::string const& text) {
  auto const token = signed_token::parse(text);
  if (!token) {
    test::must_hold(token.error().code == errc::unauthorized, "every refusal is of one class");
    return;
  }
  test::must_hold(text.size() <= signed_token::max_bytes && std::ranges::count(text, '.') == 2,
                  "three parts of at most 8 KiB");
  test::must_hold(
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos,
      "nothing but base64url");
  test::must_hold(!token->signed_by(somebodys_key()), "nobody signs without the key");
  // Never asked for without a signature; here it is, since it must be safe whoever signed.
  auto const claims = login_claims::read(*token, "host", time_point{std::chrono::seconds{1'767'323'045}});
  test::must_hold(claims || claims.error().code == errc::unauthorized, "every refusal is of one class");
}

}  // namespace
}  // namespace krane

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  krane::try_token(krane::token_of(krane::test::as_text(data, size)));
  return 0;
}
