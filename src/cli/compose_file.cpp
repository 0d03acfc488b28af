#include "cli/compose_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "model/service_fields.hpp"

namespace krane::cli {
namespace {

using kind = written_value::kind;

constexpr char names_resolve[] =
    "is not needed: all deployments are in one network, where each is reached by its name; leave it out";

// Why a key of a service that people often write is not for krane.
std::string_view reason_of(std::string_view key) {
  static std::map<std::string_view, std::string_view> const known{
      {"build", "cannot be: krane builds nothing; push an image to a registry, and name it as image"},
      {"container_name", "cannot be: containers are named by krane, after the deployment"},
      {"networks", names_resolve},
      {"env_file", "cannot be: write the variables into environment, and what is secret with krane secrets set"},
      {"profiles", "cannot be: name the service to deploy on the command line"},
      {"links", names_resolve},
      {"hostname", names_resolve},
  };
  auto const found = known.find(key);
  return found == known.end() ? "is not something that krane can do" : found->second;
}

// Taken as they are.
bool is_common_key(std::string_view key) {
  return key != "ports" && key != "network_mode" && key != "resources" && key != "pull" && key != "replicas" &&
         find_service_field(key) != nullptr;
}

class service_reader {
public:
  service_reader(std::string name, written_value const& from, compose_fault const& wrong)
      : name_(std::move(name)), from_(from), wrong_(wrong) {}

  written_value read(written_place place) {
    out_.is = kind::map;
    out_.place = from_.place;
    add("name", place, text_of(name_, place));
    for (written_member const& one : from_.members) read_member(one);
    if (!limits_.members.empty()) {
      limits_.is = kind::map;
      add("resources", limits_.place, limits_);
    }
    return std::move(out_);
  }

private:
  void read_member(written_member const& one) {
    if (one.key.starts_with("x-") || one.key == "depends_on") return;
    if (one.key == "image" || is_common_key(one.key)) return add(one.key, one.place, one.value);
    if (one.key == "ports") return read_ports(one);
    if (one.key == "expose") return read_expose(one);
    if (one.key == "deploy") return read_deploy(one);
    if (one.key == "scale") return add("replicas", one.place, one.value);
    if (one.key == "mem_limit") return add_limit("memory", one);
    if (one.key == "cpus") return add_limit("cpus", one);
    if (one.key == "pids_limit") return add_limit("pids", one);
    if (one.key == "pull_policy") return add("pull", one.place, one.value);
    if (one.key == "network_mode" && one.value.text != "bridge") return add(one.key, one.place, one.value);
    if (one.key == "network_mode") return;
    fault(one, one.key, std::string(reason_of(one.key)));
  }

  // The first that is the host's on all addresses is led by the front, the others are published by the engine.
  void read_ports(written_member const& one) {
    written_value rest = one.value;
    auto const led = std::ranges::find_if(rest.items, [](written_value const& item) {
      auto const colon = item.text.find(':');
      return item.has_text() && colon != std::string::npos && item.text.find(':', colon + 1) == std::string::npos &&
             item.text.find('/') == std::string::npos;
    });
    if (led != rest.items.end()) {
      auto const colon = led->text.find(':');
      add("host_port", led->place, text_of(led->text.substr(0, colon), led->place));
      add("container_port", led->place, text_of(led->text.substr(colon + 1), led->place));
      rest.items.erase(led);
    }
    if (one.value.is != kind::list || !rest.items.empty()) add("ports", one.place, std::move(rest));
  }

  void read_expose(written_member const& one) {
    if (one.value.is == kind::list && one.value.items.size() == 1 && from_.find("ports") == nullptr)
      return add("container_port", one.place, one.value.items.front());
    if (from_.find("ports") == nullptr) fault(one, "expose", "must be one port: the one that the service is asked on");
  }

  void read_deploy(written_member const& one) {
    for (written_member const& part : one.value.members) {
      auto const* const limits = part.value.find("limits");
      if (part.key == "replicas") {
        add("replicas", part.place, part.value);
        continue;
      }
      if (part.key != "resources" || limits == nullptr || part.value.members.size() != 1) {
        fault(part, "deploy." + part.key, "is not something that krane can do; replicas and resources.limits are");
        continue;
      }
      for (written_member const& limit : limits->members) add_limit(limit.key, limit);
    }
  }

