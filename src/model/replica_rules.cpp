#include "model/replica_rules.hpp"

#include <algorithm>

namespace krane {

bool writes_to_volumes(service_config const& service) {
  return std::ranges::any_of(service.volumes, [](mount const& one) { return !one.read_only; });
}

std::vector<fault> find_replica_faults(spec const& wanted) {
  service_config const& service = wanted.service;
  std::vector<fault> faults;
  if (service.replicas > 1) {
    if (wanted.host_port && wanted.publish == publish_by::engine)
      faults.push_back({"config.replicas",
                        "must be 1 where the engine publishes host_port, since one container only can have it: leave "
                        "publish out, so that the front shares its connections out, or leave host_port out"});
    if (!service.ports.empty())
      faults.push_back({"config.replicas",
                        "must be 1 where ports are published, since one container only can have a port: serve it "
                        "through host_port, or leave ports out"});
    if (service.host_network)
      faults.push_back({"config.replicas", "must be 1 where network_mode is host: all would listen on the same ports"});
  }
  if (service.keep_warm.value_or(std::chrono::milliseconds{0}).count() > 0 && writes_to_volumes(service))
    faults.push_back({"config.keep_warm",
                      "must be 0 where volumes are written to: one release at a time may have them open; mount them "
                      "read-only, or leave keep_warm out"});
  return faults;
}

std::optional<std::string> find_port_for_one(spec const& wanted, bool through_front) {
  if (wanted.service.replicas <= 1 || !wanted.host_port || through_front) return std::nullopt;
  return "host_port cannot be shared by several replicas where the engine publishes it, since one container only can "
         "have it; let the front hold it (publish: front, HAProxy installed), or leave host_port out";
}

bool can_be_kept(spec const& release) {
  service_config const& service = release.service;
  return service.replicas <= 1 && !writes_to_volumes(service) && service.ports.empty() && !service.host_network;
}

}  // namespace krane
