#include "cli/jws_signing.hpp"

#include <fmt/format.h>

#include <boost/describe/class.hpp>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "cli/ssh_wire.hpp"

namespace krane::cli {
namespace {

constexpr std::string_view phrase_begin = "krane-login:v1:";
constexpr std::size_t least_nonce = 32;
constexpr std::size_t longest_nonce = 256;

struct jws_header {
  std::string alg;
  std::string typ;
};
BOOST_DESCRIBE_STRUCT(jws_header, (), (alg, typ))

struct jws_claims {
  std::string phrase;
  std::string aud;
};
BOOST_DESCRIBE_STRUCT(jws_claims, (), (phrase, aud))

error damaged() {
  return make_error(errc::invalid, "bad_signature", "the signature that came back is not of the form it should have");
}

std::string_view ssh_name(login_algorithm algorithm) {
  switch (algorithm) {
    case login_algorithm::rs256:
      return "rsa-sha2-256";
    case login_algorithm::eddsa:
      return "ssh-ed25519";
    case login_algorithm::es256:
      return "ecdsa-sha2-nistp256";
    case login_algorithm::es384:
      return "ecdsa-sha2-nistp384";
  }
  std::unreachable();
}

}  // namespace

result<std::string> phrase_to_sign(std::string_view given, std::string_view authority) {
  std::string const wanted = fmt::format("{}{}:", phrase_begin, authority);
  std::string_view const nonce = given.substr(std::min(given.size(), wanted.size()));
  bool const plain = nonce.find_first_not_of("0123456789abcdef") == nonce.npos;
  if (given.starts_with(wanted) && plain && nonce.size() >= least_nonce && nonce.size() <= longest_nonce)
    return wanted + std::string(nonce);
  // The rest of it is a stranger's text and is not shown.
  if (!given.starts_with(phrase_begin))
    return make_error(errc::forbidden, "foreign_phrase",
                      fmt::format("what {} wants signed is no login to it, so it was not signed; it may be another "
                                  "program, or one that tries to use your key elsewhere",
                                  authority));
  return make_error(errc::forbidden, "foreign_phrase",
                    fmt::format("what {} wants signed is a login to another server, so it was not signed; use the "
                                "address that the server knows itself by",
                                authority));
}

std::string signing_input(login_algorithm algorithm, std::string_view phrase, std::string_view authority) {
  std::string const header = to_json_text(jws_header{std::string(jws_name(algorithm)), "JWT"});
  std::string const claims = to_json_text(jws_claims{std::string(phrase), std::string(authority)});
  return encode_base64url(bytes_of(header)) + "." + encode_base64url(bytes_of(claims));
}

std::string finished_token(std::string input, std::string_view signature) {
  return std::move(input) + "." + encode_base64url(bytes_of(signature));
}

result<std::string> to_jws_signature(login_algorithm algorithm, std::string_view ssh_signature) {
  ssh_reader outer(ssh_signature);
  auto const name = outer.text();
  auto const bytes = outer.text();
  if (!name || !bytes || *name != ssh_name(algorithm)) return damaged();
  if (algorithm == login_algorithm::rs256 || algorithm == login_algorithm::eddsa) return std::string(*bytes);
  ssh_reader pair(*bytes);
  auto const r = pair.text();
  auto const s = pair.text();
  if (!r || !s) return damaged();
  return to_fixed_width(algorithm, *r, *s);
}

result<std::string> to_fixed_width(login_algorithm algorithm, std::string_view r, std::string_view s) {
  std::size_t const width = algorithm == login_algorithm::es384 ? 48 : 32;
  std::string out;
  for (std::string_view number : {r, s}) {
    while (number.starts_with('\0')) number.remove_prefix(1);
    if (number.size() > width) return damaged();
    out.append(width - number.size(), '\0').append(number);
  }
  return out;
}

}  // namespace krane::cli
