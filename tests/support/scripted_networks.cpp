// scripted_world, as far as it is about networks, and what a container is told after it was made.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <utility>

#include "base/random.hpp"
#include "support/scripted_json.hpp"

namespace krane::test {

scripted_network const* scripted_world::find_network(std::string const& id_or_name) const {
  if (auto const found = networks.find(id_or_name); found != networks.end()) return &found->second;
  scripted_network const* only = nullptr;
  for (auto const& [id, one] : networks) {
    if (one.name != id_or_name) continue;
    if (only != nullptr) return nullptr;
    only = &one;
  }
  return only;
}

scripted_answer scripted_world::list_networks(parsed_target const& to) const {
  auto const filters = parsed(to.query.contains("filters") ? to.query.at("filters") : "{}");
  std::string part;
  if (auto const* const name = filters.is_object() ? filters.get_object().if_contains("name") : nullptr)
    part = std::string(name->as_array().front().as_string());
  json::array all;
  for (auto const& [id, one] : networks)
    if (one.name.contains(part))
      all.push_back(
          json::object{{"Name", one.name}, {"Id", id}, {"Driver", one.driver}, {"Labels", to_json(one.marks)}});
  return {.body = json::serialize(all)};
}

scripted_answer scripted_world::create_network(std::string const& body) {
  auto const document = parsed(body);
  if (!document.is_object()) return refusal(500, "unexpected end of JSON input");
  scripted_network made{random_hex(32), text_member(document.get_object(), "Name"),
                        text_member(document.get_object(), "Driver")};
  for (auto const& [id, one] : networks)
    if (one.name == made.name) return refusal(409, fmt::format("network with name {} already exists", made.name));
  if (auto const* const marks = object_member(document.get_object(), "Labels"))
    for (auto const& [key, value] : *marks) made.marks[std::string(key)] = std::string(value.as_string());
  std::string const id = made.id;
  networks[id] = std::move(made);
  return {.status = 201, .body = json::serialize(json::object{{"Id", id}, {"Warning", ""}})};
}

scripted_answer scripted_world::remove_network(std::string const& name) {
  auto const* const found = find_network(name);
  if (found == nullptr) return refusal(404, fmt::format("network {} not found", name));
  for (auto const& [id, one] : boxes)
    if (one.now.connected && one.now.network_id == found->id && !one.now.address.empty())
      return refusal(403, fmt::format("error while removing network: network {} has active endpoints", found->name));
  std::string const id = found->id;
  networks.erase(id);
  return {.status = 204};
}

scripted_answer scripted_world::connect(std::string const& network, std::string const& body) {
  auto const* const to = find_network(network);
  if (to == nullptr) return refusal(404, fmt::format("network {} not found", network));
  auto const document = parsed(body);
  box* const one = find(text_member(document.as_object(), "Container"));
  if (one == nullptr) return no_such_container(text_member(document.as_object(), "Container"));
  if (one->now.connected && one->now.network == to->name)
    return refusal(403, fmt::format("endpoint with name {} already exists in network {}", one->now.name, to->name));
  one->now.network = to->name;
  one->now.aliases.clear();
  if (auto const* const endpoint = object_member(document.as_object(), "EndpointConfig"))
    if (auto const* const aliases = endpoint->if_contains("Aliases"))
      for (auto const& alias : aliases->as_array()) one->now.aliases.emplace_back(alias.as_string());
  join(*one, to->id);
  return {};
}

scripted_answer scripted_world::disconnect(std::string const& network, std::string const& body) {
  auto const document = parsed(body);
  auto const* const from = find_network(network);
  box* const one = find(text_member(document.as_object(), "Container"));
  if (one == nullptr) return no_such_container(text_member(document.as_object(), "Container"));
  if (!one->now.connected || one->now.network != (from == nullptr ? network : from->name))
    return refusal(500, fmt::format("container {} is not connected to the network {}", one->now.id.str(), network));
  part(*one);
  return {};
}

void scripted_world::join(box& one, std::string const& network_id) {
  one.now.connected = true;
  one.now.network_id = network_id;
  if (one.now.status == "running" || one.now.status == "paused") give_address(one);
}

void scripted_world::part(box& one) {
  one.now.connected = false;
  one.now.network_id.clear();
  one.now.aliases.clear();
  one.now.address.clear();
  close_listeners(one);
}

scripted_answer scripted_world::update(std::string const& name, std::string const& body) {
  box* const one = find(name);
  if (one == nullptr) return no_such_container(name);
  auto const document = parsed(body);
  if (auto const* const policy = object_member(document.as_object(), "RestartPolicy"))
    one->now.restart = text_member(*policy, "Name");
  return {.body = R"({"Warnings":null})"};
}

json::object scripted_world::networks_of(box const& one) const {
  json::object all;
  if (one.now.connected)
    all[one.now.network] = json::object{{"IPAddress", one.now.address}, {"NetworkID", one.now.network_id}};
  return all;
}

}  // namespace krane::test
