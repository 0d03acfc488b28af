#include "engine/image_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>
#include <optional>

#include "base/json.hpp"
#include "engine/answers.hpp"
#include "model/reason.hpp"

namespace krane::docker {
namespace {

using texts = std::optional<std::vector<std::string>>;

struct layers_json {
  static constexpr bool json_defaults = true;
  texts Layers;
};
BOOST_DESCRIBE_STRUCT(layers_json, (), (Layers))

// Places that are volumes, each with an empty object.
struct image_config_json {
  static constexpr bool json_defaults = true;
  std::optional<std::map<std::string, boost::json::value>> Volumes;
};
BOOST_DESCRIBE_STRUCT(image_config_json, (), (Volumes))

struct image_json {
  std::string Id;
  std::optional<std::string> Architecture;
  texts RepoDigests;
  std::optional<layers_json> RootFS;
  std::optional<image_config_json> Config;
};
BOOST_DESCRIBE_STRUCT(image_json, (), (Id, Architecture, RepoDigests, RootFS, Config))

struct listed_json {
  std::string Id;
  texts RepoTags;
  texts RepoDigests;
  std::optional<std::int64_t> Size;
};
BOOST_DESCRIBE_STRUCT(listed_json, (), (Id, RepoTags, RepoDigests, Size))

struct volume_json {
  std::string Name;
  std::optional<std::map<std::string, std::string>> Labels;
};
BOOST_DESCRIBE_STRUCT(volume_json, (), (Name, Labels))

struct volumes_json {
  std::optional<std::vector<volume_json>> Volumes;
};
BOOST_DESCRIBE_STRUCT(volumes_json, (), (Volumes))

struct index_json {
  static constexpr bool json_defaults = true;
  bool Secure = true;
};
BOOST_DESCRIBE_STRUCT(index_json, (), (Secure))

struct registries_json {
  static constexpr bool json_defaults = true;
  texts InsecureRegistryCIDRs;
  std::optional<std::map<std::string, std::optional<index_json>>> IndexConfigs;
  texts Mirrors;
};
BOOST_DESCRIBE_STRUCT(registries_json, (), (InsecureRegistryCIDRs, IndexConfigs, Mirrors))

struct info_json {
  std::optional<registries_json> RegistryConfig;
};
BOOST_DESCRIBE_STRUCT(info_json, (), (RegistryConfig))

error unreadable(std::string_view what, std::string_view why) {
  return make_error(errc::internal, reason::engine_error,
                    fmt::format("the engine's answer about {} cannot be read: {}", what, why));
}

template <class Json>
result<Json> read(std::string_view text, std::string_view what) {
  auto const document = read_json(text, what);
  if (!document) return document.error();
  auto from = decode<Json>(*document, unknown_keys::ignore);
  if (!from) return unreadable(what, from.error().message);
  return std::move(*from);
}

std::vector<std::string> or_none(texts&& some) {
  return std::move(some).value_or(std::vector<std::string>{});
}

// An image without a name has these.
std::vector<std::string> names_of(texts&& some) {
  auto all = or_none(std::move(some));
  std::erase_if(all, [](std::string const& one) { return one.starts_with("<none>"); });
  return all;
}

}  // namespace

result<image_details> read_image(std::string_view text) {
  auto from = read<image_json>(text, "an image");
  if (!from) return from.error();
  std::vector<std::string> volumes;
  if (from->Config && from->Config->Volumes)
    for (auto const& [place, nothing] : *from->Config->Volumes) volumes.push_back(place);
  return image_details{.id = image_id{std::move(from->Id)},
                       .architecture = from->Architecture.value_or(""),
                       .repo_digests = or_none(std::move(from->RepoDigests)),
                       .layers = from->RootFS ? or_none(std::move(from->RootFS->Layers)) : std::vector<std::string>{},
                       .volumes = std::move(volumes)};
}

result<volume_details> read_volume(std::string_view text) {
  auto from = read<volume_json>(text, "a volume");
  if (!from) return from.error();
  return volume_details{.name = std::move(from->Name),
                        .marks = std::move(from->Labels).value_or(std::map<std::string, std::string>{})};
}

result<std::vector<image_summary>> read_image_list(std::string_view text) {
  auto const document = read_json(text, "its images");
  if (!document) return document.error();
  std::vector<image_summary> all;
  if (document->is_null()) return all;
  auto from = decode<std::vector<listed_json>>(*document, unknown_keys::ignore);
  if (!from) return unreadable("its images", from.error().message);
  for (listed_json& one : *from)
    all.push_back({.id = image_id{std::move(one.Id)},
                   .tags = names_of(std::move(one.RepoTags)),
                   .repo_digests = names_of(std::move(one.RepoDigests)),
                   .size_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, one.Size.value_or(0)))});
  return all;
}

result<std::vector<std::string>> read_volume_names(std::string_view text) {
  auto from = read<volumes_json>(text, "its volumes");
  if (!from) return from.error();
  std::vector<std::string> names;
  if (from->Volumes)
    for (volume_json& one : *from->Volumes) names.push_back(std::move(one.Name));
  return names;
}

result<pull_habits> read_pull_habits(std::string_view text) {
  auto from = read<info_json>(text, "itself");
  if (!from) return from.error();
  pull_habits out;
  if (!from->RegistryConfig) return out;
  out.mirrors = or_none(std::move(from->RegistryConfig->Mirrors));
  out.insecure = or_none(std::move(from->RegistryConfig->InsecureRegistryCIDRs));
  if (from->RegistryConfig->IndexConfigs)
    for (auto const& [host, how] : *from->RegistryConfig->IndexConfigs)
      if (how && !how->Secure) out.insecure.push_back(host);
  return out;
}

}  // namespace krane::docker
