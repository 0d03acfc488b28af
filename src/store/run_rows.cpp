#include "store/run_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "store/row_values.hpp"

namespace krane {
namespace {

std::optional<run> read_run(database::rows const& row) {
  auto r = run_from_stored(row.text(0));
  if (!r) return std::nullopt;
  r->cancel_requested = row.integer(1) != 0;
  return std::move(*r);
}

std::vector<run> read_all(database::rows found) {
  std::vector<run> all;
  while (found.next())
    if (auto one = read_run(found)) all.push_back(std::move(*one));
  return all;
}

std::int64_t at_most(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

run_id free_run_id(database& db) {
  for (;;) {
    auto id = make_run_id();
    if (!db.select("SELECT 1 FROM runs WHERE id = ?", {id.str()}).next()) return id;
  }
}

result<void> insert_run(database& db, run const& r) {
  std::string const text = to_stored(r);
  if (auto const back = run_from_stored(text); !back || *back != r)
    return make_error(errc::internal, "not_storable",
                      fmt::format("the run of {} could not be stored so that it can be read again; nothing was "
                                  "changed. This is a fault in krane: please report it with the config",
                                  r.what.name.str()));
  db.run(
      "INSERT INTO runs (id, deployment, number, kind, step, ended, cancel_requested, body)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {r.id.str(), r.what.name.str(), static_cast<std::int64_t>(r.number), to_word(r.kind), to_word(r.step),
       std::int64_t{is_end(r.step)}, std::int64_t{r.cancel_requested}, text});
  return {};
}

bool update_run(database& db, run const& r) {
  std::string const text = to_stored(r);
  if (auto const back = run_from_stored(text); !back)
    throw storage_failure(storage_fault::other, "a run could not be read again: " + back.error().message);
  return db.run(
             "UPDATE runs SET step = ?, ended = ?, cancel_requested = max(cancel_requested, ?), body = ? WHERE id = ?",
             {to_word(r.step), std::int64_t{is_end(r.step)}, std::int64_t{r.cancel_requested}, text, r.id.str()}) == 1;
}

void erase_runs(database& db, retention& kept, deployment_name const& name) {
  db.run("DELETE FROM runs WHERE deployment = ?", {name.str()});
  kept.forget(name);
}

void prune_runs(database& db, retention& kept, deployment_name const& name) {
  if (!kept.due(name, 1)) return;
  db.run(
      "DELETE FROM runs WHERE deployment = ?1 AND ended = 1 AND number <="
      " (SELECT number FROM runs WHERE deployment = ?1 AND ended = 1 ORDER BY number DESC LIMIT 1 OFFSET ?2)"
      " AND id IS NOT (SELECT serving FROM deployments WHERE name = ?1)"
      // What serves again when a release that is being watched does not hold.
      " AND NOT EXISTS (SELECT 1 FROM runs AS watched WHERE watched.deployment = ?1 AND watched.ended = 0"
      " AND CASE WHEN json_valid(watched.body) THEN json_extract(watched.body, '$.settles.before') END = runs.id)",
      {name.str(), kept.keep()});
}

std::optional<run> find_run(database& db, run_id const& id) {
  auto found = db.select("SELECT body, cancel_requested FROM runs WHERE id = ?", {id.str()});
  if (!found.next()) return std::nullopt;
  return read_run(found);
}

std::optional<run> find_run(database& db, deployment_name const& name, std::uint64_t number) {
  auto found = db.select("SELECT body, cancel_requested FROM runs WHERE deployment = ? AND number = ?",
                         {name.str(), static_cast<std::int64_t>(number)});
  if (!found.next()) return std::nullopt;
  return read_run(found);
}

std::optional<run_step> find_run_step(database& db, run_id const& id) {
  auto found = db.select("SELECT step FROM runs WHERE id = ?", {id.str()});
  if (!found.next()) return std::nullopt;
  return find_word<run_step>(found.text(0));
}

std::vector<run> unfinished_runs(database& db) {
  return read_all(db.select("SELECT body, cancel_requested FROM runs WHERE ended = 0 ORDER BY seq", {}));
}

std::vector<run> serving_runs(database& db) {
  return read_all(
      db.select("SELECT body, cancel_requested FROM runs WHERE id IN (SELECT serving FROM deployments)", {}));
}

std::vector<run> unfinished_runs_of(database& db, deployment_name const& name) {
  return read_all(db.select("SELECT body, cancel_requested FROM runs WHERE deployment = ? AND ended = 0 ORDER BY seq",
                            {name.str()}));
}

std::vector<unreadable_run> find_unreadable_runs(database& db) {
  std::vector<unreadable_run> all;
  auto found = db.select(
      "SELECT deployment, number, body FROM runs WHERE ended = 0 OR id IN (SELECT serving FROM deployments)", {});
  while (found.next())
    if (auto const one = run_from_stored(found.text(2)); !one)
      all.push_back({deployment_name{found.text(0)},
                     fmt::format("its run {} cannot be read ({})", found.integer(1), one.error().message)});
  return all;
}

bool end_unreadable_runs(database& db, deployment_name const& name) {
  std::vector<std::int64_t> unreadable;
  {
    auto found = db.select("SELECT seq, body FROM runs WHERE deployment = ? AND ended = 0", {name.str()});
    while (found.next())
      if (!run_from_stored(found.text(1))) unreadable.push_back(found.integer(0));
  }
  for (std::int64_t const one : unreadable)
    db.run("UPDATE runs SET ended = 1, step = ? WHERE seq = ?", {to_word(run_step::failed), one});
  return !unreadable.empty();
}

std::vector<run> newest_runs(database& db, deployment_name const& name, std::size_t limit) {
  return read_all(db.select("SELECT body, cancel_requested FROM runs WHERE deployment = ? ORDER BY number DESC LIMIT ?",
                            {name.str(), at_most(limit)}));
}

std::vector<run> newest_releases(database& db, deployment_name const& name, std::size_t limit) {
  return read_all(db.select(
      "SELECT body, cancel_requested FROM runs WHERE deployment = ? AND kind = ? ORDER BY number DESC LIMIT ?",
      {name.str(), to_word(run_kind::deploy), at_most(limit)}));
}

}  // namespace krane
