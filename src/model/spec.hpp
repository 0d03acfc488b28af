#pragma once
// What a person wants deployed, checked. A spec that exists is valid.
#include <boost/describe/enum.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/ids.hpp"
#include "model/image_ref.hpp"
#include "model/port.hpp"
#include "model/service_config.hpp"
#include "model/written_value.hpp"

namespace krane {

// Who holds a deployment's host port.
enum class publish_by {
  front,   // krane's own front, which passes connections on: a redeploy is not noticed
  engine,  // the container engine: the port is dead while a release replaces another
};
BOOST_DESCRIBE_ENUM(publish_by, front, engine)

// How a new release takes over.
enum class rollout {
  rolling,   // the old one serves until the new one has shown that it works
  recreate,  // the two must never run at once: the old one is stopped first
};
BOOST_DESCRIBE_ENUM(rollout, rolling, recreate)

inline constexpr std::chrono::milliseconds default_hold{10'000};

struct spec {
  deployment_name name;
  std::string registry;  // "docker.io" unless said otherwise
  std::string image;     // repository path, without tag and registry
  std::optional<std::string> tag;
  std::optional<std::string> digest;
  std::optional<port> container_port;
  std::optional<port> host_port;
  std::optional<publish_by> publish{};  // none: as the server's settings say
  std::optional<rollout> replace{};     // none: rolling
  // How long the front lets a new connection wait while nothing can take it; none: default_hold.
  std::optional<std::chrono::milliseconds> hold{};
  service_config service{};

  // What a run of it pulls: `tag` if given, else the spec's own, else "latest". A digest goes with the spec's own tag
  // only; another tag drops it.
  image_ref image_for(std::optional<std::string> const& wanted_tag) const;
  friend bool operator==(spec const&, spec const&) = default;
};

// As a person wrote it; every member as text, missing or not.
struct spec_input {
  std::optional<std::string> name{};
  std::optional<std::string> registry{};
  std::optional<std::string> image{};
  std::optional<std::string> tag{};
  std::optional<std::string> container_port{};
  std::optional<std::string> host_port{};
  std::optional<std::string> publish{};
  std::optional<std::string> rollout{};
  std::optional<std::string> hold{};      // "10s"
  std::vector<written_member> service{};  // those of model/service_fields.hpp, as they stand in "config"
};

// Every fault at once, errc::invalid, with the paths "name", "config.registry", "config.image", …
// Empty texts mean "not given" but for the name and the image.
result<spec> make_spec(spec_input const& input);

// The form in which the store keeps a spec; from_stored fails only on a damaged or newer store.
std::string to_stored(spec const& s);
result<spec> from_stored(std::string_view text);

}  // namespace krane
