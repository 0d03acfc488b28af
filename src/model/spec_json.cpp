#include "model/spec_json.hpp"

#include <boost/describe/enum_to_string.hpp>

#include "model/duration.hpp"
#include "model/service_fields.hpp"

namespace krane {

boost::json::object config_json(spec const& from) {
  boost::json::object out{{"registry", from.registry},
                          {"image", from.digest ? from.image + "@" + *from.digest : from.image}};
  if (from.tag) out["tag"] = *from.tag;
  if (from.container_port) out["container_port"] = std::to_string(*from.container_port);
  if (from.host_port) out["host_port"] = std::to_string(*from.host_port);
  if (from.publish) out["publish"] = boost::describe::enum_to_string(*from.publish, "");
  if (from.replace) out["rollout"] = boost::describe::enum_to_string(*from.replace, "");
  if (from.hold) out["hold"] = duration_text(*from.hold);
  for (auto& [key, value] : service_json(from.service)) out[key] = value;
  return out;
}

}  // namespace krane
