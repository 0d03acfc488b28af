#pragma once
// An image registry for tests, on a loopback port and without TLS: images that it has, a login that it may want, and
// what it answers when it is in trouble. Its token service is itself.
//
//   scripted_registry hub;
//   hub.has("krane-test/web", "v1", {.layers = {{"a", 1000}, {"b", 2000}}});
//
// Threads: every member, from any thread but its own.
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace krane::test {

struct registry_image {
  std::vector<std::pair<std::string, std::uint64_t>> layers;  // what is in it, and its size
  bool in_list = true;                                        // behind a list, as linux/amd64
  int schema = 2;
};

struct registry_call {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
};

struct registry_reply {
  int status = 200;
  std::string body{};
  std::vector<std::string> headers{};  // "Name: value"
};

enum class registry_wants { nothing, basic, token, token_with_login };

class scripted_registry {
public:
  scripted_registry();
  ~scripted_registry();
  scripted_registry(scripted_registry const&) = delete;

  std::string host() const;  // "127.0.0.1:34567"

  // Its digest, as the tag gives it.
  std::string has(std::string const& repository, std::string const& tag, registry_image image);
  // ada, with the password "pw".
  void want(registry_wants what);
  // Every answer, until told otherwise; status 0: as ever.
  void answer_all(registry_reply with);
  // The same for blobs: where they are to be had instead.
  void redirect_blobs(std::string to);
  // Accepts, and says nothing.
  void stall();

  std::vector<registry_call> calls() const;
  // "sha256:…" of a layer unpacked, by what is in it.
  static std::string diff_id(std::string const& layer);

private:
  void serve();
  void serve_one(int socket);
  registry_reply reply_to(registry_call const& call) const;
  bool lets_in(registry_call const& call) const;
  std::string put(std::string bytes);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> contents_;  // by digest
  std::map<std::string, std::string> tags_;      // "repository:tag" → digest
  std::vector<registry_call> calls_;
  registry_wants wants_ = registry_wants::nothing;
  registry_reply trouble_{.status = 0};
  std::string blobs_elsewhere_;
  bool stalls_ = false;
  std::vector<int> held_;
  std::thread thread_;
};

}  // namespace krane::test
