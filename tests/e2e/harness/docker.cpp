#include "e2e/harness/docker.hpp"

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <regex>
#include <stdexcept>

namespace krane::e2e {
namespace {

std::string url_encoded(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char const c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.') {
      out += static_cast<char>(c);
    } else {
      out += {'%', hex[c >> 4], hex[c & 15]};
    }
  }
  return out;
}

answer must(answer got, std::string const& what) {
  if (got.status >= 300 && got.status != 304)
    throw std::runtime_error("the engine on '" + what + "': " + std::to_string(got.status) + " " + got.body);
  return got;
}

}  // namespace

std::optional<docker> docker::find() {
  char const* address = std::getenv("KRANE_TEST_DOCKER_HOST");
  if (address == nullptr || *address == '\0') return std::nullopt;
  return docker(address);
}

std::string docker::registry() {
  char const* address = std::getenv("KRANE_TEST_REGISTRY");
  if (address == nullptr) throw std::runtime_error("KRANE_TEST_REGISTRY is not set");
  return address;
}

answer docker::call(std::string_view method, std::string_view target, std::string_view body) const {
  return exchange(where_, method, target, {}, body, std::chrono::seconds(60));
}

boost::json::array docker::with_label(std::string const& label) const {
  auto const filter = url_encoded(R"({"label":[")" + label + R"("]})");
  return must(call("GET", "/containers/json?all=true&filters=" + filter), "list").json().as_array();
}

std::vector<std::string> docker::named_like_ours(std::string const& deployment) const {
  std::vector<std::string> out;
  for (auto const& container : must(call("GET", "/containers/json?all=true"), "list").json().as_array()) {
    auto const name = text_at(container, "/Names/0");
    auto const prefix = "/" + deployment + "-";
    static std::regex const rest("[0-9a-f]{8}(-[0-9]+)?");
    if (name.starts_with(prefix) && std::regex_match(name.substr(prefix.size()), rest)) out.push_back(name.substr(1));
  }
  return out;
}

boost::json::value docker::inspect(std::string const& id_or_name) const {
  return must(call("GET", "/containers/" + id_or_name + "/json"), "inspect").json();
}

bool docker::exists(std::string const& id_or_name) const {
  return call("GET", "/containers/" + id_or_name + "/json").status == 200;
}

bool docker::has_image(std::string const& reference) const {
  return call("GET", "/images/" + reference + "/json").status == 200;
}

bool docker::uses_image(std::string const& id) const {
  for (auto const& container : must(call("GET", "/containers/json?all=true"), "list").json().as_array())
    if (text_at(container, "/ImageID") == id) return true;
  return false;
}

void docker::pull(std::string const& image, std::string const& tag) const {
  auto const got = must(call("POST", "/images/create?fromImage=" + url_encoded(image) + "&tag=" + tag), "pull");
  if (got.body.find("errorDetail") != std::string::npos) throw std::runtime_error("pull: " + got.body);
}

void docker::remove(std::string const& id_or_name) const {
  call("DELETE", "/containers/" + id_or_name + "?force=true&v=true");
}

std::vector<std::string> docker::resolve(std::string const& name, std::string const& network) const {
  // busybox's own; what it is linked with cannot look names up.
  std::string const asker = "asker-of-" + name;
  run_strangers(asker, R"({"Image":"krane-test/web:1","Cmd":["busybox","nslookup",")" + name +
                           R"(","127.0.0.11"],"HostConfig":{"NetworkMode":")" + network + R"("}})");
  must(call("POST", "/containers/" + asker + "/wait"), "wait");
  auto const said = must(call("GET", "/containers/" + asker + "/logs?stdout=1"), "logs").body;
  remove(asker);
  std::vector<std::string> addresses;
  for (auto at = said.find("Address: "); at != std::string::npos; at = said.find("Address: ", at + 1))
    addresses.push_back(said.substr(at + 9, said.find_first_of("\r\n", at) - at - 9));
  return addresses;
}

std::string docker::run_strangers(std::string const& name, std::string const& body) const {
  remove(name);
  auto const id = must(call("POST", "/containers/create?name=" + name, body), "create").at("/Id");
  must(call("POST", "/containers/" + id + "/start"), "start");
  return id;
}

}  // namespace krane::e2e
