#pragma once
// The API that people and programs talk to: every documented route behind one handler, with the checks that come
// before any of them (is this host name ours, may this web page ask, who is asking).
//
// Threads: the network thread.
// Lifetime: what api_parts refers to outlives it; it outlives every call of its handler, and every stream.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/open_streams.hpp"
#include "auth/authenticator.hpp"
#include "base/clock.hpp"
#include "base/task.hpp"
#include "engine/engine.hpp"
#include "http/server.hpp"
#include "runs/run_service.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"
#include "streams/event_ring.hpp"

namespace krane {

struct api_settings {
  // Host names and addresses it answers to, beside the loopback ones: the listen address and KRANE_NAMES. Each without
  // a port; any port is taken.
  std::vector<std::string> names{};
  open_streams streams = open_streams::loopback;
  bool listens_on_loopback_only = true;
  // "https://console.example.com"; "*" is any.
  std::vector<std::string> allowed_origins{};
  std::string version = "0.0.0";
  std::string state_folder{};
  bool engine_is_here = true;  // its disks are this machine's
  std::uint64_t disk_reserve_bytes = 0;
};

struct api_parts {
  authenticator& auth;
  store& state;
  run_service& runs;
  engine& docker;
  front& ports;
  event_ring& events;  // published to by the owner of the store's commits
  clock const& time;
  executor network;
  vault& secrets;
};

class api {
public:
  api(api_parts parts, api_settings settings);
  ~api();
  api(api const&) = delete;

  // For http::make_server.
  http::handler handler();
  static std::string error_body(int status, std::string const& reason, std::string const& message);

  // From the next request on. What is of the process stays: `version`, `listens_on_loopback_only`, `state_folder`,
  // `engine_is_here` and `disk_reserve_bytes`.
  void set_settings(api_settings settings);

  // The OpenAPI document, as GET /openapi.json gives it.
  std::string const& document() const;

private:
  class parts_in_use;
  std::unique_ptr<parts_in_use> in_use_;
};

}  // namespace krane
