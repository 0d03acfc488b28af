#pragma once
// The sessions that are good now, in memory, found by the hash of their token. Each request asks here, so a look-up
// costs one SHA-256 and one step into a table.
//
// Threads: the network thread.
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/session.hpp"

namespace krane {

// "krs_" and 43 characters: 256 random bits.
std::string make_session_token();
token_hash hash_of_token(std::string_view token);

class session_table {
public:
  void add(session s);
  // False: it was not there.
  bool erase(session_id const& id);
  std::optional<session> find(std::string_view token, time_point now) const;
  bool is_live(session_id const& id, time_point now) const;
  // Oldest first.
  std::vector<session> list(time_point now) const;
  // Those of one key, or of all keys, expired ones too.
  std::size_t count_of(std::string const& fingerprint) const;
  std::size_t named_count_of(std::string const& fingerprint) const;
  // Of those without a name: those with one were made to last.
  std::optional<session_id> oldest_unnamed_of(std::string const& fingerprint) const;
  std::vector<session_id> all_of(std::string const& fingerprint) const;
  std::vector<std::string> fingerprints() const;
  std::vector<session_id> expired(time_point now) const;
  std::size_t size() const { return by_hash_.size(); }

private:
  struct first_bytes {
    std::size_t operator()(token_hash const& hash) const;
  };
  struct same_hash {
    bool operator()(token_hash const& a, token_hash const& b) const;
  };

  bool is_named(session_id const& id) const;

  std::unordered_map<token_hash, session, first_bytes, same_hash> by_hash_;
  std::unordered_map<session_id, token_hash> by_id_;
  std::unordered_map<std::string, std::set<std::pair<time_point, session_id>>> by_key_;
};

}  // namespace krane
