#include "cli/spec_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <sstream>
#include <vector>

#include "base/json.hpp"
#include "cli/compose_file.hpp"
#include "cli/file_reading.hpp"
#include "model/service_fields.hpp"
#include "model/spec_fields.hpp"

namespace krane::cli {
namespace {

constexpr std::array<char const*, 3> default_names{"krane.json", "krane.yaml", "deployment.json"};
constexpr std::string_view schema_key = "$schema";

constexpr std::string_view standard_input = "-";

bool is_yaml(std::string_view path, std::string_view text) {
  if (path.ends_with(".yaml") || path.ends_with(".yml")) return true;
  if (path.ends_with(".json")) return false;
  auto const first = text.find_first_not_of(" \t\r\n");
  return first == text.npos || text[first] != '{';
}

class file_reader {
public:
  // `prefix`: before the paths of what is wrong, where the file says more than this deployment.
  file_reader(std::string const& path, spec_input const& instead, std::string prefix = {})
      : path_(path), instead_(instead), prefix_(std::move(prefix)) {}

  result<spec_file> read(written_value const& top) {
    if (top.is != written_value::kind::map)
      return make_error({{path_, "must hold fields such as name and image, as \"krane schema\" lists them"}});
    read_map(top, false);
    apply_instead(written_, instead_);
    auto input = written_;
    for (service_member const& one : service_) input.service.push_back(one.member);
    auto checked = make_spec(input);
    if (!checked)
      for (fault const& one : checked.error().details) add_checked(one);
    if (!found_.empty()) return all_faults();
    bool const says_replicas =
        std::ranges::any_of(service_, [](auto const& one) { return one.member.key == "replicas"; });
    return spec_file{
        .path = path_, .written = std::move(written_), .checked = std::move(*checked), .says_replicas = says_replicas};
  }

private:
  struct placed_fault {
    written_place place;
    fault what;
  };
  struct origin {
    std::string path;  // as written: "config.image", or "image" beside the name
    written_place place;
  };

  // A field that is read by the model alone, with where it stands.
  struct service_member {
    written_member member;
    std::string path;  // as written: "config.volumes", or "volumes" beside the name
  };

  std::string label(written_place place, std::string_view path) const {
    return place.line == 0 ? fmt::format("{}: {}{}", path_, prefix_, path)
                           : fmt::format("{}:{}:{}: {}{}", path_, place.line, place.column, prefix_, path);
  }
  // From the file's top to its end, and then what has no place in it.
  void insert(placed_fault one) {
    auto const key = [](placed_fault const& of) {
      constexpr auto last = std::numeric_limits<std::size_t>::max();
      return std::pair(of.place.line == 0 ? last : of.place.line, of.place.column);
    };
    found_.insert(std::ranges::upper_bound(found_, key(one), {}, key), std::move(one));
  }
  void add(written_place place, std::string_view path, std::string what) {
    insert({place, {label(place, path), std::move(what)}});
  }

  void read_map(written_value const& map, bool in_config) {
    for (auto const& [key, place, value] : map.members) {
      std::string const path = in_config ? "config." + key : key;
      if (!in_config && key == schema_key) continue;
      if (!in_config && key == "config")
        read_config(value, place);
      else if (auto const* field = find_field(key, in_config))
        read_field(*field, value, path, place);
      else if (find_service_field(key) != nullptr)
        keep_service_field({key, place, value}, path);
      else
        add(place, json_detail::member_path(in_config ? "config" : "", key), unknown_text(key, in_config));
    }
  }

  void read_config(written_value const& value, written_place place) {
    if (value.is == written_value::kind::map)
      read_map(value, true);
    else if (value.is != written_value::kind::nothing)
      add(place, "config", "must hold fields such as image and container_port");
  }

  static spec_field const* find_field(std::string_view key, bool in_config) {
    for (spec_field const& one : spec_fields())
      if (one.key == key && (one.in_config || !in_config)) return &one;
    return nullptr;
  }

  static std::string unknown_text(std::string_view key, bool in_config) {
    std::vector<std::string_view> known;
    if (!in_config) known.push_back("config");
    for (spec_field const& one : spec_fields())
      if (one.in_config || !in_config) known.push_back(one.key);
    for (service_field const& one : service_fields()) known.push_back(one.key);
    return json_detail::unknown_key_text(key, known);
  }

