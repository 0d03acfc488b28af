#pragma once
// What an image is called, taken apart: docker.io / davidcasta/docker-to-node : latest @ sha256:…
// Source: the distribution project's reference grammar (host[:port]/path[:tag][@digest]).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace krane {

struct image_ref {
  std::string registry;    // host[:port]
  std::string repository;  // path, lower case
  std::string tag;         // never empty unless there is a digest: an empty tag would pull every tag
  std::optional<std::string> digest;

  // registry/repository:tag, or registry/repository@digest when there is a digest.
  std::string text() const;
  friend bool operator==(image_ref const&, image_ref const&) = default;
};

// The parts a person may have written into `image`; whatever is not there is empty.
struct image_parts {
  std::optional<std::string> registry;
  std::string repository;
  std::optional<std::string> tag;
  std::optional<std::string> digest;
};

// errc::invalid with what is wrong, without the field's name. A first part with '.' or ':' in it, or "localhost", is
// the registry; everything else is path.
result<image_parts> parse_image(std::string_view text);
result<std::string> parse_registry(std::string_view text);
result<std::string> parse_tag(std::string_view text);

}  // namespace krane