  void add_limit(std::string key, written_member const& one) {
    limits_.place = one.place;
    limits_.members.push_back({std::move(key), one.place, one.value});
  }
  void add(std::string key, written_place place, written_value value) {
    out_.members.push_back({std::move(key), place, std::move(value)});
  }
  static written_value text_of(std::string text, written_place place) {
    written_value out;
    out.is = kind::text;
    out.text = std::move(text);
    out.place = place;
    return out;
  }
  void fault(written_member const& at, std::string const& key, std::string what) {
    wrong_(at.place, fmt::format("services.{}.{}", name_, key), std::move(what));
  }

  std::string name_;
  written_value const& from_;
  compose_fault const& wrong_;
  written_value out_;
  written_value limits_;
};

std::vector<std::string> dependencies_of(written_value const& service) {
  std::vector<std::string> out;
  auto const* const found = service.find("depends_on");
  if (found == nullptr) return out;
  for (written_value const& one : found->items) out.push_back(one.text);
  for (written_member const& one : found->members) out.push_back(one.key);
  return out;
}

// Each after what it depends on; a ring is cut somewhere, since nobody in it can be first.
void visit(std::vector<written_member> const& services, written_member const& one, std::set<std::string>& seen,
           std::vector<written_member const*>& order) {
  if (!seen.insert(one.key).second) return;
  for (std::string const& before : dependencies_of(one.value))
    for (written_member const& other : services)
      if (other.key == before) visit(services, other, seen, order);
  order.push_back(&one);
}

// "${NAME}" and "$NAME" would be filled in by Compose; "$$" is "$".
void fill_in(written_value& in, std::string const& path, compose_fault const& wrong) {
  std::string out;
  for (std::size_t i = 0; in.has_text() && i < in.text.size(); ++i) {
    out += in.text[i];
    if (in.text[i] != '$') continue;
    bool const doubled = i + 1 < in.text.size() && in.text[i + 1] == '$';
    if (!doubled) {
      wrong(in.place, path,
            "has a variable to be filled in, which krane does not do; write the value, or $$ for the character itself");
      break;
    }
    ++i;
  }
  if (in.has_text()) in.text = out;
  for (written_value& item : in.items) fill_in(item, path, wrong);
  for (written_member& one : in.members) fill_in(one.value, path + "." + one.key, wrong);
}

void check_top(written_value const& top, compose_fault const& wrong) {
  for (written_member const& one : top.members) {
    if (one.key == "services" || one.key == "version" || one.key.starts_with("x-")) continue;
    if (one.key == "volumes") {
      // A name needs no more words; what a driver would do is not for krane.
      for (written_member const& volume : one.value.members)
        if (volume.value.is != kind::nothing && !volume.value.members.empty())
          wrong(volume.place, "volumes." + volume.key, "can have a name only, no driver and no options");
      continue;
    }
    wrong(one.place, one.key,
          one.key == "networks" ? std::string(names_resolve)
          : one.key == "name"   ? std::string("is not needed: deployments are named as the services are; leave it out")
          : one.key == "secrets"
              ? std::string("cannot be: krane secrets set keeps secrets, and services name them by their keys")
              : std::string("is not something that krane can do"));
  }
}

}  // namespace

bool is_compose_file(written_value const& top) {
  auto const* const services = top.find("services");
  return services != nullptr && services->is == kind::map;
}

std::vector<written_value> services_of(written_value const& top, compose_fault const& wrong) {
  written_value filled = top;
  fill_in(filled, "", [&](written_place place, std::string const& path, std::string what) {
    wrong(place, path.substr(1), std::move(what));
  });
  check_top(filled, wrong);
  auto const& services = filled.find("services")->members;
  std::set<std::string> seen;
  std::vector<written_member const*> order;
  for (written_member const& one : services) visit(services, one, seen, order);
  std::vector<written_value> out;
  for (written_member const* const one : order) {
    if (one->value.is == kind::map)
      out.push_back(service_reader(one->key, one->value, wrong).read(one->place));
    else
      wrong(one->place, "services." + one->key, "must hold fields such as image");
  }
  return out;
}

}  // namespace krane::cli
