#include "server/settings.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <map>
#include <utility>

#include "base/json.hpp"
#include "server/setting_values.hpp"

namespace krane {
namespace {

// A value with the place it came from, for the messages.
struct given {
  std::string text;
  std::string from;
};
using given_values = std::map<std::string, given>;

std::string comma_joined(std::vector<std::string> const& parts) {
  std::string all;
  for (std::string const& part : parts) all += (all.empty() ? "" : ",") + part;
  return all;
}

// Keys as the flags; "_" for "-" too, since TOML files usually have it so.
result<given_values> read_file(std::string const& path) {
  std::vector<std::string_view> known;
  for (setting_row const& row : setting_rows()) known.push_back(row.flag);
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_file(path);
  } catch (CLI::Error const& e) {
    return make_error(errc::invalid, fmt::format("the settings file {} cannot be read: {}", path, e.what()));
  }
  given_values values;
  std::vector<fault> faults;
  for (CLI::ConfigItem const& item : items) {
    if (item.name == "++" || item.name == "--") continue;  // CLI11's marks for the begin and end of a section
    std::string key = item.name;
    std::ranges::replace(key, '_', '-');
    if (item.parents.empty() && std::ranges::find(known, key) != known.end()) {
      values[key] = {comma_joined(item.inputs), fmt::format("{} in {}", item.name, path)};
      continue;
    }
    std::string_view const meant = nearest(key, known);
    faults.push_back({item.fullname(), meant.empty() ? fmt::format("is no setting ({})", path)
                                                     : fmt::format("is no setting; was {} meant? ({})", meant, path)});
  }
  if (!faults.empty()) {
    std::string message = fmt::format("{} {}", faults.front().path, faults.front().error);
    return error{errc::invalid, "invalid", std::move(message), std::move(faults)};
  }
  return values;
}

void add_environment(given_values& values, environment const& env) {
  for (setting_row const& row : setting_rows())
    if (auto value = env(row.variable); value && !value->empty()) values[row.flag] = {std::move(*value), row.variable};
}

result<settings> make_settings(given_values const& values, environment const& env) {
  settings out;
  std::string const home = env("HOME").value_or("/root");
  out.path = "~/.krane";
  out.authorized_keys = "~/.ssh/authorized_keys";
  std::vector<fault> faults;
  for (setting_row const& row : setting_rows()) {
    auto const found = values.find(row.flag);
    if (found == values.end()) continue;
    if (auto wrong = row.set(out, found->second.text)) faults.push_back({found->second.from, *wrong});
  }
  if (!faults.empty()) {
    std::string message;
    for (fault const& f : faults) message += fmt::format("{}{}: {}", message.empty() ? "" : "\n", f.path, f.error);
    return error{errc::invalid, "invalid", std::move(message), std::move(faults)};
  }
  out.path = expand_home(out.path, home);
  out.authorized_keys = expand_home(out.authorized_keys, home);
  out.secrets_key = expand_home(out.secrets_key, home);
  return out;
}

constexpr char footer[] =
    "A flag is stronger than its environment variable, and that is stronger than the file (TOML, keys as the flags).\n"
    "SIGHUP reads the file and the keys anew; SIGTERM stops: streams are closed, runs go on at the next start.\n"
    "Exit codes: 0 stopped on request, 1 could not start or go on, 2 wrong settings.";

template <auto Member>
void change_to(settings& what, settings const& read_again) {
  what.*Member = read_again.*Member;
}

}  // namespace

