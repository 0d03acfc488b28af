// scripted_world, as far as it is about volumes.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/random.hpp"
#include "support/scripted_json.hpp"

namespace krane::test {
namespace {

json::object describe(std::string const& name, labels const& marks) {
  json::object own;
  for (auto const& [key, value] : marks) own[key] = value;
  return {{"Name", name}, {"Driver", "local"}, {"Scope", "local"}, {"Labels", std::move(own)}};
}

labels labels_of(json::object const& from) {
  labels out;
  auto const* const found = from.if_contains("Labels");
  if (found == nullptr || !found->is_object()) return out;
  for (auto const& [key, value] : found->get_object()) out[std::string(key)] = std::string(value.as_string());
  return out;
}

}  // namespace

scripted_answer scripted_world::list_volumes(parsed_target const& to) const {
  json::array all;
  for (auto const& [name, marks] : known_volumes)
    if (!to.query.contains("filters") || passes_label_filter(to.query.at("filters"), marks))
      all.push_back(describe(name, marks));
  return {.body = json::serialize(json::object{{"Volumes", std::move(all)}})};
}

scripted_answer scripted_world::inspect_volume(std::string const& name) const {
  auto const found = known_volumes.find(name);
  if (found == known_volumes.end()) return refusal(404, fmt::format("get {}: no such volume", name));
  return {.body = json::serialize(describe(name, found->second))};
}

scripted_answer scripted_world::create_volume(std::string const& body) {
  auto const document = json::parse(body);
  auto const& from = document.as_object();
  std::string const name(from.at("Name").as_string());
  // One that is there is answered as it is.
  auto const& made = known_volumes.emplace(name, labels_of(from)).first->second;
  return {.status = 201, .body = json::serialize(describe(name, made))};
}

scripted_answer scripted_world::remove_volume(std::string const& name) {
  if (!known_volumes.contains(name)) return refusal(404, fmt::format("get {}: no such volume", name));
  for (auto const& [id, one] : boxes)
    if (std::ranges::any_of(one.now.volumes, [&](auto const& has) { return has.second == name; }))
      return refusal(409, fmt::format("remove {}: volume is in use - [{}]", name, id));
  known_volumes.erase(name);
  return {.status = 204};
}

void scripted_world::mount_volumes(box& into, json::object const& body) {
  auto const* const host = body.if_contains("HostConfig");
  if (host != nullptr && host->is_object() && host->get_object().contains("Mounts"))
    for (json::value const& item : host->get_object().at("Mounts").as_array()) {
      json::object const& one = item.as_object();
      if (one.at("Type").as_string() != "volume") continue;
      std::string const name(one.at("Source").as_string());
      labels marks;
      if (auto const* const how = one.if_contains("VolumeOptions")) marks = labels_of(how->as_object());
      known_volumes.emplace(name, std::move(marks));
      into.now.volumes[std::string(one.at("Target").as_string())] = name;
    }
  // Places of the image, and of the container, that nothing is mounted at.
  auto places = into.own_volumes;
  places.insert(into.image.volumes.begin(), into.image.volumes.end());
  for (std::string const& place : places) {
    if (into.now.volumes.contains(place)) continue;
    std::string const name = random_hex(32);
    known_volumes.emplace(name, labels{});
    into.anonymous.insert(name);
    into.now.volumes[place] = name;
  }
}

void scripted_world::remove_anonymous_volumes(box const& of) {
  for (std::string const& name : of.anonymous) {
    bool const used = std::ranges::any_of(boxes, [&](auto const& entry) {
      return &entry.second != &of &&
             std::ranges::any_of(entry.second.now.volumes, [&](auto const& has) { return has.second == name; });
    });
    if (!used) known_volumes.erase(name);
  }
}

json::array scripted_world::mounts_of(box const& of) const {
  json::array out;
  for (auto const& [place, name] : of.now.volumes)
    out.push_back(json::object{{"Type", "volume"}, {"Name", name}, {"Destination", place}, {"Driver", "local"}});
  return out;
}

}  // namespace krane::test