  void read_field(spec_field const& field, written_value const& value, std::string const& path, written_place place) {
    auto const [known, is_new] = origins_.try_emplace(path_of(field), origin{path, place});
    if (!is_new)
      return add(place, path, fmt::format("stands in the file twice, here and as {}; keep one", known->second.path));
    if (value.is == written_value::kind::nothing) return;
    if (value.is == written_value::kind::text)
      written_.*field.slot = value.text;
    else
      add(place, path,
          fmt::format("wants {}, got {}{}", field.is == spec_field::kind::port ? "a port" : "a text", value.kind_name(),
                      value.is == written_value::kind::fraction ? "; put it in quotes" : ""));
  }

  void keep_service_field(written_member member, std::string path) {
    auto const same = [&](service_member const& one) { return one.member.key == member.key; };
    if (auto const before = std::ranges::find_if(service_, same); before != service_.end())
      return add(member.place, path, fmt::format("stands in the file twice, here and as {}; keep one", before->path));
    service_.push_back({std::move(member), std::move(path)});
  }

  // "config.environment.A B" → the place of what is the deepest that has one, as far as the path goes.
  static written_place place_of(written_member const& top, std::string_view path) {
    written_place best = top.place;
    written_value const* at = &top.value;
    while (!path.empty()) {
      written_value const* next = nullptr;
      written_place place{};
      std::size_t used = 0;
      for (std::size_t i = 0; i < at->items.size(); ++i)
        if (auto const part = json_detail::element_path("", i); path.starts_with(part) && part.size() > used) {
          next = &at->items[i];
          place = next->place;
          used = part.size();
        }
      for (written_member const& one : at->members) {
        auto part = json_detail::member_path("x", one.key).substr(1);
        if (path.starts_with(part) && part.size() > used) {
          next = &one.value;
          place = one.place;
          used = part.size();
        }
      }
      if (next == nullptr) break;
      if (place.line != 0) best = place;
      at = next;
      path.remove_prefix(used);
    }
    return best;
  }

  // Whether it is of a service field, and then told at its place.
  bool add_of_service(fault const& one) {
    for (service_member const& field : service_) {
      std::string const path = "config." + field.member.key;
      if (!one.path.starts_with(path)) continue;
      std::string_view const below = std::string_view(one.path).substr(path.size());
      if (!below.empty() && below.front() != '.' && below.front() != '[') continue;
      add(place_of(field.member, below), field.path + std::string(below), one.error);
      return true;
    }
    return false;
  }

  error all_faults() {
    std::vector<fault> faults;
    for (placed_fault& one : found_) faults.push_back(std::move(one.what));
    error all = make_error(std::move(faults));
    if (found_.size() > 1) all.message = fmt::format("{} has {} faults", path_, found_.size());
    return all;
  }

  void add_checked(fault const& one) {
    for (spec_field const& field : spec_fields()) {
      if (path_of(field) != one.path) continue;
      auto const found = origins_.find(one.path);
      if (instead_.*field.slot) return insert({{}, {flag_of(field), one.error}});
      if (found == origins_.end()) return add({}, field.key, one.error);
      // A fault of its form was told already.
      if (!(written_.*field.slot) && has_fault(found->second)) return;
      return add(found->second.place, found->second.path, one.error);
    }
    if (!add_of_service(one)) add({}, one.path, one.error);
  }

  bool has_fault(origin const& of) const {
    return std::ranges::any_of(found_, [&](auto const& one) { return one.what.path == label(of.place, of.path); });
  }

  std::string const& path_;
  spec_input const& instead_;
  std::string prefix_;
  spec_input written_;
  std::map<std::string, origin> origins_;  // by path_of(field)
  std::vector<service_member> service_;
  std::vector<placed_fault> found_;
};

result<std::string> read_text(std::string const& path) {
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec))
    return make_error(errc::invalid, fmt::format("{} is a folder, and a file is wanted", path));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || (!(text << file.rdbuf()) && !file.eof() && file.bad())) {
    int const why = errno;
    return make_error(why == ENOENT ? errc::not_found : errc::invalid,
                      why == ENOENT ? "no_such_file" : "unreadable_file",
                      fmt::format("{} cannot be read: {}", path, std::strerror(why)));
  }
  return std::move(text).str();
}

}  // namespace

char const* flag_of(spec_field const& field) {
  if (field.key == "name") return "NAME";
  return field.is == spec_field::kind::port ? "--port" : field.key == "tag" ? "--tag" : "--image";
}

