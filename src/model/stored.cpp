#include "model/stored.hpp"

#include <fmt/format.h>

#include "model/service_fields.hpp"

namespace krane::stored {

stored_spec to_stored_spec(spec const& s) {
  auto service = service_json(s.service);
  return {.name = s.name.str(),
          .registry = s.registry,
          .image = s.image,
          .tag = s.tag,
          .digest = s.digest,
          .container_port = s.container_port,
          .host_port = s.host_port,
          .publish = s.publish,
          .replace = s.replace,
          .hold_ms = s.hold ? std::optional(s.hold->count()) : std::nullopt,
          .service = service.empty() ? std::nullopt : std::optional<boost::json::value>(std::move(service))};
}

// Rules for what people write may become stricter; what was once accepted must still load. So only what the program
// could not work with is refused here. A removal needs no image: it may be that of a deployment that cannot be read.
result<spec> from_stored_spec(stored_spec const& kept) {
  if (kept.name.empty()) return damaged("a deployment", "it has no name");
  if (kept.container_port == 0 || kept.host_port == 0) return damaged("a deployment", "it has 0 for a port");
  std::vector<fault> faults;
  auto service = read_service(written_from_json(kept.service.value_or(nullptr)).members, faults);
  if (!faults.empty()) return damaged("a deployment", faults.front().path + " " + faults.front().error);
  return spec{.name = deployment_name{kept.name},
              .registry = kept.registry,
              .image = kept.image,
              .tag = kept.tag,
              .digest = kept.digest,
              .container_port = kept.container_port,
              .host_port = kept.host_port,
              .publish = kept.publish,
              .replace = kept.replace,
              .hold = kept.hold_ms ? std::optional(std::chrono::milliseconds{*kept.hold_ms}) : std::nullopt,
              .service = std::move(service)};
}

error damaged(char const* what, std::string const& why) {
  return make_error(errc::internal, "store_damaged",
                    fmt::format("the store holds {} that cannot be read: {}", what, why));
}

}  // namespace krane::stored