std::vector<setting_row> const& setting_rows() {
  static std::vector<setting_row> const rows{
      {"rest-port", "KRANE_REST_PORT", "8080", "port that it listens on",
       [](settings& s, std::string const& t) { return set_port(s.rest_port, t); }},
      {"listen", "KRANE_LISTEN", "127.0.0.1", "address that it listens on",
       [](settings& s, std::string const& t) { return set_address(s.listen, t); }},
      {"path", "KRANE_PATH", "~/.krane", "folder of its state",
       [](settings& s, std::string const& t) { return set_path(s.path, t); }},
      {"log-level", "KRANE_LOG_LEVEL", "info", "trace, debug, info, warn, error or off",
       [](settings& s, std::string const& t) { return set_log_level(s.log_level, t); },
       &change_to<&settings::log_level>},
      {"authorized-keys", "KRANE_AUTHORIZED_KEYS", "~/.ssh/authorized_keys", "public keys that may log in",
       [](settings& s, std::string const& t) { return set_path(s.authorized_keys, t); }},
      {"names", "KRANE_NAMES", "", "further host names that it is reached by, with commas between",
       [](settings& s, std::string const& t) { return set_host_names(s.names, t); }, &change_to<&settings::names>},
      {"open-streams", "KRANE_OPEN_STREAMS", "loopback",
       "event and output streams without a token: loopback, always or never",
       [](settings& s, std::string const& t) { return set_open_streams(s.streams, t); },
       &change_to<&settings::streams>},
      {"allowed-origins", "KRANE_ALLOWED_ORIGINS", "none",
       "web pages that browsers may call it from, with commas between",
       [](settings& s, std::string const& t) { return set_origins(s.allowed_origins, t); },
       &change_to<&settings::allowed_origins>},
      {"login-limit", "KRANE_LOGIN_LIMIT", "60", "logins a minute and address; 0: no limit",
       [](settings& s, std::string const& t) { return set_count(s.login_limit, t); },
       &change_to<&settings::login_limit>},
      {"publish", "KRANE_PUBLISH", "front",
       "who holds the host ports of deployments that do not say: front (HAProxy: a redeploy is not noticed) or engine",
       [](settings& s, std::string const& t) { return set_choice(s.publish, t); }},
      {"publish-address", "KRANE_PUBLISH_ADDRESS", "0.0.0.0", "address that the front opens host ports on",
       [](settings& s, std::string const& t) { return set_address(s.publish_address, t); }},
      {"front", "KRANE_FRONT", "own",
       "who runs HAProxy: own (the server starts it, and leaves it running when it ends) or unit (krane-front.service)",
       [](settings& s, std::string const& t) { return set_choice(s.front, t); }},
      {"keep-warm", "KRANE_KEEP_WARM", "0",
       "how long the previous release is kept, paused with all that it holds (memory, connections, locks), so that a "
       "rollback is instant, unless a deployment says; 0: it is stopped at once",
       [](settings& s, std::string const& t) { return set_duration(s.keep_warm, t); }},
      {"settle", "KRANE_SETTLE", "3s, or 10s without a port or a check",
       "how long a new release is watched after it has taken over, unless a deployment says; if it ends in that time, "
       "the one before it serves again; 0 is not at all",
       [](settings& s, std::string const& t) { return set_settle(s.settle, t); }},
      {"disk-reserve", "KRANE_DISK_RESERVE", "1G",
       "what pulls leave free of the engine's disk; an image that is known not to fit is not pulled",
       [](settings& s, std::string const& t) { return set_bytes(s.disk_reserve_bytes, t); }},
      {"keep-releases", "KRANE_KEEP_RELEASES", "5",
       "releases of a deployment whose images stay; older ones that krane pulled are removed after a good run",
       [](settings& s, std::string const& t) { return set_keep_releases(s.keep_releases, t); }},
      {"allow", "KRANE_ALLOW", "none",
       "what deployments may ask of the machine, with commas between: privileged, cap_add, devices, host_network, "
       "host_pid, logging, low_ports",
       [](settings& s, std::string const& t) { return set_permissions(s.policy.allowed, t); }},
      {"bind-folders", "KRANE_BIND_FOLDERS", "none",
       "folders of the machine that deployments may mount, and what is below them, with commas between",
       [](settings& s, std::string const& t) { return set_folders(s.policy.bind_folders, t); }},
      {"secrets-key", "KRANE_SECRETS_KEY", "secrets.key in the state folder",
       "file of the 32 bytes that secrets are sealed with; its own is made at the first start",
       [](settings& s, std::string const& t) { return set_path(s.secrets_key, t); }},
      {"docker-host", "DOCKER_HOST", "unix:///var/run/docker.sock", "the Docker engine",
       [](settings& s, std::string const& t) { return set_docker_host(s.docker_host, t); }},
  };
  return rows;
}

std::optional<std::string> process_environment(std::string const& name) {
  char const* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

result<command_line> read_settings(std::vector<std::string> arguments, environment const& env) {
  CLI::App app{"krane-server: deploys containers on this machine's Docker engine, safely, for whoever has an SSH key."};
  app.name("krane-server");
  app.footer(footer);
  bool shows_version = false;
  app.add_flag("--version", shows_version, "print the version and exit");
  std::string config = env("KRANE_CONFIG").value_or("");
  app.add_option("--config", config, "settings file (environment: KRANE_CONFIG)")->option_text("FILE");
  std::map<std::string, std::string> flags;
  for (setting_row const& row : setting_rows()) {
    std::string help = fmt::format("{} (environment: {}", row.help, row.variable);
    if (*row.fallback != '\0') help += fmt::format("; default: {}", row.fallback);
    help += ")";
    app.add_option_function<std::string>(
           fmt::format("--{}", row.flag),
           [&flags, flag = std::string(row.flag)](std::string const& v) { flags[flag] = v; }, help)
        ->option_text("VALUE");
  }
  command_line out;
  try {
    std::ranges::reverse(arguments);  // CLI11 takes them last first
    app.parse(std::move(arguments));
  } catch (CLI::CallForHelp const&) {
    out.wants = command_line::what::show_help;
    out.text = app.help();
    return out;
  } catch (CLI::ParseError const& e) {
    return make_error(errc::invalid, fmt::format("{} (see krane-server --help)", e.what()));
  }
  if (shows_version) {
    out.wants = command_line::what::show_version;
    return out;
  }
  given_values values;
  if (!config.empty()) {
    auto from_file = read_file(config);
    if (!from_file) return from_file.error();
    values = std::move(*from_file);
  }
  add_environment(values, env);
  for (auto const& [flag, text] : flags) values[flag] = {text, "--" + flag};
  auto applied = make_settings(values, env);
  if (!applied) return applied.error();
  out.values = std::move(*applied);
  return out;
}

}  // namespace krane
