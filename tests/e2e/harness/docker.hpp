#pragma once
// The real engine, seen directly: to look behind krane's back, and to do what strangers do.
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "e2e/harness/http.hpp"

namespace krane::e2e {

class docker {
public:
  // KRANE_TEST_DOCKER_HOST's; no value where it is not set.
  static std::optional<docker> find();
  explicit docker(std::string address) : address_(std::move(address)), where_(endpoint::parse(address_)) {}

  std::string const& address() const { return address_; }
  // "127.0.0.1:port" of the registry beside it, from KRANE_TEST_REGISTRY.
  static std::string registry();

  answer call(std::string_view method, std::string_view target, std::string_view body = {}) const;

  // Objects of the engine's list, in any state, that have this label ("key" or "key=value").
  boost::json::array with_label(std::string const& label) const;
  // Those that are named "{deployment}-{8 hex}", or so with a replica's number behind it, as ours are.
  std::vector<std::string> named_like_ours(std::string const& deployment) const;
  boost::json::value inspect(std::string const& id_or_name) const;
  bool exists(std::string const& id_or_name) const;
  bool has_image(std::string const& reference) const;
  // Whether a container of anybody's is made from it. By its id ("sha256:…").
  bool uses_image(std::string const& id) const;
  void pull(std::string const& image, std::string const& tag) const;
  void remove(std::string const& id_or_name) const;
  // A container that krane did not make. `body` is the engine's own create request.
  std::string run_strangers(std::string const& name, std::string const& body) const;

  // What a container in that network is told when it asks for the addresses of a name.
  std::vector<std::string> resolve(std::string const& name, std::string const& network) const;

private:
  std::string address_;
  endpoint where_;
};

}  // namespace krane::e2e
