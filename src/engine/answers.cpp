#include "engine/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "model/reason.hpp"

namespace krane::docker {
namespace {

constexpr json_limits engine_limits{.max_bytes = 64 * 1024 * 1024, .max_depth = 64};
constexpr std::size_t max_message_bytes = 1000;

struct check_json {
  static constexpr bool json_defaults = true;
  int ExitCode = 0;
  std::string Output;
};
BOOST_DESCRIBE_STRUCT(check_json, (), (ExitCode, Output))

struct health_json {
  static constexpr bool json_defaults = true;
  std::string Status;
  std::optional<std::vector<check_json>> Log;
};
BOOST_DESCRIBE_STRUCT(health_json, (), (Status, Log))

// Nanoseconds; 0 is the engine's default.
struct health_settings_json {
  static constexpr bool json_defaults = true;
  std::int64_t Interval = 0;
  std::int64_t Timeout = 0;
  std::int64_t StartPeriod = 0;
  std::int64_t Retries = 0;
};
BOOST_DESCRIBE_STRUCT(health_settings_json, (), (Interval, Timeout, StartPeriod, Retries))

struct state_json {
  static constexpr bool json_defaults = true;
  std::string Status;
  bool Running = false;
  bool OOMKilled = false;
  int ExitCode = 0;
  std::string Error;
  std::string StartedAt;
  std::string FinishedAt;
  int Pid = 0;
  std::optional<health_json> Health;
};
BOOST_DESCRIBE_STRUCT(state_json, (), (Status, Running, OOMKilled, ExitCode, Error, StartedAt, FinishedAt, Pid, Health))

struct config_json {
  static constexpr bool json_defaults = true;
  std::string Image;
  std::optional<std::map<std::string, std::string>> Labels;
  bool Tty = false;
  std::optional<health_settings_json> Healthcheck;
  std::optional<std::int64_t> StopTimeout;
};
BOOST_DESCRIBE_STRUCT(config_json, (), (Image, Labels, Tty, Healthcheck, StopTimeout))

struct endpoint_json {
  static constexpr bool json_defaults = true;
  std::string IPAddress;
  std::optional<std::string> NetworkID;
};
BOOST_DESCRIBE_STRUCT(endpoint_json, (), (IPAddress, NetworkID))

struct networks_json {
  static constexpr bool json_defaults = true;
  std::optional<std::map<std::string, std::optional<endpoint_json>>> Networks;
};
BOOST_DESCRIBE_STRUCT(networks_json, (), (Networks))

// "Name" is empty, or missing, for what is no volume.
struct mount_json {
  static constexpr bool json_defaults = true;
  std::string Type;
  std::string Name;
  std::string Destination;
};
BOOST_DESCRIBE_STRUCT(mount_json, (), (Type, Name, Destination))

struct container_json {
  std::string Id;
  std::string Name;
  std::string Image;
  std::optional<std::uint32_t> RestartCount;
  state_json State;
  config_json Config;
  std::optional<networks_json> NetworkSettings;
  std::optional<std::vector<mount_json>> Mounts;
};
BOOST_DESCRIBE_STRUCT(container_json, (), (Id, Name, Image, RestartCount, State, Config, NetworkSettings, Mounts))

struct listed_json {
  std::string Id;
  std::optional<std::vector<std::string>> Names;
  std::optional<std::string> ImageID;
  std::optional<std::map<std::string, std::string>> Labels;
  std::string State;
  std::optional<std::string> Status;
  std::optional<networks_json> NetworkSettings;
};
BOOST_DESCRIBE_STRUCT(listed_json, (), (Id, Names, ImageID, Labels, State, Status, NetworkSettings))

struct actor_json {
  std::string ID;
  std::optional<std::map<std::string, std::string>> Attributes;
};
BOOST_DESCRIBE_STRUCT(actor_json, (), (ID, Attributes))

struct event_json {
  std::string Action;
  actor_json Actor;
  std::optional<std::int64_t> timeNano;
};
BOOST_DESCRIBE_STRUCT(event_json, (), (Action, Actor, timeNano))

struct version_json {
  std::string Version;
  std::string ApiVersion;
  std::optional<std::string> MinAPIVersion;
  std::optional<std::string> Os;
  std::optional<std::string> Arch;
};
BOOST_DESCRIBE_STRUCT(version_json, (), (Version, ApiVersion, MinAPIVersion, Os, Arch))

struct info_json {
  std::string DockerRootDir;
};
BOOST_DESCRIBE_STRUCT(info_json, (), (DockerRootDir))

struct descriptor_json {
  std::string digest;
};
BOOST_DESCRIBE_STRUCT(descriptor_json, (), (digest))

struct distribution_json {
  descriptor_json Descriptor;
};
BOOST_DESCRIBE_STRUCT(distribution_json, (), (Descriptor))

struct network_json {
  std::string Name;
  std::string Id;
  std::string Driver;
  std::optional<std::map<std::string, std::string>> Labels;
};
BOOST_DESCRIBE_STRUCT(network_json, (), (Name, Id, Driver, Labels))

struct created_json {
  std::string Id;
};
BOOST_DESCRIBE_STRUCT(created_json, (), (Id))

error nonsense(std::string_view what, error const& why) {
  return make_error(errc::internal, reason::engine_error,
                    fmt::format("the engine's answer about {} cannot be read: {}", what, why.message));
}

template <class T>
result<T> read(boost::json::value const& from, std::string_view what) {
  auto out = decode<T>(from, unknown_keys::ignore);
  if (!out) return nonsense(what, out.error());
  return out;
}

template <class T>
result<T> read(std::string_view text, std::string_view what) {
  auto const document = read_json(text, what);
  if (!document) return document.error();
  return read<T>(*document, what);
}

std::string without_slash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

}  // namespace

result<boost::json::value> read_json(std::string_view text, std::string_view what) {
  auto document = parse_json(text, engine_limits);
  if (!document) return nonsense(what, document.error());
  return document;
}

namespace {

// Of container_details and of container_summary.
template <class Container>
void read_networks(std::optional<networks_json> from, Container& into) {
  if (!from || !from->Networks) return;
  for (auto& [network, endpoint] : *from->Networks) {
    into.addresses[network] = endpoint ? std::move(endpoint->IPAddress) : std::string{};
    into.networks[network] = endpoint ? endpoint->NetworkID.value_or("") : std::string{};
  }
}

// Of "Up 3 minutes (unhealthy)".
std::string health_in(std::string const& words) {
  for (char const* const one : {"unhealthy", "healthy", "starting"})
    if (words.ends_with(std::string("(") + one + ")") || words.ends_with(std::string("(health: ") + one + ")"))
      return one;
  return {};
}

// As many checks as it takes to be called unhealthy, after the time in which failures do not count.
std::chrono::milliseconds longest_judgement(health_settings_json const& settings) {
  constexpr std::int64_t default_ns = 30'000'000'000;
  auto const or_default = [](std::int64_t ns) { return ns == 0 ? default_ns : ns; };
  std::int64_t const retries = settings.Retries == 0 ? 3 : settings.Retries;
  std::int64_t const each = or_default(settings.Interval) + or_default(settings.Timeout);
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::nanoseconds(settings.StartPeriod + (retries + 1) * each));
}

std::optional<health> health_of(std::optional<health_json> const& from, health_settings_json const& settings) {
  if (!from || from->Status.empty() || from->Status == "none") return std::nullopt;
  health out{.status = from->Status, .output = {}, .exit_code = {}, .longest_judgement = longest_judgement(settings)};
  if (from->Log && !from->Log->empty()) {
    out.output = one_line(from->Log->back().Output);
    out.exit_code = from->Log->back().ExitCode;
  }
  return out;
}

}  // namespace

