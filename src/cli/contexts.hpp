#pragma once
// The servers that a person works with, by name: what `krane login` remembers and every other command looks up.
//
// config.json (contexts, and which is current) and tokens.json (their sessions) lie in $XDG_CONFIG_HOME/krane, or
// ~/.config/krane. tokens.json is 0600, and refused when others could read it. Both are replaced whole, so that a
// reader never sees half of one; changes by several commands at once are made one after the other.
//
// Threads: any; each call reads the files anew.
// Failure: sentences for the person at the terminal, naming the file.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace krane::cli {

using environment = std::function<std::optional<std::string>(std::string_view)>;

struct context {
  std::string name;
  std::string endpoint;             // as endpoint.hpp writes one
  std::optional<std::string> key;   // the file that logged in, if one did
  std::optional<std::string> user;  // whom the server takes the key for
  friend bool operator==(context const&, context const&) = default;
};

struct saved_session {
  std::string id;
  std::string token;
  std::string expires_at;  // RFC 3339
  friend bool operator==(saved_session const&, saved_session const&) = default;
};

// All that both files say.
struct context_book {
  std::string current;                            // "" is none
  std::vector<context> contexts;                  // in name order
  std::map<std::string, saved_session> sessions;  // by the context's name

  context const* find(std::string_view name) const;
  context const* find_endpoint(std::string_view endpoint) const;
  // Replaces the one of that name.
  void put(context one);
  // With its session; if it was the current one, none is. errc::not_found.
  result<void> remove(std::string_view name);
  // Makes it the current one. errc::not_found.
  result<void> use(std::string_view name);
};

// A name for a new context: the host's, "local" for this machine, with a number behind it where that is taken.
std::string new_context_name(context_book const& book, std::string_view endpoint);
// Letters, digits, '.', '-', '_'; at most 64.
result<void> check_context_name(std::string_view name);

class context_files {
public:
  explicit context_files(std::string folder) : folder_(std::move(folder)) {}
  // $XDG_CONFIG_HOME/krane, else ~/.config/krane. errc::invalid where neither variable is set.
  static result<context_files> find(environment const& env);

  std::string const& folder() const { return folder_; }
  std::string config_path() const { return folder_ + "/config.json"; }
  std::string tokens_path() const { return folder_ + "/tokens.json"; }

  // An empty book where there are no files.
  result<context_book> read() const;
  // Reads, changes and writes under a lock. Nothing is written when `change` fails.
  result<void> update(std::function<result<void>(context_book&)> const& change) const;

private:
  std::string folder_;
};

// The server that a command talks to, and as whom.
struct target {
  std::string endpoint;
  std::optional<std::string> token;    // none: not logged in
  std::optional<std::string> context;  // none: the environment or nothing said so
  std::string expires_at;              // of the stored session; "" where the token is not a stored one
};

inline constexpr std::string_view default_endpoint = "http://127.0.0.1:8080";

// `named` (--context) first, and then nothing of the environment counts; else KRANE_ENDPOINT, with KRANE_TOKEN or the
// session of a context that has this endpoint; else KRANE_CONTEXT; else the current context; else default_endpoint.
// errc::not_found when a named context is not there.
result<target> choose_target(context_book const& book, std::optional<std::string> const& named, environment const& env);

}  // namespace krane::cli
