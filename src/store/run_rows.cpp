#include "store/run_rows.hpp"

#include <algorithm>
#include <limits>

#include "store/row_values.hpp"

namespace krane {
namespace {

run read_run(database::rows const& row) {
  run r = whole(run_from_stored(row.text(0)));
  r.cancel_requested = row.integer(1) != 0;
  return r;
}

std::vector<run> read_all(database::rows found) {
  std::vector<run> all;
  while (found.next()) all.push_back(read_run(found));
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

void insert_run(database& db, run const& r) {
  db.run(
      "INSERT INTO runs (id, deployment, number, kind, step, ended, cancel_requested, body)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {r.id.str(), r.what.name.str(), static_cast<std::int64_t>(r.number), to_word(r.kind), to_word(r.step),
       std::int64_t{is_end(r.step)}, std::int64_t{r.cancel_requested}, to_stored(r)});
}

bool update_run(database& db, run const& r) {
  return db.run(
             "UPDATE runs SET step = ?, ended = ?, cancel_requested = max(cancel_requested, ?), body = ? WHERE id = ?",
             {to_word(r.step), std::int64_t{is_end(r.step)}, std::int64_t{r.cancel_requested}, to_stored(r),
              r.id.str()}) == 1;
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
      " AND id IS NOT (SELECT serving FROM deployments WHERE name = ?1)",
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
  return from_word<run_step>(found.text(0));
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