result<container_details> read_container(std::string_view text) {
  auto from = read<container_json>(text, "a container");
  if (!from) return from.error();
  container_details out;
  out.id = container_id{std::move(from->Id)};
  out.name = without_slash(std::move(from->Name));
  out.image = std::move(from->Config.Image);
  out.image_hash = image_id{std::move(from->Image)};
  if (from->Config.Labels) out.marks = std::move(*from->Config.Labels);
  out.status = std::move(from->State.Status);
  out.running = from->State.Running;
  out.oom_killed = from->State.OOMKilled;
  out.exit_code = from->State.ExitCode;
  out.start_error = std::move(from->State.Error);
  out.restart_count = from->RestartCount.value_or(0);
  out.started_at = std::move(from->State.StartedAt);
  out.finished_at = std::move(from->State.FinishedAt);
  read_networks(std::move(from->NetworkSettings), out);
  out.tty = from->Config.Tty;
  if (auto const limit = from->Config.StopTimeout; limit && *limit >= 0)
    out.stop_timeout = std::chrono::seconds{*limit};
  out.pid = from->State.Pid;
  if (from->Mounts)
    for (mount_json& one : *from->Mounts)
      if (one.Type == "volume") out.volumes.push_back({std::move(one.Name), std::move(one.Destination)});
  out.health = health_of(from->State.Health, from->Config.Healthcheck.value_or(health_settings_json{}));
  return out;
}

