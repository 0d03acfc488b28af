#include "support/scripted_world.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <chrono>
#include <functional>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "support/scripted_json.hpp"

namespace krane::test {
namespace {

int hex_digit(char c) {
  return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size()) {
      out += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

std::optional<port> port_of(std::string_view tcp_port) {
  if (!tcp_port.ends_with("/tcp")) return std::nullopt;
  auto const parsed = parse_port(tcp_port.substr(0, tcp_port.size() - 4));
  return parsed ? std::optional<port>(*parsed) : std::nullopt;
}

std::string json_lines(std::vector<json::object> const& lines) {
  std::string out;
  for (auto const& one : lines) out += json::serialize(one) + "\r\n";
  return out;
}

}  // namespace

parsed_target parse_target(std::string_view target) {
  parsed_target out;
  std::string_view path = target.substr(0, target.find('?'));
  std::string_view query = path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view{};
  while (!path.empty()) {
    path.remove_prefix(1);
    std::size_t const end = std::min(path.find('/'), path.size());
    out.path.push_back(decoded(path.substr(0, end)));
    path.remove_prefix(end);
  }
  if (!out.path.empty() && out.path.front().starts_with("v1.")) out.path.erase(out.path.begin());
  while (!query.empty()) {
    std::string_view const part = query.substr(0, query.find('&'));
    std::size_t const equals = std::min(part.find('='), part.size());
    out.query[decoded(part.substr(0, equals))] = decoded(part.substr(std::min(equals + 1, part.size())));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
  }
  return out;
}

// Without its tag or digest.
std::string repository_of(std::string const& reference) {
  if (auto const digest = reference.find('@'); digest != std::string::npos) return reference.substr(0, digest);
  auto const tag = reference.rfind(':');
  bool const is_tag = tag != std::string::npos && reference.find('/', tag) == std::string::npos;
  return is_tag ? reference.substr(0, tag) : reference;
}

scripted_image with_id(std::string const& reference, scripted_image image) {
  if (!image.id.empty()) return image;
  std::string hex;
  for (int part = 0; part < 4; ++part)
    hex += fmt::format("{:016x}", std::hash<std::string>{}(fmt::format("{}#{}", reference, part)));
  image.id = "sha256:" + hex;
  return image;
}

std::string nano_time(std::int64_t ns) {
  time_point const t{std::chrono::microseconds{ns / 1000}};
  std::string text = to_rfc3339(t);
  text.insert(text.size() - 1, fmt::format("{:03}", ns % 1000));
  return text;
}

bool passes_label_filter(std::string const& filters, labels const& marks) {
  auto const document = parsed(filters);
  if (!document.is_object()) return true;
  auto const* const wanted = document.get_object().if_contains("label");
  if (wanted == nullptr || !wanted->is_array()) return true;
  return std::ranges::all_of(wanted->get_array(), [&](json::value const& one) {
    std::string const text(one.as_string());
    std::size_t const equals = text.find('=');
    auto const found = marks.find(text.substr(0, equals));
    return found != marks.end() && (equals == std::string::npos || found->second == text.substr(equals + 1));
  });
}

scripted_world::scripted_world() {
  networks["0000000000000001"] = {"0000000000000001", "bridge", "bridge"};
  // Several test programs run at once on one machine: each begins elsewhere in 127.0.0.0/8.
  next_address_ = static_cast<std::uint32_t>(::getpid()) * 251U % 0x00F00000U;
}

scripted_world::~scripted_world() {
  for (auto& [id, one] : boxes) close_listeners(one);
}

std::int64_t scripted_world::tick() {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  last_ns_ = std::max(last_ns_ + 1, std::chrono::nanoseconds(now).count());
  return last_ns_;
}

// --- images

scripted_image const* scripted_world::find_image(std::string const& name, std::string* reference) const {
  for (auto const& [known, image] : images) {
    // An image's digest is its id here.
    bool const by_digest = name.ends_with("@" + image.id) && repository_of(known) == repository_of(name);
    if (known != name && image.id != name && !by_digest) continue;
    if (reference != nullptr) *reference = known;
    return &image;
  }
  return nullptr;
}

scripted_answer scripted_world::version() const {
  return {.body = json::serialize(json::object{{"Version", "20.10.24"},
                                               {"ApiVersion", api_version},
                                               {"MinAPIVersion", min_api_version},
                                               {"Os", "linux"},
                                               {"Arch", "amd64"}})};
}

scripted_answer scripted_world::info() const {
  json::object const registries{{"InsecureRegistryCIDRs", json::array{"127.0.0.0/8"}},
                                {"IndexConfigs", json::object{{"docker.io", json::object{{"Secure", true}}}}},
                                {"Mirrors", json::value_from(mirrors)}};
  return {.body = json::serialize(json::object{
              {"DockerRootDir", storage_folder}, {"Containers", boxes.size()}, {"RegistryConfig", registries}})};
}

namespace {

// An image's digest is its id here.
std::map<std::string, scripted_image>::const_iterator find_in(std::map<std::string, scripted_image> const& all,
                                                              std::string const& name) {
  return std::ranges::find_if(all, [&](auto const& entry) {
    return entry.first == name ||
           (name.ends_with("@" + entry.second.id) && repository_of(entry.first) == repository_of(name));
  });
}

std::optional<scripted_answer> registry_trouble(registry_does what, std::string const& tag) {
  switch (what) {
    case registry_does::refuse_connection:
      return refusal(500, "Get \"https://registry/v2/\": dial tcp 127.0.0.1:5000: connect: connection refused");
    case registry_does::want_login:
      return refusal(
          500, fmt::format("Head \"https://registry/v2/manifests/{}\": unauthorized: authentication required", tag));
    case registry_does::deny:
      return refusal(
          500,
          fmt::format("Head \"https://registry/v2/manifests/{}\": denied: requested access to the resource is denied",
                      tag));
    case registry_does::limit_rate:
      return refusal(500, "toomanyrequests: You have reached your pull rate limit.");
    case registry_does::fail:
      return refusal(500, "received unexpected HTTP status: 500 Internal Server Error");
    case registry_does::stall:
      return scripted_answer{.stalls_before = true};
    default:
      return std::nullopt;
  }
}

scripted_answer unknown_manifest(std::string const& name) {
  return refusal(404, fmt::format("manifest for {} not found: manifest unknown: manifest unknown", name));
}

}  // namespace

scripted_answer scripted_world::ask_registry(std::string const& name) const {
  registry_does const what = registry_script.empty() ? registry_does::serve : registry_script.front().first;
  if (auto trouble = registry_trouble(what, name.substr(repository_of(name).size()))) return *trouble;
  auto const found = find_in(registry, name);
  if (found == registry.end()) return unknown_manifest(name);
  return {.body = json::serialize(json::object{{"Descriptor", json::object{{"digest", found->second.id}, {"size", 1}}},
                                               {"Platforms", json::array{}}})};
}

scripted_answer scripted_world::pull(parsed_target const& to) {
  std::string const repository = to.query.contains("fromImage") ? to.query.at("fromImage") : "";
  std::string const tag = to.query.contains("tag") ? to.query.at("tag") : "";
  if (repository.empty() || tag.empty()) return refusal(500, "the scripted engine pulls no image without a tag");
  std::string const name = repository + (tag.starts_with("sha256:") ? "@" : ":") + tag;

  registry_does what = registry_does::serve;
  if (!registry_script.empty()) {
    what = registry_script.front().first;
    if (--registry_script.front().second <= 0) registry_script.pop_front();
  }
  if (auto trouble = registry_trouble(what, tag)) return *trouble;
  // An image's digest is its id here.
  auto const found = find_in(registry, name);
  if (found == registry.end()) return unknown_manifest(name);

  std::vector<json::object> lines{
      {{"status", "Pulling from " + repository}, {"id", tag}},
      {{"status", "Pulling fs layer"}, {"progressDetail", json::object{}}, {"id", "aaaaaaaaaaaa"}},
      {{"status", "Downloading"},
       {"progressDetail", json::object{{"current", 1024}, {"total", 2048}}},
       {"id", "aaaaaaaaaaaa"}}};
  auto const failed = [&](std::string const& words) {
    lines.push_back({{"errorDetail", json::object{{"message", words}}}, {"error", words}});
    return scripted_answer{.body = json_lines(lines), .streamed = true};
  };
  if (what == registry_does::stall_midway) return {.body = json_lines(lines), .stalls_after = true, .streamed = true};
  if (what == registry_does::send_bad_layer)
    return failed("filesystem layer verification failed for digest sha256:aaaa");
  if (what == registry_does::fill_the_disk)
    return failed("failed to register layer: write /var/lib/docker/overlay2: no space left on device");
  lines.push_back({{"status", "Pull complete"}, {"progressDetail", json::object{}}, {"id", "aaaaaaaaaaaa"}});
  lines.push_back({{"status", "Digest: " + found->second.id}});
  lines.push_back({{"status", "Status: Downloaded newer image for " + name}});
  // What had the name stays, and has a digest only.
  if (auto const before = images.find(name); before != images.end() && before->second.id != found->second.id)
    images[repository + "@" + before->second.id] = before->second;
  images[name] = found->second;
  return {.body = json_lines(lines), .streamed = true};
}

// Familiar, as the engine writes it.
std::string familiar_name(std::string name) {
  if (name.starts_with("docker.io/")) name.erase(0, 10);
  return name;
}

// Null where there is none, as the engine has it.
json::value places_of(scripted_image const& image) {
  if (image.volumes.empty()) return nullptr;
  json::object out;
  for (auto const& place : image.volumes) out[place] = json::object{};
  return out;
}

scripted_answer scripted_world::inspect_image(std::string const& name) const {
  auto const* const image = find_image(name);
  if (image == nullptr) return refusal(404, "No such image: " + name);
  auto const [tags, digests] = names_of(image->id);
  return {.body = json::serialize(
              json::object{{"Id", image->id},
                           {"Architecture", image->architecture},
                           {"Os", "linux"},
                           {"RepoTags", tags},
                           {"RepoDigests", digests},
                           {"Config", json::object{{"Volumes", places_of(*image)}}},
                           {"RootFS", json::object{{"Type", "layers"}, {"Layers", json::value_from(image->layers)}}}})};
}

std::pair<json::array, json::array> scripted_world::names_of(std::string const& id) const {
  json::array tags;
  json::array digests;
  for (auto const& [reference, known] : images) {
    if (known.id != id) continue;
    json::string const digest(familiar_name(repository_of(reference)) + "@" + known.id);
    if (std::ranges::find(digests, json::value(digest)) == digests.end()) digests.emplace_back(digest);
    if (!reference.contains('@')) tags.emplace_back(familiar_name(reference));
  }
  return {std::move(tags), std::move(digests)};
}

scripted_answer scripted_world::list_images() const {
  json::array all;
  std::set<std::string> listed;
  for (auto const& [reference, known] : images) {
    if (!listed.insert(known.id).second) continue;
    auto [tags, digests] = names_of(known.id);
    all.push_back(json::object{
        {"Id", known.id}, {"RepoTags", std::move(tags)}, {"RepoDigests", std::move(digests)}, {"Size", 1'000'000}});
  }
  return {.body = json::serialize(all)};
}

scripted_answer scripted_world::remove_image(std::string const& name) {
  std::string reference;
  auto const* const image = find_image(name, &reference);
  if (image == nullptr) return refusal(404, "No such image: " + name);
  for (auto const& [id, one] : boxes) {
    if (one.image.id == image->id)
      return refusal(409,
                     fmt::format("conflict: unable to remove repository reference \"{}\" (must force) - container {} "
                                 "is using its referenced image",
                                 name, id.substr(0, 12)));
  }
  std::string const id = image->id;
  if (name == id) {
    if (names_of(id).first.size() > 1)
      return refusal(409,
                     fmt::format("conflict: unable to delete {} (must be forced) - image is referenced in multiple "
                                 "repositories",
                                 id.substr(7, 12)));
    std::erase_if(images, [&](auto const& entry) { return entry.second.id == id; });
  } else {
    images.erase(reference);
    // Without a tag it goes, digests and all.
    if (names_of(id).first.empty()) std::erase_if(images, [&](auto const& entry) { return entry.second.id == id; });
  }
  return {.body = json::serialize(json::array{json::value(json::object{{"Untagged", reference}})})};
}

// --- containers

scripted_world::box* scripted_world::find(std::string_view id_or_name) {
  for (auto& [id, one] : boxes)
    if (id == id_or_name || one.now.name == id_or_name) return &one;
  if (id_or_name.size() < 4) return nullptr;
  for (auto& [id, one] : boxes)
    if (id.starts_with(id_or_name)) return &one;
  return nullptr;
}

scripted_world::box const* scripted_world::find(std::string_view id_or_name) const {
  return const_cast<scripted_world*>(this)->find(id_or_name);
}

scripted_answer scripted_world::create(parsed_target const& to, std::string const& body) {
  auto const document = parsed(body);
  if (!document.is_object()) return refusal(500, "unexpected end of JSON input");
  auto const& from = document.get_object();
  box made;
  made.now.name = to.query.contains("name") ? to.query.at("name") : "";
  if (auto const* const taken = find(made.now.name); taken != nullptr && taken->now.name == made.now.name)
    return refusal(409,
                   fmt::format("Conflict. The container name \"/{}\" is already in use by container \"{}\". You have "
                               "to remove (or rename) that container to be able to reuse that name.",
                               made.now.name, taken->now.id.str()));
  made.now.image = text_member(from, "Image");
  auto const* const image = find_image(made.now.image);
  if (image == nullptr) return refusal(404, "No such image: " + made.now.image);
  made.image = *image;
  if (auto const* const marks = object_member(from, "Labels"))
    for (auto const& [key, value] : *marks) made.now.marks[std::string(key)] = std::string(value.as_string());
  if (auto const found = from.find("Env"); found != from.end())
    for (auto const& item : found->value().as_array()) {
      std::string const pair(item.as_string());
      made.now.environment[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
    }
  if (auto const* const volumes = object_member(from, "Volumes"))
    for (auto const& [place, value] : *volumes) made.own_volumes.insert(std::string(place));
  if (auto const* const exposed = object_member(from, "ExposedPorts"))
    for (auto const& [key, value] : *exposed) made.exposed = port_of(key);
  if (auto const* const host = object_member(from, "HostConfig")) {
    made.now.network = text_member(*host, "NetworkMode");
    if (auto const* const policy = object_member(*host, "RestartPolicy"))
      made.now.restart = text_member(*policy, "Name");
    made.init = host->contains("Init") && host->at("Init").as_bool();
    if (auto const* const bindings = object_member(*host, "PortBindings")) {
      for (auto const& [key, value] : *bindings) {
        // As the real one: a binding of a port that is not exposed has no effect.
        if (!made.exposed || port_of(key) != made.exposed || value.as_array().empty()) continue;
        made.published = made.exposed;
        auto const host_port = parse_port(text_member(value.as_array().front().as_object(), "HostPort"));
        if (host_port) made.now.host_port = *host_port;
      }
    }
  }
  if (made.now.network.empty()) made.now.network = "bridge";
  if (auto const* const networking = object_member(from, "NetworkingConfig"))
    if (auto const* const endpoints = object_member(*networking, "EndpointsConfig"))
      if (auto const* const endpoint = object_member(*endpoints, made.now.network))
        if (auto const* const aliases = endpoint->if_contains("Aliases"))
          for (auto const& alias : aliases->as_array()) made.now.aliases.emplace_back(alias.as_string());
  made.now.id = container_id{random_hex(32)};
  made.now.status = "created";
  made.created = tick() / 1'000'000'000;
  mount_volumes(made, from);
  std::string const id = made.now.id.str();
  auto const& kept = boxes.emplace(id, std::move(made)).first->second;
  happen(kept, "create");
  return {.status = 201, .body = json::serialize(json::object{{"Id", id}, {"Warnings", json::array{}}})};
}

// Only plain files with short names: what krane sends.
scripted_answer scripted_world::put_files(parsed_target const& to, std::string const& name, std::string const& body) {
  constexpr std::size_t block = 512;
  box* const one = find(name);
  if (one == nullptr) return no_such_container(name);
  std::string const folder = to.query.contains("path") ? to.query.at("path") : "";
  if (!one->own_volumes.contains(folder)) return refusal(404, "Could not find the file " + folder);
  for (std::size_t at = 0; at + block <= body.size() && body[at] != '\0';) {
    std::string const file = body.substr(at, 100).c_str();
    std::size_t const size = std::stoul(body.substr(at + 124, 11), nullptr, 8);
    one->now.files[folder + "/" + file] = body.substr(at + block, size);
    at += block + (size + block - 1) / block * block;
  }
  return {.body = ""};
}

scripted_answer scripted_world::start(std::string const& name) {
  box* const one = find(name);
  if (one == nullptr) return no_such_container(name);
  if (one->now.status == "running") return {.status = 304};
  if (one->now.status == "paused") return refusal(409, "cannot start a paused container, try unpause instead");
  auto const fails = [&](unsigned status, std::string const& words, int code) {
    one->start_error = words;
    one->now.exit_code = code;
    return refusal(status, words);
  };
  // Once it has been in a network, it is that network's id that counts.
  auto const* const its = find_network(one->now.network_id.empty() ? one->now.network : one->now.network_id);
  if (one->now.connected && its == nullptr)
    return fails(404, fmt::format("network {} not found", one->now.network), 128);
  if (one->now.connected) one->now.network_id = its->id;
  if (auto const wanted = one->now.host_port) {
    std::string const where =
        fmt::format("driver failed programming external connectivity on endpoint {}: ", one->now.name);
    bool const held = std::ranges::any_of(boxes, [&](auto const& entry) {
      return entry.second.now.status == "running" && entry.second.now.host_port == wanted;
    });
    if (held)
      return fails(500, fmt::format("{}Bind for 0.0.0.0:{} failed: port is already allocated", where, *wanted), 128);
    if (just_freed.contains(*wanted) && lingering_starts > 0) {
      --lingering_starts;
      return fails(500, fmt::format("{}Bind for 0.0.0.0:{} failed: port is already allocated", where, *wanted), 128);
    }
    if (occupied.contains(*wanted))
      return fails(500,
                   fmt::format("{}Error starting userland proxy: listen tcp4 0.0.0.0:{}: bind: address already in use",
                               where, *wanted),
                   128);
  }
  if (one->image.command_missing && !one->init)
    return fails(400,
                 "OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "
                 "\"serve\": executable file not found in $PATH: unknown",
                 127);
  run(*one);
  return {.status = 204};
}

void scripted_world::run(box& one) {
  one.start_error.clear();
  one.oom_killed = false;
  one.now.exit_code = 0;
  one.now.status = "running";
  one.started_at = nano_time(tick());
  if (one.now.connected) give_address(one);
  happen(one, "start");
  for (auto const& text : one.image.prints) write(one, log_source::out, text);
  if (one.image.command_missing) {
    write(one, log_source::err, "[FATAL tini (6)] exec serve failed: No such file or directory");
    end(one, 127, false);
  } else if (one.image.runs_out_of_memory)
    end(one, 137, true);
  else if (one.image.exits)
    end(one, *one.image.exits, false);
}

// Of its own, at which all its ports can be had.
void scripted_world::give_address(box& one) {
  for (int tries = 0; tries < 64; ++tries) {
    std::uint32_t const host = 0x7F010001U + next_address_++ % 0x00FD0000U;
    in_addr address{htonl(host)};
    char text[INET_ADDRSTRLEN];
    one.now.address = inet_ntop(AF_INET, &address, text, sizeof text);
    if (std::ranges::all_of(one.image.listens, [&](port p) { return listen(one, p); })) break;
    close_listeners(one);
  }
}

scripted_answer scripted_world::stop(std::string const& name) {
  box* const one = find(name);
  if (one == nullptr) return no_such_container(name);
  // As Podman does; Docker stops it all the same.
  if (one->now.status == "paused") return refusal(500, "can only stop created or running containers: it is paused");
  if (one->now.status != "running" && one->now.status != "restarting") return {.status = 304};
  happen(*one, "kill", {{"signal", "15"}});
  end(*one, 143, false);
  happen(*one, "stop");
  return {.status = 204};
}

scripted_answer scripted_world::pause(std::string const& name) {
  box* const one = find(name);
  if (one == nullptr) return no_such_container(name);
  if (one->now.status == "paused")
    return refusal(409, fmt::format("Container {} is already paused", one->now.id.str()));
  if (one->now.status != "running") return refusal(409, fmt::format("Container {} is not running", one->now.id.str()));
  one->now.status = "paused";
  happen(*one, "pause");
  return {.status = 204};
}

scripted_answer scripted_world::unpause(std::string const& name) {
  box* const one = find(name);
  if (one == nullptr) return no_such_container(name);
  if (one->now.status != "paused") return refusal(500, fmt::format("Container {} is not paused", one->now.id.str()));
  one->now.status = "running";
  happen(*one, "unpause");
  return {.status = 204};
}

void scripted_world::end(box& one, int code, bool out_of_memory) {
  close_listeners(one);
  one.now.status = "exited";
  one.now.address.clear();
  one.now.exit_code = code;
  one.finished_at = nano_time(tick());
  one.oom_killed = out_of_memory;
  if (one.now.host_port) just_freed.insert(*one.now.host_port);
  if (out_of_memory) happen(one, "oom");
  happen(one, "die", {{"exitCode", std::to_string(code)}});
}

scripted_answer scripted_world::remove(parsed_target const& to, std::string const& name) {
  box* const one = find(name);
  if (one == nullptr) return no_such_container(name);
  bool const running = one->now.status == "running" || one->now.status == "paused";
  if (running && (!to.query.contains("force") || to.query.at("force") != "1"))
    return refusal(409,
                   fmt::format("You cannot remove a running container {}. Stop the container before attempting removal "
                               "or force remove",
                               one->now.id.str()));
  if (to.query.contains("v") && to.query.at("v") == "1") remove_anonymous_volumes(*one);
  erase(*one);
  return {.status = 204};
}

void scripted_world::erase(box& one) {
  if (one.now.status == "running" || one.now.status == "paused") {
    happen(one, "kill", {{"signal", "9"}});
    end(one, 137, false);
  }
  happen(one, "destroy");
  close_listeners(one);
  boxes.erase(one.now.id.str());
}

scripted_answer scripted_world::inspect(std::string const& name) const {
  box const* const one = find(name);
  if (one == nullptr) return no_such_container(name);
  return {.body = json::serialize(json::object{
              {"Id", one->now.id.str()},
              {"Name", "/" + one->now.name},
              {"Image", one->image.id},
              {"RestartCount", one->restarts},
              {"Mounts", mounts_of(*one)},
              {"State", json::object{{"Status", one->now.status},
                                     {"Running", one->now.status == "running" || one->now.status == "restarting" ||
                                                     one->now.status == "paused"},
                                     {"OOMKilled", one->oom_killed},
                                     {"ExitCode", one->now.exit_code},
                                     {"Error", one->start_error},
                                     {"StartedAt", one->started_at},
                                     {"FinishedAt", one->finished_at}}},
              {"Config",
               json::object{{"Image", one->now.image}, {"Labels", to_json(one->now.marks)}, {"Tty", one->image.tty}}},
              {"NetworkSettings", json::object{{"Networks", networks_of(*one)}}}})};
}

scripted_answer scripted_world::list(parsed_target const& to) const {
  bool const all = to.query.contains("all") && to.query.at("all") == "1";
  std::string const filters = to.query.contains("filters") ? to.query.at("filters") : "{}";
  json::array out;
  for (auto const& [id, one] : boxes) {
    if ((!all && one.now.status != "running") || !passes_label_filter(filters, one.now.marks)) continue;
    json::array ports;
    if (one.exposed) {
      json::object p{{"PrivatePort", *one.exposed}, {"Type", "tcp"}};
      if (one.published && one.now.host_port && one.now.status == "running") {
        p["IP"] = "0.0.0.0";
        p["PublicPort"] = *one.now.host_port;
      }
      ports.push_back(std::move(p));
    }
    out.push_back(json::object{{"Id", id},
                               {"Names", json::array{json::value("/" + one.now.name)}},
                               {"Image", one.now.image},
                               {"ImageID", one.image.id},
                               {"Command", "serve"},
                               {"Created", one.created},
                               {"Ports", std::move(ports)},
                               {"Labels", to_json(one.now.marks)},
                               {"State", one.now.status},
                               {"Status", one.now.status == "running" ? "Up 1 second" : "Exited"},
                               {"HostConfig", json::object{{"NetworkMode", one.now.network}}},
                               {"NetworkSettings", json::object{{"Networks", networks_of(one)}}},
                               {"Mounts", json::array{}}});
  }
  return {.body = json::serialize(out)};
}

void scripted_world::write(box& one, log_source from, std::string text, bool ends_line) {
  one.output.push_back({tick(), from, std::move(text), ends_line});
}

void scripted_world::happen(box const& one, std::string const& action, labels more) {
  labels attributes = one.now.marks;
  attributes["name"] = one.now.name;
  attributes["image"] = one.now.image;
  attributes.merge(more);
  std::int64_t const now = tick();
  std::string text = json::serialize(
      json::object{{"status", action},
                   {"id", one.now.id.str()},
                   {"Type", "container"},
                   {"Action", action},
                   {"Actor", json::object{{"ID", one.now.id.str()}, {"Attributes", to_json(attributes)}}},
                   {"scope", "local"},
                   {"time", now / 1'000'000'000},
                   {"timeNano", now}});
  happenings.push_back({now, std::move(attributes), std::move(text)});
  if (happenings.size() > 256) {
    happenings.pop_front();
    ++forgotten;
  }
}

bool scripted_world::listen(box& one, port p) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  int const yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(p);
  ::inet_pton(AF_INET, one.now.address.c_str(), &where.sin_addr);
  // Nobody accepts: the kernel does, which is all that a client that only connects can see.
  if (::bind(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 || ::listen(fd, 1024) != 0) {
    ::close(fd);
    return false;
  }
  stop_listening(one, p);
  one.listeners[p] = fd;
  return true;
}

void scripted_world::stop_listening(box& one, port p) {
  if (auto const found = one.listeners.find(p); found != one.listeners.end()) {
    ::close(found->second);
    one.listeners.erase(found);
  }
}

void scripted_world::close_listeners(box& one) {
  for (auto const& [p, fd] : one.listeners) ::close(fd);
  one.listeners.clear();
}

}  // namespace krane::test
