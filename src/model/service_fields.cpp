// Length: one table, a row for each field; it is looked things up in, and two tables would be two places to look.
#include "model/service_fields.hpp"

#include <array>

#include "base/json.hpp"
#include "model/duration.hpp"
#include "model/service_readers.hpp"

namespace krane {
namespace {

namespace json = boost::json;
using namespace service_readers;

constexpr std::string_view a_text = R"({"type": "string"})";
constexpr std::string_view a_truth = R"({"type": "boolean"})";
constexpr std::string_view a_list = R"({"type": "array", "items": {"type": "string"}})";
constexpr std::string_view words_or_text =
    R"({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})";
constexpr std::string_view pairs_or_list =
    R"({"oneOf": [{"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},)"
    R"( {"type": "array", "items": {"type": "string"}}]})";
constexpr std::string_view a_duration =
    R"({"type": "string", "pattern": "^(0|([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$"})";

constexpr std::chrono::milliseconds longest_grace = std::chrono::hours{1};
constexpr std::chrono::milliseconds longest_settle = std::chrono::minutes{10};
constexpr std::chrono::milliseconds longest_warmth = std::chrono::hours{24};

std::vector<std::string> read_words(written_value const& from, std::string const& path, field_reader& with) {
  std::size_t const before = with.count();
  auto words = with.words(from, path);
  if (words.empty() && with.count() == before) with.add(path, "must not be empty; leave it out for the image's own");
  return words;
}

json::value truth_or_nothing(bool set) {
  return set ? json::value(true) : json::value(nullptr);
}

constexpr std::array rows{
    service_field{
        .key = "environment",
        .meaning = "Environment variables of the container, as a map or as a list of NAME=VALUE. \"@KEY\" is the value "
                   "of the deployment's secret KEY; a value that begins with @ is written @@.",
        .fallback = "",
        .example = R"({"LOG_LEVEL": "info", "DATABASE_PASSWORD": "@DB_PASSWORD"})",
        .wrong = R"(["LOG_LEVEL"])",
        .schema = pairs_or_list,
        .read = read_environment,
        .write = write_environment},
    service_field{
        .key = "secrets",
        .meaning = "Secrets of the deployment that the container finds as files below /run/secrets, named by their key "
                   "or by target.",
        .fallback = "",
        .example = R"(["TLS_KEY", {"source": "DB_PASSWORD", "target": "db.txt"}])",
        .wrong = R"(["../TLS_KEY"])",
        .schema = R"({"type": "array", "items": {"oneOf": [{"type": "string"}, {"type": "object", "properties": )"
                  R"({"source": {"type": "string"}, "target": {"type": "string"}}, "required": ["source"]}]}})",
        .read = read_secrets,
        .write = write_secrets},
    service_field{
        .key = "command",
        .meaning = "What runs, instead of the image's command: a list of words, or a text that is taken apart "
                   "as a shell would.",
        .fallback = "the image's",
        .example = R"(["node", "server.js"])",
        .wrong = R"("echo 'open")",
        .schema = words_or_text,
        .read = [](written_value const& from, std::string const& path, field_reader& with,
                   service_config& into) { into.command = read_words(from, path, with); },
        .write =
            [](service_config const& from) { return from.command ? json_of(*from.command) : json::value(nullptr); }},
    service_field{.key = "entrypoint",
                  .meaning = "What the command is given to, instead of the image's entrypoint.",
                  .fallback = "the image's",
                  .example = R"(["/bin/sh", "-c"])",
                  .wrong = R"({"run": "sh"})",
                  .schema = words_or_text,
                  .read = [](written_value const& from, std::string const& path, field_reader& with,
                             service_config& into) { into.entrypoint = read_words(from, path, with); },
                  .write =
                      [](service_config const& from) {
                        return from.entrypoint ? json_of(*from.entrypoint) : json::value(nullptr);
                      }},
    service_field{.key = "user",
                  .meaning = "The user that the command runs as, by name or number, with a group if wanted.",
                  .fallback = "the image's",
                  .example = R"("1000:1000")",
                  .wrong = R"("a b")",
                  .schema = a_text,
                  .read = read_user,
                  .write = [](service_config const& from) { return json_of(from.user); }},
    service_field{.key = "working_dir",
                  .meaning = "The folder that the command starts in.",
                  .fallback = "the image's",
                  .example = R"("/srv/app")",
                  .wrong = R"("app")",
                  .schema = a_text,
                  .read = read_working_dir,
                  .write = [](service_config const& from) { return json_of(from.working_dir); }},
    service_field{
        .key = "healthcheck",
        .meaning = "When a release is well. http: a path that krane asks at the container's own address, and that "
                   "has to answer 200 to 399; tcp: a port that has to accept, true for container_port; test: a "
                   "command that the engine runs in the container, spelled as Compose spells it; disable: not even "
                   "the image's own check. port, interval, timeout, retries and start_period say where and how "
                   "often.",
        .fallback = "the image's own, and that container_port accepts",
        .example = R"({"http": "/healthz", "interval": "2s", "start_period": "30s"})",
        .wrong = R"({"http": "healthz"})",
        .schema = R"({"type": "object", "properties": {"http": {"type": "string"}, "tcp": {}, "test": {"oneOf": )"
                  R"([{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}, "command": {}, )"
                  R"("disable": {"type": "boolean"}, "port": {"type": ["string", "integer"]}, )"
                  R"("interval": {"type": "string"}, "timeout": {"type": "string"}, )"
                  R"("start_period": {"type": "string"}, "retries": {"type": ["string", "integer"]}}, )"
                  R"("additionalProperties": false})",
        .read = read_healthcheck,
        .write = write_healthcheck},
    service_field{.key = "volumes",
                  .meaning =
                      "What is kept over releases, or comes from the server's machine: NAME:/path is a volume of "
                      "the deployment, /host/path:/path a folder that the server's settings must allow; :ro at "
                      "the end is read only.",
                  .fallback = "",
                  .example = R"(["data:/var/lib/app", "/srv/media:/media:ro"])",
                  .wrong = R"(["/media"])",
                  .schema = R"({"type": "array", "items": {"type": ["string", "object"]}})",
                  .read = read_volumes,
                  .write = write_volumes},
    service_field{.key = "tmpfs",
                  .meaning =
                      "Folders of the container that are kept in memory only. One that the image has keeps its mode, "
                      "and is root's unless it says whose: /run:uid=1000.",
                  .fallback = "",
                  .example = R"(["/run", "/tmp:size=64M"])",
                  .wrong = R"(["tmp"])",
                  .schema = words_or_text,
                  .read = read_tmpfs,
                  .write = write_tmpfs},
    service_field{
        .key = "volatile",
        .meaning = "Places that the image declares to be volumes and whose content goes with each container. Without "
                   "it, each such place at which nothing is mounted is kept over deploys, in a volume of the "
                   "deployment.",
        .fallback = "",
        .example = R"(["/var/cache/app"])",
        .wrong = R"(["cache"])",
        .schema = words_or_text,
        .read = read_volatile,
        .write = write_volatile},
    service_field{.key = "ports",
                  .meaning =
                      "Further ports of the host, HOST:CONTAINER with an address before and /udp behind if wanted. The "
                      "engine publishes them, so they are dead for about a second at a redeploy; host_port is not.",
                  .fallback = "",
                  .example = R"(["8443:443", "127.0.0.1:9090:9090", "5353:53/udp"])",
                  .wrong = R"(["8443"])",
                  .schema = R"({"type": "array", "items": {"type": ["string", "object"]}})",
                  .read = read_ports,
                  .write = write_ports},
    service_field{.key = "resources",
                  .meaning = "The most that the container may use: cpus (processors), memory (then it is killed), pids "
                             "(processes).",
                  .fallback = "no limit",
                  .example = R"({"cpus": 0.5, "memory": "256M", "pids": 200})",
                  .wrong = R"({"memory": "1M"})",
                  .schema =
                      R"({"type": "object", "properties": {"cpus": {"type": ["string", "number"]}, "memory": {"type": )"
                      R"(["string", "integer"]}, "pids": {"type": ["string", "integer"]}}, )"
                      R"("additionalProperties": false})",
                  .read = read_resources,
                  .write = write_resources},
    service_field{.key = "restart",
                  .meaning = "What the engine does when the container ends: unless-stopped, always, on-failure, "
                             "on-failure:N, or \"no\".",
                  .fallback = "unless-stopped",
                  .example = R"("on-failure:5")",
                  .wrong = R"("sometimes")",
                  .schema = a_text,
                  .read = read_restart,
                  .write = write_restart},
    service_field{.key = "stop_signal",
                  .meaning = "The signal that asks the container to end.",
                  .fallback = "the image's, else SIGTERM",
                  .example = R"("SIGINT")",
                  .wrong = R"("SIGNOTHING")",
                  .schema = R"({"type": ["string", "integer"]})",
                  .read = read_stop_signal,
                  .write = [](service_config const& from) { return json_of(from.stop_signal); }},
    service_field{.key = "stop_grace_period",
                  .meaning = "How long it may take to end before it is killed, and how long open connections are let "
                             "finish before.",
                  .fallback = "10s",
                  .example = R"("30s")",
                  .wrong = R"("soon")",
                  .schema = a_duration,
                  .read =
                      [](written_value const& from, std::string const& path, field_reader& with, service_config& into) {
                        into.stop_grace = with.duration(from, path, std::chrono::milliseconds{0}, longest_grace);
                      },
                  .write =
                      [](service_config const& from) {
                        return from.stop_grace ? json_of(duration_text(*from.stop_grace)) : json::value(nullptr);
                      }},
    service_field{
        .key = "init",
        .meaning = "Whether a small init process is put before the command, which passes signals on and "
                   "collects what is left of dead children.",
        .fallback = "true",
        .example = "false",
        .wrong = R"("maybe")",
        .schema = a_truth,
        .read = [](written_value const& from, std::string const& path, field_reader& with,
                   service_config& into) { into.init = with.truth(from, path); },
        .write = [](service_config const& from) { return from.init ? json::value(*from.init) : json::value(nullptr); }},
    service_field{.key = "read_only",
                  .meaning = "Whether the container's own file system cannot be written to.",
                  .fallback = "false",
                  .example = "true",
                  .wrong = R"("yes, please")",
                  .schema = a_truth,
                  .read = [](written_value const& from, std::string const& path, field_reader& with,
                             service_config& into) { into.read_only = with.truth(from, path); },
                  .write = [](service_config const& from) { return truth_or_nothing(from.read_only); }},
    service_field{.key = "cap_drop",
                  .meaning = "Capabilities that the container is not given; ALL is all of them.",
                  .fallback = "",
                  .example = R"(["ALL"])",
                  .wrong = R"(["NET RAW"])",
                  .schema = a_list,
                  .read = read_cap_drop,
                  .write = [](service_config const& from) { return json_of(from.cap_drop); }},
    service_field{.key = "extra_hosts",
                  .meaning = "Names that the container knows beside what DNS says, NAME:ADDRESS; host-gateway is the "
                             "server's machine.",
                  .fallback = "",
                  .example = R"(["db.internal:10.0.0.5", "host.internal:host-gateway"])",
                  .wrong = R"(["db.internal"])",
                  .schema = pairs_or_list,
                  .read = read_extra_hosts,
                  .write = [](service_config const& from) { return json_of(from.extra_hosts); }},
    service_field{.key = "labels",
                  .meaning = "Labels of the container, for other programs; those that begin with krane. are krane's.",
                  .fallback = "",
                  .example = R"({"com.example.team": "web"})",
                  .wrong = R"({"krane.run": "1"})",
                  .schema = pairs_or_list,
                  .read = read_labels,
                  .write = write_labels},
    service_field{.key = "logging",
                  .meaning =
                      "Where the engine keeps what the container writes: json-file, local, journald or none, with "
                      "their options. The server's settings must allow other drivers.",
                  .fallback = "json-file, 3 files of 10 MB each",
                  .example = R"({"driver": "json-file", "options": {"max-size": "50m", "max-file": "2"}})",
                  .wrong = R"({"driver": ""})",
                  .schema = R"({"type": "object", "properties": {"driver": {"type": "string"}, "options": )"
                            R"({"type": "object"}}, "additionalProperties": false})",
                  .read = read_logging,
                  .write = write_logging},
    service_field{.key = "pull",
                  .meaning = "When the registry is asked for the image: always, since a tag may have moved, or only "
                             "when it is missing.",
                  .fallback = "always",
                  .example = R"("missing")",
                  .wrong = R"("never")",
                  .schema = R"({"type": "string", "enum": ["always", "missing"]})",
                  .read =
                      [](written_value const& from, std::string const& path, field_reader& with, service_config& into) {
                        if (from.has_text() && from.text == "missing")
                          into.pull = pull_policy::missing;
                        else if (from.has_text() && from.text == "always")
                          into.pull = pull_policy::always;
                        else
                          with.add(path, "must be always or missing");
                      },
                  .write =
                      [](service_config const& from) {
                        if (!from.pull) return json::value(nullptr);
                        return json::value(*from.pull == pull_policy::missing ? "missing" : "always");
                      }},
    service_field{.key = "registry_auth",
                  .meaning =
                      "Who the image is pulled as, in place of what krane registry login says for its registry: a "
                      "username, and a secret of the deployment that has the password or token. Sent to that "
                      "registry only. A pull takes the secret's newest value, also on the way back to a release "
                      "that was made with another.",
                  .fallback = "as krane registry login says",
                  .example = R"({"username": "deploy", "password": "@REGISTRY_PASSWORD"})",
                  .wrong = R"({"username": "deploy", "password": "correct-horse-7"})",
                  .schema = R"({"type": "object", "properties": {"username": {"type": "string"}, "password": )"
                            R"({"type": "string", "pattern": "^@"}}, "required": ["username", "password"], )"
                            R"("additionalProperties": false})",
                  .read = read_registry_auth,
                  .write = write_registry_auth},
    service_field{.key = "replicas",
                  .meaning = "How many containers of the release run at once. The front shares the connections of "
                             "host_port out among them, to the one that has the fewest; a new release replaces them "
                             "one at a time.",
                  .fallback = "1",
                  .example = "3",
                  .wrong = "0",
                  .schema = R"({"type": ["string", "integer"], "minimum": 1, "maximum": 20})",
                  .read =
                      [](written_value const& from, std::string const& path, field_reader& with, service_config& into) {
                        std::size_t const before = with.count();
                        auto const wanted = with.number(from, path, 1, most_replicas);
                        if (with.count() == before) into.replicas = static_cast<std::uint32_t>(wanted);
                      },
                  .write =
                      [](service_config const& from) {
                        return from.replicas == 1 ? json::value(nullptr) : json::value(from.replicas);
                      }},
    service_field{
        .key = "keep_warm",
        .meaning =
            "How long the previous release is kept after a new one has taken over, so that a rollback is instant; 0 "
            "does not keep it. A kept release is paused, not stopped: until the time is over its "
            "program gets no SIGTERM, and holds its memory, database connections, locks and leases. "
            "Leave it at 0 for programs that take locks or work through a queue. Deployments with "
            "volumes that are written to, with ports, or with several replicas keep none.",
        .fallback = "as the server's settings say: 0",
        .example = R"("15m")",
        .wrong = R"("forever")",
        .schema = a_duration,
        .read =
            [](written_value const& from, std::string const& path, field_reader& with, service_config& into) {
              into.keep_warm = with.duration(from, path, std::chrono::milliseconds{0}, longest_warmth);
            },
        .write =
            [](service_config const& from) {
              return from.keep_warm ? json_of(duration_text(*from.keep_warm)) : json::value(nullptr);
            }},
    service_field{.key = "settle",
                  .meaning = "How long a new release is watched after it has taken over, with the release before it "
                             "still at hand: if its container ends or restarts in that time, the release before it "
                             "serves again and the run fails. 0 is not at all.",
                  .fallback = "as the server's settings say: 3s with a port or a health check, 10s without",
                  .example = R"("30s")",
                  .wrong = R"("a while")",
                  .schema = a_duration,
                  .read =
                      [](written_value const& from, std::string const& path, field_reader& with, service_config& into) {
                        into.settle = with.duration(from, path, std::chrono::milliseconds{0}, longest_settle);
                      },
                  .write =
                      [](service_config const& from) {
                        return from.settle ? json_of(duration_text(*from.settle)) : json::value(nullptr);
                      }},
    service_field{.key = "privileged",
                  .meaning = "Whether the container may do all that root of the machine may.",
                  .fallback = "false; the server's settings must allow more",
                  .example = "true",
                  .wrong = R"("very")",
                  .schema = a_truth,
                  .read = [](written_value const& from, std::string const& path, field_reader& with,
                             service_config& into) { into.privileged = with.truth(from, path); },
                  .write = [](service_config const& from) { return truth_or_nothing(from.privileged); }},
    service_field{.key = "cap_add",
                  .meaning = "Capabilities that the container is given beside the engine's usual ones.",
                  .fallback = "none; the server's settings must allow more",
                  .example = R"(["NET_ADMIN"])",
                  .wrong = R"(["NET ADMIN"])",
                  .schema = a_list,
                  .read = read_cap_add,
                  .write = [](service_config const& from) { return json_of(from.cap_add); }},
    service_field{.key = "devices",
                  .meaning = "Devices of the server's machine that the container is given.",
                  .fallback = "none; the server's settings must allow more",
                  .example = R"(["/dev/ttyUSB0:/dev/ttyUSB0:rw"])",
                  .wrong = R"(["ttyUSB0"])",
                  .schema = a_list,
                  .read = read_devices,
                  .write = [](service_config const& from) { return json_of(from.devices); }},
    service_field{
        .key = "network_mode",
        .meaning = "host: the container has no network of its own. container_port and host_port are not for "
                   "such a one.",
        .fallback = "krane's own network; the server's settings must allow more",
        .example = R"("host")",
        .wrong = R"("none")",
        .schema = R"({"type": "string", "enum": ["host"]})",
        .read =
            [](written_value const& from, std::string const& path, field_reader& with, service_config& into) {
              into.host_network = from.has_text() && from.text == "host";
              if (!into.host_network) with.add(path, "must be host, or not be there");
            },
        .write =
            [](service_config const& from) { return from.host_network ? json::value("host") : json::value(nullptr); }},
    service_field{
        .key = "pid",
        .meaning = "host: the container sees the processes of the server's machine.",
        .fallback = "its own; the server's settings must allow more",
        .example = R"("host")",
        .wrong = R"("none")",
        .schema = R"({"type": "string", "enum": ["host"]})",
        .read =
            [](written_value const& from, std::string const& path, field_reader& with, service_config& into) {
              into.host_pid = from.has_text() && from.text == "host";
              if (!into.host_pid) with.add(path, "must be host, or not be there");
            },
        .write = [](service_config const& from) { return from.host_pid ? json::value("host") : json::value(nullptr); }},
};

}  // namespace

std::span<service_field const> service_fields() {
  return rows;
}

service_field const* find_service_field(std::string_view key) {
  for (service_field const& one : rows)
    if (one.key == key) return &one;
  return nullptr;
}

service_config read_service(std::vector<written_member> const& members, std::vector<fault>& faults) {
  service_config out;
  field_reader with(faults);
  for (written_member const& one : members) {
    service_field const* const field = find_service_field(one.key);
    if (field != nullptr && one.value.is != written_value::kind::nothing)
      field->read(one.value, json_detail::member_path("config", one.key), with, out);
  }
  return out;
}

json::object service_json(service_config const& from) {
  json::object out;
  for (service_field const& field : rows)
    if (auto value = field.write(from); !value.is_null())
      out[json::string_view(field.key.data(), field.key.size())] = std::move(value);
  return out;
}

}  // namespace krane
