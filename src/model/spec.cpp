#include "model/spec.hpp"

#include <fmt/format.h>

#include <boost/describe/enum_from_string.hpp>

#include "model/duration.hpp"
#include "model/replica_rules.hpp"
#include "model/service_fields.hpp"
#include "model/service_rules.hpp"
#include "model/stored.hpp"

namespace krane {
namespace {

constexpr char default_registry[] = "docker.io";
constexpr char default_tag[] = "latest";
constexpr std::chrono::milliseconds longest_hold = std::chrono::minutes{10};
constexpr std::size_t max_name = 255;  // registry, slash and repository, as the engine counts

bool given(std::optional<std::string> const& text) {
  return text && !text->empty();
}

// Reads the fields one by one and keeps every fault, so that a person can mend them all at once.
class reader {
public:
  explicit reader(spec_input const& input) : in_(input) {}

  result<spec> read() {
    read_name();
    read_image();
    read_registry();
    read_tag();
    out_.container_port = read_port("config.container_port", in_.container_port);
    out_.host_port = read_port("config.host_port", in_.host_port);
    if (given(in_.host_port) && !given(in_.container_port))
      add("config.host_port", "needs a container_port that it leads to");
    out_.publish = read_choice<publish_by>("config.publish", in_.publish, "must be front or engine");
    out_.replace = read_choice<rollout>("config.rollout", in_.rollout, "must be rolling or recreate");
    read_hold();
    std::size_t const before = faults_.size();
    out_.service = read_service(in_.service, faults_);
    // Of what could not be read, the first fault says enough.
    if (faults_.size() == before)
      for (fault& one : find_rule_faults(out_.service)) faults_.push_back(std::move(one));
    check_ports();
    for (fault& one : find_replica_faults(out_)) faults_.push_back(std::move(one));
    if (out_.registry.size() + 1 + out_.image.size() > max_name)
      add("config.image",
          fmt::format("is too long: registry and image together must not pass {} characters", max_name));
    if (!faults_.empty()) return make_error(std::move(faults_));
    return std::move(out_);
  }

private:
  void add(char const* path, std::string what) { faults_.push_back({path, std::move(what)}); }

  void read_name() {
    if (!in_.name) return add("name", "is missing");
    auto name = parse_deployment_name(*in_.name);
    if (!name) return add("name", name.error().message);
    out_.name = std::move(*name);
  }

  void read_image() {
    if (!in_.image) return add("config.image", "is missing");
    auto parts = parse_image(*in_.image);
    if (!parts) return add("config.image", parts.error().message);
    in_image_ = std::move(*parts);
    out_.image = in_image_.repository;
    out_.digest = in_image_.digest;
  }

  void read_registry() {
    out_.registry = in_image_.registry.value_or(default_registry);
    if (!given(in_.registry)) return;
    auto registry = parse_registry(*in_.registry);
    if (!registry) return add("config.registry", registry.error().message);
    if (in_image_.registry && *in_image_.registry != *registry)
      return add("config.registry",
                 fmt::format("contradicts the registry \"{}\" in config.image", *in_image_.registry));
    out_.registry = std::move(*registry);
  }

  void read_tag() {
    out_.tag = in_image_.tag;
    if (!given(in_.tag)) return;
    auto tag = parse_tag(*in_.tag);
    if (!tag) return add("config.tag", tag.error().message);
    if (in_image_.tag && *in_image_.tag != *tag)
      return add("config.tag", fmt::format("contradicts the tag \"{}\" in config.image", *in_image_.tag));
    out_.tag = std::move(*tag);
  }

  std::optional<port> read_port(char const* path, std::optional<std::string> const& text) {
    if (!given(text)) return std::nullopt;
    auto number = parse_port(*text);
    if (number) return *number;
    add(path, number.error().message);
    return std::nullopt;
  }

  template <class Enum>
  std::optional<Enum> read_choice(char const* path, std::optional<std::string> const& text, char const* wanted) {
    if (!given(text)) return std::nullopt;
    Enum value{};
    if (boost::describe::enum_from_string(text->c_str(), value)) return value;
    add(path, wanted);
    return std::nullopt;
  }

  void read_hold() {
    if (!given(in_.hold)) return;
    auto how_long = parse_duration(*in_.hold);
    if (!how_long) return add("config.hold", how_long.error().message);
    if (*how_long > longest_hold) return add("config.hold", "must not be longer than 10m");
    out_.hold = *how_long;
  }

  // What the fields say together.
  void check_ports() {
    service_config const& service = out_.service;
    if (service.host_network && given(in_.container_port))
      add("config.network_mode", "is host, and such a container has no port of its own: leave container_port out");
    if (service.host_network && !service.ports.empty())
      add("config.ports", "cannot be published for a container in the host's network");
    for (port_mapping const& one : service.ports)
      if (!one.udp && out_.host_port && one.host == *out_.host_port)
        add("config.ports", fmt::format("publishes port {}, which is the host_port already", one.host));
    auto const& check = service.healthcheck;
    bool const asked_by_krane =
        check && (check->is == health_check::kind::http || check->is == health_check::kind::tcp);
    if (asked_by_krane && !check->at && !given(in_.container_port))
      add("config.healthcheck", "needs a port to ask: give container_port, or a port of its own");
  }

  spec_input const& in_;
  image_parts in_image_;
  spec out_;
  std::vector<fault> faults_;
};

}  // namespace

image_ref spec::image_for(std::optional<std::string> const& wanted_tag) const {
  image_ref ref{.registry = registry, .repository = image, .tag = {}, .digest = {}};
  if (wanted_tag && wanted_tag != tag) {
    ref.tag = *wanted_tag;
  } else {
    ref.digest = digest;
    ref.tag = tag.value_or(digest ? "" : default_tag);
  }
  return ref;
}

result<spec> make_spec(spec_input const& input) {
  return reader(input).read();
}

std::string to_stored(spec const& s) {
  return to_json_text(stored::to_stored_spec(s));
}

result<spec> from_stored(std::string_view text) {
  auto kept = stored::read<stored::stored_spec>(text, "a deployment");
  if (!kept) return kept.error();
  if (kept->image.empty() || kept->registry.empty()) return stored::damaged("a deployment", "it names no image");
  return stored::from_stored_spec(*kept);
}

}  // namespace krane
