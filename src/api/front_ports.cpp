#include "api/front_ports.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

namespace krane {
namespace {

// The engine lists a port that it does not publish with these two members only.
bool is_unpublished(boost::json::value const& one, port number) {
  auto const* const object = one.if_object();
  if (object == nullptr || object->contains("PublicPort")) return false;
  auto const* const inner = object->if_contains("PrivatePort");
  auto const* const type = object->if_contains("Type");
  return inner != nullptr && *inner == number && type != nullptr && *type == "tcp";
}

}  // namespace

void add_front_ports(boost::json::value& container, container_id const& id, front const& ports) {
  auto* const object = container.if_object();
  if (object == nullptr) return;
  for (front_route const& one : ports.routes()) {
    auto const its = std::ranges::find(one.to, id, &front_target::container);
    if (its == one.to.end()) continue;
    boost::json::value& shown = (*object)["Ports"];
    if (!shown.is_array()) shown.emplace_array();
    auto& list = shown.get_array();
    for (std::string const& address : ports.addresses(one.host)) {
      boost::json::object entry{
          {"IP", address}, {"PrivatePort", its->number}, {"PublicPort", one.host}, {"Type", "tcp"}};
      auto const plain = std::find_if(list.begin(), list.end(),
                                      [&](boost::json::value const& p) { return is_unpublished(p, its->number); });
      if (plain == list.end())
        list.push_back(std::move(entry));
      else
        *plain = std::move(entry);
    }
  }
}

std::string state_of(front const& ports) {
  if (auto const obstacle = ports.obstacle()) return obstacle->message;
  if (auto const trouble = ports.trouble()) return trouble->message;
  return "ok";
}

}  // namespace krane
