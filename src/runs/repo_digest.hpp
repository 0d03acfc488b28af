#pragma once
// By which digest a registry gives an image again, whatever has become of its tags. Pure.
// Source: the engine's RepoDigests, "davidcasta/docker-to-node@sha256:…"; it leaves out docker.io, and library/ of it.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/image_ref.hpp"

namespace krane {

// "sha256:…" of the repository that was pulled from; none if the engine knows none of it (an image built here).
std::optional<std::string> find_repo_digest(image_ref const& pulled, std::vector<std::string> const& repo_digests);

// A repository as the engine writes it: "nginx" for "docker.io/library/nginx".
std::string_view familiar_name(std::string_view repository);

}  // namespace krane
