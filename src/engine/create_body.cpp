#include "engine/create_body.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace krane::docker {
namespace {

namespace json = boost::json;
using std::chrono::nanoseconds;

// The engine keeps what a container writes for ever, unless told otherwise, and fills the disk.
constexpr char default_log_size[] = "10m";
constexpr char default_log_files[] = "3";

json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

json::array array_of(std::vector<std::string> const& texts) {
  json::array out;
  for (std::string const& one : texts) out.emplace_back(view(one));
  return out;
}

json::object object_of(std::map<std::string, std::string> const& texts) {
  json::object out;
  for (auto const& [key, value] : texts) out[view(key)] = view(value);
  return out;
}

// A binding of a port that is not exposed is silently dropped by the engine.
class port_bindings {
public:
  void expose(std::string const& port) { exposed_[port] = json::object{}; }

  void publish(std::string const& port, std::string const& address, krane::port host) {
    expose(port);
    json::object one{{"HostPort", std::to_string(host)}};
    if (!address.empty()) one["HostIp"] = view(address);
    if (auto* const more = bindings_.if_contains(port))
      more->as_array().push_back(std::move(one));
    else
      bindings_[port] = json::array{std::move(one)};
  }

  void write(json::object& body, json::object& host) {
    if (!exposed_.empty()) body["ExposedPorts"] = std::move(exposed_);
    if (!bindings_.empty()) host["PortBindings"] = std::move(bindings_);
  }

private:
  json::object exposed_;
  json::object bindings_;
};

void write_ports(container_spec const& what, json::object& body, json::object& host) {
  port_bindings ports;
  if (what.exposed) ports.expose(fmt::format("{}/tcp", *what.exposed));
  if (what.publish) ports.publish(fmt::format("{}/tcp", what.publish->container), {}, what.publish->host);
  for (port_mapping const& one : what.service.ports)
    ports.publish(fmt::format("{}/{}", one.container, one.udp ? "udp" : "tcp"), one.address, one.host);
  ports.write(body, host);
}

void write_network(container_spec const& what, json::object& body, json::object& host) {
  if (what.service.host_network) {
    host["NetworkMode"] = "host";
  } else if (!what.network.empty()) {
    host["NetworkMode"] = view(what.network);
    json::object endpoint;
    if (!what.aliases.empty()) endpoint["Aliases"] = array_of(what.aliases);
    json::object networks;
    networks[view(what.network)] = std::move(endpoint);
    body["NetworkingConfig"] = json::object{{"EndpointsConfig", std::move(networks)}};
  }
  if (!what.service.extra_hosts.empty()) host["ExtraHosts"] = array_of(what.service.extra_hosts);
}

void write_command(container_spec const& what, json::object& body) {
  service_config const& service = what.service;
  if (service.entrypoint) body["Entrypoint"] = array_of(*service.entrypoint);
  if (service.command) body["Cmd"] = array_of(*service.command);
  if (!service.user.empty()) body["User"] = view(service.user);
  if (!service.working_dir.empty()) body["WorkingDir"] = view(service.working_dir);
  if (what.environment.empty()) return;
  json::array lines;
  for (auto const& [name, value] : what.environment) lines.emplace_back(view(fmt::format("{}={}", name, value)));
  body["Env"] = std::move(lines);
}

void write_health(service_config const& service, json::object& body) {
  if (!service.healthcheck) return;
  health_check const& check = *service.healthcheck;
  json::object out;
  // What krane asks itself is not asked by the engine, nor is the image's own check then.
  if (check.is == health_check::kind::command) {
    json::array test{check.in_shell ? "CMD-SHELL" : "CMD"};
    for (std::string const& word : check.command) test.emplace_back(view(word));
    out["Test"] = std::move(test);
    if (check.interval) out["Interval"] = nanoseconds(*check.interval).count();
    if (check.timeout) out["Timeout"] = nanoseconds(*check.timeout).count();
    if (check.start_period) out["StartPeriod"] = nanoseconds(*check.start_period).count();
    if (check.retries) out["Retries"] = *check.retries;
  } else {
    out["Test"] = json::array{"NONE"};
  }
  body["Healthcheck"] = std::move(out);
}

void write_mounts(container_spec const& what, json::object& body, json::object& host) {
  json::array mounts;
  for (mount const& one : what.service.volumes) {
    json::object out{{"Target", view(one.target)}, {"ReadOnly", one.read_only}};
    if (one.is == mount::kind::bind) {
      out["Type"] = "bind";
      out["Source"] = view(one.source);
    } else {
      out["Type"] = "volume";
      out["Source"] = view(what.volume_prefix + one.source);
      out["VolumeOptions"] = json::object{{"Labels", object_of(what.marks_of_volumes)}};
    }
    mounts.push_back(std::move(out));
  }
  for (volume_mount const& one : what.further_volumes)
    mounts.push_back(json::object{{"Type", "volume"},
                                  {"Source", view(one.name)},
                                  {"Target", view(one.target)},
                                  {"ReadOnly", false},
                                  {"VolumeOptions", json::object{{"Labels", object_of(what.marks_of_volumes)}}}});
  if (!mounts.empty()) host["Mounts"] = std::move(mounts);
  json::object own;
  for (std::string const& place : what.own_volumes) own[view(place)] = json::object{};
  if (!own.empty()) body["Volumes"] = std::move(own);
  json::object in_memory;
  for (tmpfs_mount const& one : what.service.tmpfs) in_memory[view(one.target)] = view(one.options);
  if (!in_memory.empty()) host["Tmpfs"] = std::move(in_memory);
}

void write_limits(resource_limits const& limits, json::object& host) {
  if (limits.nano_cpus) host["NanoCpus"] = *limits.nano_cpus;
  if (limits.memory_bytes) {
    host["Memory"] = *limits.memory_bytes;
    // Else as much again of swap.
    host["MemorySwap"] = *limits.memory_bytes;
  }
  if (limits.pids) host["PidsLimit"] = *limits.pids;
}

json::object restart_of(std::optional<restart_policy> const& wanted) {
  switch (wanted.value_or(restart_policy{}).is) {
    case restart_policy::kind::unless_stopped:
      return {{"Name", "unless-stopped"}};
    case restart_policy::kind::always:
      return {{"Name", "always"}};
    case restart_policy::kind::on_failure:
      return {{"Name", "on-failure"}, {"MaximumRetryCount", wanted->most}};
    case restart_policy::kind::no:
      return {{"Name", "no"}};
  }
  std::unreachable();
}

json::object logging_of(std::optional<log_settings> const& wanted) {
  if (!wanted)
    return {{"Type", "json-file"},
            {"Config", json::object{{"max-size", default_log_size}, {"max-file", default_log_files}}}};
  json::object out{{"Config", object_of(wanted->options)}};
  // Without a driver, the engine's.
  out["Type"] = view(wanted->driver);
  return out;
}

json::array devices_of(std::vector<std::string> const& lines) {
  json::array out;
  for (std::string const& line : lines) {
    auto const first = line.find(':');
    std::string const on_host = line.substr(0, first);
    std::string rest = first == std::string::npos ? std::string() : line.substr(first + 1);
    auto const second = rest.find(':');
    std::string const rights = second == std::string::npos ? "rwm" : rest.substr(second + 1);
    std::string const inside = rest.empty() ? on_host : rest.substr(0, second);
    out.push_back(json::object{
        {"PathOnHost", view(on_host)}, {"PathInContainer", view(inside)}, {"CgroupPermissions", view(rights)}});
  }
  return out;
}

void write_rights(service_config const& service, json::object& host) {
  if (service.read_only) host["ReadonlyRootfs"] = true;
  if (!service.cap_drop.empty()) host["CapDrop"] = array_of(service.cap_drop);
  if (!service.cap_add.empty()) host["CapAdd"] = array_of(service.cap_add);
  if (!service.devices.empty()) host["Devices"] = devices_of(service.devices);
  if (service.host_pid) host["PidMode"] = "host";
  if (service.privileged)
    host["Privileged"] = true;
  else
    host["SecurityOpt"] = json::array{"no-new-privileges"};
}

}  // namespace

std::string restart_body(std::optional<restart_policy> const& wanted) {
  return json::serialize(json::object{{"RestartPolicy", restart_of(wanted)}});
}

std::string create_body(container_spec const& what) {
  service_config const& service = what.service;
  auto marks = service.labels;
  for (auto const& [key, value] : what.marks) marks[key] = value;
  json::object body{{"Image", view(what.image)}, {"Labels", object_of(marks)}, {"Tty", false}};
  // Init: a program that is process 1 ignores SIGTERM unless it handles it, and would cost the whole grace at a stop.
  json::object host{{"Init", service.init.value_or(true)},
                    {"RestartPolicy", restart_of(service.restart)},
                    {"LogConfig", logging_of(service.logging)}};
  write_ports(what, body, host);
  write_network(what, body, host);
  write_command(what, body);
  write_health(service, body);
  write_mounts(what, body, host);
  write_limits(service.resources, host);
  write_rights(service, host);
  if (!service.stop_signal.empty()) body["StopSignal"] = view(service.stop_signal);
  if (service.stop_grace) body["StopTimeout"] = std::chrono::ceil<std::chrono::seconds>(*service.stop_grace).count();
  body["HostConfig"] = std::move(host);
  return json::serialize(body);
}

}  // namespace krane::docker
