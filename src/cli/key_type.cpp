#include "cli/key_type.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>

#include "base/base64.hpp"
#include "cli/ssh_wire.hpp"

namespace krane::cli {
namespace {

constexpr std::size_t least_rsa_bits = 2048;
constexpr char use_instead[] = "log in with an Ed25519, ECDSA (256 or 384 bits) or RSA key instead";

error unfit(std::string why) {
  return make_error(errc::invalid, "unfit_key", std::move(why));
}

std::size_t rsa_bits(std::string_view blob) {
  ssh_reader reader(blob);
  reader.text();
  reader.text();
  std::string_view modulus = reader.text().value_or("");
  while (modulus.starts_with('\0')) modulus.remove_prefix(1);
  if (modulus.empty()) return 0;
  std::size_t bits = modulus.size() * 8;
  for (auto top = static_cast<unsigned char>(modulus.front()); (top & 0x80) == 0;
       top = static_cast<unsigned char>(top << 1))
    --bits;
  return bits;
}

}  // namespace

std::string_view jws_name(login_algorithm algorithm) {
  switch (algorithm) {
    case login_algorithm::rs256:
      return "RS256";
    case login_algorithm::eddsa:
      return "EdDSA";
    case login_algorithm::es256:
      return "ES256";
    case login_algorithm::es384:
      return "ES384";
  }
  std::unreachable();
}

std::string public_half::fingerprint() const {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash{};
  auto const bytes = bytes_of(blob);
  SHA256(bytes.data(), bytes.size(), hash.data());
  return "SHA256:" + encode_base64_unpadded(hash);
}

std::string public_half::line() const {
  return fmt::format("{} {}{}{}", type, encode_base64(bytes_of(blob)), comment.empty() ? "" : " ", comment);
}

result<login_algorithm> algorithm_for(public_half const& key) {
  if (key.type == "ssh-ed25519") return login_algorithm::eddsa;
  if (key.type == "ecdsa-sha2-nistp256") return login_algorithm::es256;
  if (key.type == "ecdsa-sha2-nistp384") return login_algorithm::es384;
  if (key.type == "ssh-rsa") {
    if (auto const bits = rsa_bits(key.blob); bits < least_rsa_bits)
      return unfit(fmt::format("this RSA key has {} bits, and a server wants {} at least", bits, least_rsa_bits));
    return login_algorithm::rs256;
  }
  if (key.type.starts_with("sk-"))
    return unfit(
        fmt::format("a key on a security token ({}) cannot sign a login, since what it signs is never the login "
                    "alone; {}",
                    key.type, use_instead));
  if (key.type.contains("-cert-"))
    return unfit(fmt::format("a certificate ({}) cannot sign a login; {}", key.type, use_instead));
  return unfit(fmt::format("a key of the type {} cannot sign a login; {}", key.type, use_instead));
}

std::string type_of(std::string_view blob) {
  ssh_reader reader(blob);
  auto const type = reader.text();
  if (!type || type->empty() || type->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-@.") != type->npos)
    return {};
  return std::string(*type);
}

std::optional<public_half> parse_public_line(std::string_view line) {
  line = line.substr(0, line.find_first_of("\r\n"));
  auto const first = line.find(' ');
  if (first == line.npos) return std::nullopt;
  auto const second = line.find(' ', first + 1);
  auto const blob = decode_base64(line.substr(first + 1, second == line.npos ? second : second - first - 1));
  if (!blob) return std::nullopt;
  public_half out{std::string(line.substr(0, first)), std::string(text_of(*blob)),
                  second == line.npos ? std::string() : std::string(line.substr(second + 1))};
  if (out.type != type_of(out.blob)) return std::nullopt;
  return out;
}

}  // namespace krane::cli
