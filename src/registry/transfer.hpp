#pragma once
// One HTTP exchange after another with a registry and whom it sends us to, blocking: on libcurl, which brings TLS,
// proxies, redirects, and the end of waiting.
//
// Threads: the caller's; each transfer belongs to one.
// Failure: registry_unreachable; deadline; registry_error when an answer is larger than it may be. Any status of an
//          answer is success here.
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/registry_login.hpp"
#include "registry/places.hpp"

namespace krane::oci {

struct question {
  std::string url;
  bool head_only = false;
  std::string accept = "*/*";
  std::optional<registry_login> login{};  // Basic
  std::string token{};                    // Bearer; neither is passed on by a redirect to another host
};

struct answer {
  long status = 0;
  std::string body;
  std::string digest;       // Docker-Content-Digest
  std::string retry_after;  // as it is sent
  std::vector<std::string> challenges;
};

class transfer {
public:
  // All exchanges together end at `until`, or when `stopped` becomes true, which must outlive it.
  transfer(std::chrono::steady_clock::time_point until, std::atomic<bool> const& stopped);
  ~transfer();
  transfer(transfer const&) = delete;

  result<answer> ask(question what, place const& of);

  // As a part of a query.
  std::string escaped(std::string const& text) const;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace krane::oci
