#include "runs/repo_digest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace krane {
std::string_view familiar_name(std::string_view repository) {
  constexpr std::string_view hub = "docker.io/";
  constexpr std::string_view official = "library/";
  if (!repository.starts_with(hub)) return repository;
  repository.remove_prefix(hub.size());
  if (repository.starts_with(official)) repository.remove_prefix(official.size());
  return repository;
}

std::optional<std::string> find_repo_digest(image_ref const& pulled, std::vector<std::string> const& repo_digests) {
  std::string const name = fmt::format("{}/{}", pulled.registry, pulled.repository);
  std::vector<std::string> own;
  for (std::string_view const one : repo_digests) {
    auto const at = one.find('@');
    if (at != std::string_view::npos && familiar_name(one.substr(0, at)) == familiar_name(name))
      own.emplace_back(one.substr(at + 1));
  }
  if (own.empty()) return std::nullopt;
  // More than one: of the image alone, and of lists that it is in. Each gives the same image.
  if (pulled.digest && std::ranges::find(own, *pulled.digest) != own.end()) return pulled.digest;
  return own.front();
}

}  // namespace krane
