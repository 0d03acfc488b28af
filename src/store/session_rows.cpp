#include "store/session_rows.hpp"

#include <algorithm>

namespace krane {

void insert_session(database& db, session const& s) {
  db.run(
      "INSERT INTO sessions (id, hash, user, key_fingerprint, created_at, expires_at, name) VALUES (?, ?, ?, ?, ?, ?, "
      "?)",
      {s.id.str(), std::span(s.hash), s.user, s.key_fingerprint, to_sql(s.created_at), to_sql(s.expires_at), s.name});
}

void erase_session(database& db, session_id const& id) {
  db.run("DELETE FROM sessions WHERE id = ?", {id.str()});
}

std::vector<session> load_sessions(database& db) {
  std::vector<session> all;
  auto found = db.select(
      "SELECT id, hash, user, key_fingerprint, created_at, expires_at, name FROM sessions ORDER BY created_at, id", {});
  while (found.next()) {
    session s;
    s.id = session_id{found.text(0)};
    auto const hash = found.bytes(1);
    if (hash.size() != s.hash.size())
      throw storage_failure(storage_fault::damaged, "a session's hash has a wrong size");
    std::ranges::copy(hash, s.hash.begin());
    s.user = found.text(2);
    s.key_fingerprint = found.text(3);
    s.created_at = to_time(found.integer(4));
    s.expires_at = to_time(found.integer(5));
    s.name = found.text(6);
    all.push_back(std::move(s));
  }
  return all;
}

}  // namespace krane