void apply_instead(spec_input& written, spec_input const& instead) {
  if (instead.image) {
    auto const parts = parse_image(*instead.image);
    if (parts && parts->registry) written.registry.reset();
    if (parts && (parts->tag || parts->digest)) written.tag.reset();
  }
  for (spec_field const& field : spec_fields())
    if (instead.*field.slot) written.*field.slot = instead.*field.slot;
  if (instead.tag && !instead.image && written.image)
    if (auto const parts = parse_image(*written.image); parts && (parts->tag || parts->digest))
      written.image = parts->registry ? *parts->registry + "/" + parts->repository : parts->repository;
}

std::optional<std::string> find_spec_file(std::string const& folder) {
  std::error_code ec;
  for (char const* name : default_names)
    if (auto const path = std::filesystem::path(folder) / name; std::filesystem::exists(path, ec))
      return folder == "." ? name : path.string();
  return std::nullopt;
}

error no_spec_file() {
  return make_error(errc::not_found, "no_spec_file",
                    fmt::format("there is no {} in this folder; name a file with -f, or make one with krane init",
                                fmt::join(default_names, ", ")));
}

namespace {

result<written_value> parse(std::string_view text, std::string const& path) {
  auto top = is_yaml(path, text) ? parse_yaml(text) : parse_json_file(text);
  if (top) return top;
  error why = top.error();
  bool const placed = !why.message.empty() && why.message.front() >= '0' && why.message.front() <= '9';
  why.message = fmt::format("{}:{}{}", path, placed ? "" : " ", why.message);
  return why;
}

bool names(written_value const& top, std::string const& deployment) {
  if (is_compose_file(top)) {
    auto const* const services = top.find("services");
    return services != nullptr && services->find(deployment) != nullptr;
  }
  auto const* const name = top.find("name");
  return name != nullptr && name->has_text() && name->text == deployment;
}

result<std::vector<spec_file>> read_compose(written_value const& top, std::string const& path,
                                            spec_input const& instead) {
  std::vector<fault> faults;
  auto const services = services_of(top, [&](written_place place, std::string const& at, std::string what) {
    faults.push_back({place.line == 0 ? fmt::format("{}: {}", path, at)
                                      : fmt::format("{}:{}:{}: {}", path, place.line, place.column, at),
                      std::move(what)});
  });
  std::vector<spec_file> out;
  spec_input rest = instead;
  rest.name.reset();
  for (written_value const& one : services) {
    std::string const name = one.find("name")->text;
    if (instead.name && *instead.name != name) continue;
    auto read = file_reader(path, rest, fmt::format("services.{}.", name)).read(one);
    if (read)
      out.push_back(std::move(*read));
    else
      faults.insert(faults.end(), read.error().details.begin(), read.error().details.end());
  }
  if (!faults.empty()) return make_error(std::move(faults));
  if (out.empty())
    return make_error(errc::not_found, "no_such_service",
                      instead.name ? fmt::format("{} has no service \"{}\"", path, *instead.name)
                                   : fmt::format("{} has no service", path));
  return out;
}

}  // namespace

result<std::optional<std::string>> find_spec_file_of(std::string const& name, std::string const& folder) {
  std::error_code ec;
  for (char const* one : default_names) {
    auto const path = std::filesystem::path(folder) / one;
    if (!std::filesystem::exists(path, ec)) continue;
    std::string const shown = folder == "." ? one : path.string();
    auto const text = read_text(shown);
    if (!text) return text.error();
    auto const top = parse(*text, shown);
    if (!top) return top.error();
    if (names(*top, name)) return std::optional(shown);
  }
  return std::optional<std::string>();
}

result<std::vector<spec_file>> read_specs(std::string_view text, std::string const& path, spec_input const& instead) {
  auto const top = parse(text, path);
  if (!top) return top.error();
  if (is_compose_file(*top)) return read_compose(*top, path, instead);
  auto one = file_reader(path, instead).read(*top);
  if (!one) return one.error();
  std::vector<spec_file> out;
  out.push_back(std::move(*one));
  return out;
}

result<std::vector<spec_file>> read_spec_files(std::string const& path, spec_input const& instead) {
  if (path == standard_input)
    return read_specs(std::string(std::istreambuf_iterator<char>(std::cin), {}), "standard input", instead);
  auto const text = read_text(path);
  if (!text) return text.error();
  return read_specs(*text, path, instead);
}

}  // namespace krane::cli