result<std::vector<container_summary>> read_container_list(std::string_view text) {
  auto document = read_json(text, "its containers");
  if (!document) return document.error();
  std::vector<container_summary> all;
  // The engine's "no containers" has been null in some versions.
  if (document->is_null()) return all;
  if (!document->is_array())
    return make_error(errc::internal, reason::engine_error, "the engine's answer about its containers is no list");
  for (auto& one : document->get_array()) {
    auto from = read<listed_json>(one, "its containers");
    if (!from) return from.error();
    container_summary out;
    out.id = container_id{std::move(from->Id)};
    if (from->Names && !from->Names->empty()) {
      // Links from other containers are further names, "/other/alias".
      auto const own =
          std::ranges::find_if(*from->Names, [](auto const& name) { return name.find('/', 1) == name.npos; });
      out.name = without_slash(own == from->Names->end() ? from->Names->front() : *own);
    }
    out.image_hash = image_id{from->ImageID.value_or("")};
    if (from->Labels) out.marks = std::move(*from->Labels);
    out.status = from->State == "stopped" ? "exited" : std::move(from->State);  // as Podman lists what has ended
    out.health = health_in(from->Status.value_or(""));
    read_networks(std::move(from->NetworkSettings), out);
    out.json = std::move(one);
    all.push_back(std::move(out));
  }
  return all;
}

result<engine_event> read_event(std::string_view text) {
  auto from = read<event_json>(text, "what happens");
  if (!from) return from.error();
  engine_event out;
  out.action = std::move(from->Action);
  out.container = container_id{std::move(from->Actor.ID)};
  if (from->Actor.Attributes) out.attributes = std::move(*from->Actor.Attributes);
  out.time_ns = from->timeNano.value_or(0);
  return out;
}

result<version_answer> read_version(std::string_view text) {
  auto from = read<version_json>(text, "its version");
  if (!from) return from.error();
  return version_answer{std::move(from->Version), std::move(from->ApiVersion), from->MinAPIVersion.value_or(""),
                        from->Os.value_or(""), from->Arch.value_or("")};
}

result<std::string> read_storage_folder(std::string_view text) {
  auto from = read<info_json>(text, "itself");
  if (!from) return from.error();
  return std::move(from->DockerRootDir);
}

result<std::string> read_distribution(std::string_view text) {
  auto from = read<distribution_json>(text, "an image of a registry");
  if (!from) return from.error();
  return std::move(from->Descriptor.digest);
}

result<std::vector<network_details>> read_network_list(std::string_view text) {
  auto from = read<std::vector<network_json>>(text, "its networks");
  if (!from) return from.error();
  std::vector<network_details> all;
  for (network_json& one : *from)
    all.push_back(
        {std::move(one.Id), std::move(one.Name), std::move(one.Driver), std::move(one.Labels).value_or(labels{})});
  return all;
}

result<std::string> read_created_id(std::string_view text) {
  auto from = read<created_json>(text, "what it created");
  if (!from) return from.error();
  return std::move(from->Id);
}

std::string one_line(std::string_view words) {
  std::string line = to_valid_utf8(words.substr(0, max_message_bytes));
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string read_message(std::string_view body) {
  auto const document = parse_json(body, engine_limits);
  if (!document || !document->is_object()) return one_line(body);
  auto const* const found = document->get_object().if_contains("message");
  if (found == nullptr || !found->is_string()) return one_line(body);
  return one_line(std::string_view(found->get_string().data(), found->get_string().size()));
}

}  // namespace krane::docker
