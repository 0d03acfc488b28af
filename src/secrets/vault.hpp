#pragma once
// The secrets of all deployments: set, listed by name, taken away, and given to a container — never back to a person.
// And the server's own: a key by which it knows its own marks.
// The store has them sealed; here they are open, in memory only.
//
// Threads: the network thread.
// Failure: errc::invalid for a key or value that cannot be one; what the store says.
// Lifetime: start() once, before anything else; the store and the scrubber outlive it.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/scrubber.hpp"
#include "model/service_config.hpp"
#include "secrets/sealing.hpp"
#include "store/store.hpp"

namespace krane {

inline constexpr std::size_t most_secret_bytes = 64 * 1024;

struct vault_options {
  std::string key_file;      // of the master key
  bool may_make_key = true;  // if there is none, and nothing in the store that was sealed with one
  std::string marks_file{};  // of the key of marks, which is made if there is none; empty: marks.key beside the other
};

struct secret_info {
  std::string key;
  std::uint64_t version = 0;
  time_point created_at{};  // of the first version that is kept
  time_point updated_at{};  // of this one
  bool used_by_serving = false;
};

class vault {
public:
  vault(executor network, store& state, scrubber& hides, clock const& time, vault_options options);
  vault(vault const&) = delete;

  // Reads the key file (makes it, if there is none and nothing was sealed yet) and opens everything. Fails with a
  // sentence for the person who starts the server.
  task<void> start();

  struct put_outcome {
    std::uint64_t version = 0;
    time_point updated_at{};
    bool created = false;
  };
  // A new secret, or a new version; the same value again changes nothing.
  task<put_outcome> put(deployment_name of, std::string key, std::string value);
  // In the order of the keys.
  task<std::vector<secret_info>> list(deployment_name of);
  // errc::not_found; errc::conflict, secret_in_use: the deployment asks for it, or a run of it that serves or is under
  // way does.
  task<void> remove(deployment_name of, std::string key);

  std::optional<std::uint64_t> newest(std::string_view scope, std::string_view key) const;
  // The value. errc::not_found, secret_missing: that version is not there.
  result<std::string> open(std::string_view scope, std::string_view key, std::uint64_t version) const;
  // A fault for each place of the deployment that asks for a secret that is not there.
  std::vector<fault> missing(deployment_name const& of, service_config const& config) const;

  scrubber const& hides() const { return hides_; }

  // What this server alone can make of a text, so that it knows again what it wrote somewhere; the same each time.
  std::string mark_of(std::string_view text) const { return make_mark(marks_key_, text); }

private:
  task<put_outcome> put_uninterrupted(deployment_name of, std::string key, std::string value);
  task<void> remove_uninterrupted(deployment_name of, std::string key);

  struct version {
    std::optional<std::string> value;  // none: removed with this version
    time_point created_at{};
  };
  using versions = std::map<std::uint64_t, version>;
  using place = std::pair<std::string, std::string>;  // scope, key

  versions const* find(std::string_view scope, std::string_view key) const;
  result<master_key> get_key(bool something_is_sealed) const;
  result<master_key> get_marks_key() const;
  void forget(std::vector<deployment_name> const& erased);
  void hide_all();

  executor network_;
  store& state_;
  scrubber& hides_;
  clock const& time_;
  vault_options options_;
  master_key key_{};
  master_key marks_key_{};
  std::map<place, versions> all_;
  semaphore turn_;  // one change at a time: the next version follows from the last
};

// "secret KEY of NAME is not there; set it with: krane secrets set NAME KEY"
std::string missing_secret_text(deployment_name const& of, std::string_view key);

}  // namespace krane
