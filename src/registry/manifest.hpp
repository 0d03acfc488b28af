#pragma once
// What a registry answers about an image, taken apart. Pure.
//
// Source: OCI image specification (image-index, manifest, config); Docker's manifest list and manifest, schema 2.
// Failure: errc::internal, registry_error: it is not what the specification says it is; errc::unsupported_media,
//          registry_error: a manifest of schema 1, which tells no sizes; image_not_found: a list without this machine's
//          kind.
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "model/pull_habits.hpp"
#include "registry/registry.hpp"

namespace krane::oci {

struct manifest {
  std::string config_digest;
  std::vector<remote_layer> layers;
};

// Of a list: the manifest to ask for, for this os and architecture.
struct listed_manifest {
  std::string digest;
};

result<std::variant<manifest, listed_manifest>> read_manifest(std::string_view body, pull_habits const& how);
// rootfs.diff_ids of an image's config.
result<std::vector<std::string>> read_diff_ids(std::string_view body);

// "sha256:" and 64 lower-case hex digits; what else stands there is put into no URL.
bool is_digest(std::string_view text);
// Of these bytes.
std::string digest_of(std::string_view bytes);

// What read_manifest understands, as an Accept header's value.
std::string_view accepted_manifests();

}  // namespace krane::oci
