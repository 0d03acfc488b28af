#include "registry/manifest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/describe/class.hpp>
#include <optional>

#include "base/json.hpp"
#include "model/reason.hpp"

namespace krane::oci {
namespace {

constexpr json_limits limits{.max_bytes = 4 * 1024 * 1024, .max_depth = 32};

struct platform_json {
  static constexpr bool json_defaults = true;
  std::string os;
  std::string architecture;
};
BOOST_DESCRIBE_STRUCT(platform_json, (), (os, architecture))

struct descriptor_json {
  std::string digest;
  std::optional<std::int64_t> size;
  std::optional<platform_json> platform;
};
BOOST_DESCRIBE_STRUCT(descriptor_json, (), (digest, size, platform))

struct manifest_json {
  int schemaVersion = 0;
  std::optional<std::vector<descriptor_json>> manifests;
  std::optional<descriptor_json> config;
  std::optional<std::vector<descriptor_json>> layers;
};
BOOST_DESCRIBE_STRUCT(manifest_json, (), (schemaVersion, manifests, config, layers))

struct rootfs_json {
  std::vector<std::string> diff_ids;
};
BOOST_DESCRIBE_STRUCT(rootfs_json, (), (diff_ids))

struct config_json {
  rootfs_json rootfs;
};
BOOST_DESCRIBE_STRUCT(config_json, (), (rootfs))

error not_understood(std::string_view what, std::string_view why) {
  return make_error(errc::internal, reason::registry_error,
                    fmt::format("the registry's answer is no {}: {}", what, why));
}

template <class Json>
result<Json> read(std::string_view body, std::string_view what) {
  auto const document = parse_json(body, limits);
  if (!document) return not_understood(what, document.error().message);
  auto read = decode<Json>(*document, unknown_keys::ignore);
  if (!read) return not_understood(what, read.error().message);
  return std::move(*read);
}

result<std::variant<manifest, listed_manifest>> choose(std::vector<descriptor_json> const& all,
                                                       pull_habits const& how) {
  auto const fits = [&](descriptor_json const& one) {
    return one.platform && one.platform->os == how.os && one.platform->architecture == how.architecture;
  };
  auto const found = std::ranges::find_if(all, fits);
  if (found == all.end())
    return make_error(errc::not_found, reason::image_not_found,
                      fmt::format("the image does not exist for {}/{}", how.os, how.architecture));
  if (!is_digest(found->digest)) return not_understood("list of manifests", "an entry has no digest");
  return listed_manifest{found->digest};
}

}  // namespace

result<std::variant<manifest, listed_manifest>> read_manifest(std::string_view body, pull_habits const& how) {
  auto const from = read<manifest_json>(body, "manifest");
  if (!from) return from.error();
  if (from->schemaVersion == 1)
    return make_error(errc::unsupported_media, reason::registry_error,
                      "the registry has the image in a form that does not tell sizes (schema 1)");
  if (from->manifests) return choose(*from->manifests, how);
  if (!from->config || !from->layers) return not_understood("manifest", "it has neither manifests nor layers");
  manifest out{from->config->digest, {}};
  if (!is_digest(out.config_digest)) return not_understood("manifest", "its config has no digest");
  for (descriptor_json const& one : *from->layers) {
    if (!is_digest(one.digest) || !one.size || *one.size < 0)
      return not_understood("manifest", "a layer has no digest or no size");
    out.layers.push_back({one.digest, static_cast<std::uint64_t>(*one.size)});
  }
  return out;
}

result<std::vector<std::string>> read_diff_ids(std::string_view body) {
  auto from = read<config_json>(body, "image's config");
  if (!from) return from.error();
  return std::move(from->rootfs.diff_ids);
}

bool is_digest(std::string_view text) {
  constexpr std::string_view prefix = "sha256:";
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string digest_of(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, EVP_sha256(), nullptr) != 1) return {};
  std::string out = "sha256:";
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", hash[i]);
  return out;
}

std::string_view accepted_manifests() {
  return "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
         "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
}

}  // namespace krane::oci
