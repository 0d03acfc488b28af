#include "cli/openssh_key.hpp"

#include "base/base64.hpp"
#include "cli/ssh_wire.hpp"

namespace krane::cli {
namespace {

constexpr std::string_view begin_line = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view end_line = "-----END OPENSSH PRIVATE KEY-----";
constexpr std::string_view magic{"openssh-key-v1\0", 15};

error damaged() {
  return make_error(errc::invalid, "no_private_key", "the key is damaged");
}

// How many fields a private half of this type has. Other types are not taken apart.
std::size_t field_count(std::string_view type) {
  if (type == "ssh-rsa") return 6;
  if (type == "ssh-ed25519") return 2;
  if (type.starts_with("ecdsa-sha2-")) return 3;
  return 0;
}

result<openssh_key> read_private(openssh_key out, std::string_view section) {
  ssh_reader reader(section);
  auto const check = reader.number();
  auto const again = reader.number();
  auto const type = reader.text();
  if (!check || check != again || !type || *type != out.known.type) return damaged();
  for (std::size_t i = 0; i < field_count(*type); ++i) {
    auto const part = reader.text();
    if (!part) return damaged();
    out.parts.emplace_back(*part);
  }
  if (out.parts.empty()) return out;
  auto const comment = reader.text();
  if (!comment) return damaged();
  out.known.comment = *comment;
  return out;
}

}  // namespace

bool is_openssh_key(std::string_view text) {
  return text.contains(begin_line);
}

result<openssh_key> parse_openssh_key(std::string_view text) {
  auto const begin = text.find(begin_line);
  auto const end = text.find(end_line);
  if (begin == text.npos || end == text.npos || end < begin) return damaged();
  std::string encoded;
  for (char const c : text.substr(begin + begin_line.size(), end - begin - begin_line.size()))
    if (c != '\n' && c != '\r') encoded += c;
  auto const bytes = decode_base64(encoded);
  if (!bytes || !text_of(*bytes).starts_with(magic)) return damaged();
  ssh_reader reader(text_of(*bytes).substr(magic.size()));
  auto const cipher = reader.text();
  auto const kdf = reader.text();
  auto const options = reader.text();
  auto const count = reader.number();
  auto const blob = reader.text();
  auto const section = reader.text();
  if (!cipher || !kdf || !options || count != 1 || !blob || !section) return damaged();
  openssh_key out{{type_of(*blob), std::string(*blob), {}}, *cipher != "none", {}};
  if (out.known.type.empty()) return damaged();
  if (out.is_encrypted) return out;
  return read_private(std::move(out), *section);
}

}  // namespace krane::cli
