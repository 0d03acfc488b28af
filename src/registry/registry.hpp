#pragma once
// What a registry has under a name, before anything of it is pulled: which image that is, and how many bytes its layers
// are. Nothing is downloaded but a few kilobytes of JSON.
//
// Source: the OCI distribution specification; Docker's lists and manifests (schema 2) as well as OCI's.
// Threads: the network thread; the asking itself is done on threads of its own.
// Failure: registry_unreachable, registry_auth (401), registry_denied (403), image_not_found (no such name, or not for
//          this os and architecture), registry_rate_limited (429, with Retry-After's seconds in the message),
//          registry_error (5xx, or an answer that is none), deadline. An image that is there and cannot be told of (a
//          manifest of schema 1): errc::unsupported_media, registry_error.
// Cancel: the caller goes on when the question has been answered or its limit is over.
// Lifetime: stop() before the network loop ends; what is asked for then fails.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "model/ids.hpp"
#include "model/image_ref.hpp"
#include "model/pull_habits.hpp"
#include "model/registry_login.hpp"

namespace krane {

struct remote_layer {
  std::string digest;            // of the compressed layer
  std::uint64_t size_bytes = 0;  // compressed
  friend bool operator==(remote_layer const&, remote_layer const&) = default;
};

struct remote_image {
  std::string digest;           // what the name stands for: an index, or the manifest itself
  std::string manifest_digest;  // of the manifest for this os and architecture
  image_id id;                  // the digest of its config, which the engine calls the image's id
  std::vector<remote_layer> layers;
  std::vector<std::string> diff_ids;  // of the layers unpacked, as an image on an engine has them (RootFS.Layers)
  friend bool operator==(remote_image const&, remote_image const&) = default;
};

inline constexpr std::chrono::milliseconds registry_limit{5'000};

class registry {
public:
  virtual ~registry() = default;
  // `login` is for the registry in the name, and sent to it and to the token service it names only, never to a mirror.
  // `limit` is for all that has to be asked.
  virtual task<remote_image> look_up(image_ref what, std::optional<registry_login> login, pull_habits how,
                                     std::chrono::milliseconds limit = registry_limit) = 0;
  // What is being asked is broken off.
  virtual void stop() = 0;
};

std::unique_ptr<registry> make_registry();

}  // namespace krane
