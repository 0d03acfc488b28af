#include "store/secret_rows.hpp"

#include <fmt/format.h>

#include <utility>

#include "model/reason.hpp"
#include "store/deployment_rows.hpp"

namespace krane {
namespace {

// A run under way may just be fixing the versions that it uses.
bool has_run_under_way(database& db, std::string const& scope) {
  return db.select("SELECT 1 FROM runs WHERE deployment = ? AND ended = 0 LIMIT 1", {scope}).next();
}

void prune(database& db, sealed_secret const& newest) {
  // A key is letters, digits, _, . and -: nothing that ends the quotes.
  std::string const member = fmt::format("$.secret_versions.\"{}\"", newest.key);
  db.run(
      "DELETE FROM secrets WHERE scope = ?1 AND key = ?2 AND version < ?3 AND version NOT IN"
      " (SELECT coalesce(CASE WHEN json_valid(body) THEN json_extract(body, ?4) END, 0) FROM runs WHERE deployment = "
      "?1)",
      {newest.scope, newest.key, static_cast<std::int64_t>(newest.version), member});
}

}  // namespace

result<std::vector<std::uint64_t>> insert_secret(database& db, sealed_secret const& s) {
  auto const of = find_deployment_row(db, deployment_name{s.scope});
  if (of && of->status == deployment_status::deleting)
    return make_error(errc::conflict, reason::deployment_deleting,
                      fmt::format("deployment {} is being deleted; set its secrets when it is gone", s.scope));
  db.run("INSERT INTO secrets (scope, key, version, sealed, created_at) VALUES (?, ?, ?, ?, ?)",
         {s.scope, s.key, static_cast<std::int64_t>(s.version), std::span(s.sealed), to_sql(s.created_at)});
  if (!has_run_under_way(db, s.scope)) prune(db, s);
  std::vector<std::uint64_t> kept;
  auto found = db.select("SELECT version FROM secrets WHERE scope = ? AND key = ? ORDER BY version", {s.scope, s.key});
  while (found.next()) kept.push_back(static_cast<std::uint64_t>(found.integer(0)));
  return kept;
}

void erase_secret(database& db, std::string const& scope, std::string const& key, time_point now) {
  db.run(
      "INSERT INTO secrets (scope, key, version, sealed, created_at)"
      " SELECT ?1, ?2, max(version) + 1, NULL, ?3 FROM secrets WHERE scope = ?1 AND key = ?2"
      " HAVING max(version) IS NOT NULL",
      {scope, key, to_sql(now)});
  db.run(
      "DELETE FROM secrets WHERE scope = ?1 AND key = ?2 AND version <"
      " (SELECT max(version) FROM secrets WHERE scope = ?1 AND key = ?2)",
      {scope, key});
}

void erase_secrets_of(database& db, deployment_name const& name) {
  db.run("DELETE FROM secrets WHERE scope = ?", {name.str()});
}

std::vector<sealed_secret> load_secrets(database& db) {
  std::vector<sealed_secret> all;
  auto found =
      db.select("SELECT scope, key, version, sealed, created_at FROM secrets ORDER BY scope, key, version", {});
  while (found.next()) {
    sealed_secret s{.scope = found.text(0),
                    .key = found.text(1),
                    .version = static_cast<std::uint64_t>(found.integer(2)),
                    .sealed = {},
                    .created_at = to_time(found.integer(4))};
    if (!found.is_null(3)) s.sealed = found.bytes(3);
    all.push_back(std::move(s));
  }
  return all;
}

}  // namespace krane
