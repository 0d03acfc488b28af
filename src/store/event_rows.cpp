#include "store/event_rows.hpp"

#include <algorithm>
#include <limits>

#include "base/utf8.hpp"
#include "store/row_values.hpp"

namespace krane {
namespace {

event read_event(database::rows const& row) {
  event e;
  e.id = static_cast<std::uint64_t>(row.integer(0));
  if (!row.is_null(1)) e.run = run_id{row.text(1)};
  e.phase = row.text(2);
  e.level = find_word<event_level>(row.text(3)).value_or(event_level::warn);
  e.message = row.text(4);
  e.at = to_time(row.integer(5));
  // What it says can be told even so.
  if (auto what = from_stored(row.text(6)))
    e.what = std::move(*what);
  else
    e.what.name = deployment_name{row.text(9)};
  if (!row.is_null(7))
    e.progress = {static_cast<std::uint64_t>(row.integer(7)), static_cast<std::uint64_t>(row.integer(8))};
  return e;
}

sql_value bytes_or_null(std::optional<transfer> const& progress, std::uint64_t transfer::* which) {
  if (!progress) return nullptr;
  return static_cast<std::int64_t>((*progress).*which);
}

std::vector<event> read_all(database::rows found) {
  std::vector<event> page;
  while (found.next()) page.push_back(read_event(found));
  return page;
}

std::int64_t to_limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
}

void prune(database& db, std::int64_t keep, deployment_name const& name) {
  db.run(
      "UPDATE deployments SET events_pruned_to = coalesce("
      " (SELECT id FROM events WHERE deployment = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2), events_pruned_to)"
      " WHERE name = ?1",
      {name.str(), keep});
  db.run(
      "DELETE FROM events WHERE deployment = ?1 AND id <= (SELECT events_pruned_to FROM deployments WHERE name = ?1)",
      {name.str()});
}

}  // namespace

bool retention::due(deployment_name const& name, std::size_t added) {
  auto const [slot, first] = added_.try_emplace(name, 0);
  slot->second += added;
  if (!first && slot->second < slack_) return false;
  slot->second = 0;
  return true;
}

void insert_events(database& db, retention& kept, commit& told, std::vector<event_draft> const& drafts) {
  for (auto const& draft : drafts) {
    event e{draft, 0};
    // What an engine says may be any bytes; what is kept must become JSON.
    e.message = to_valid_utf8(draft.message);
    db.run(
        "INSERT INTO events (deployment, run, phase, level, message, at, spec, done_bytes, total_bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {e.what.name.str(), or_null(e.run), e.phase, to_word(e.level), e.message, to_sql(e.at), to_stored(e.what),
         bytes_or_null(e.progress, &transfer::done_bytes), bytes_or_null(e.progress, &transfer::total_bytes)});
    e.id = static_cast<std::uint64_t>(db.last_insert_id());
    if (kept.due(e.what.name, 1)) prune(db, kept.keep(), e.what.name);
    told.events.push_back(std::move(e));
  }
}

void erase_events(database& db, retention& kept, deployment_name const& name) {
  db.run("DELETE FROM events WHERE deployment = ?", {name.str()});
  kept.forget(name);
}

std::vector<event> events_after(database& db, deployment_name const& name, std::uint64_t id, std::size_t limit) {
  auto const after = static_cast<std::int64_t>(std::min<std::uint64_t>(id, std::numeric_limits<std::int64_t>::max()));
  if (name == every_deployment)
    return read_all(
        db.select("SELECT id, run, phase, level, message, at, spec, done_bytes, total_bytes, deployment FROM events"
                  " WHERE id > ? ORDER BY id LIMIT ?",
                  {after, to_limit(limit)}));
  return read_all(
      db.select("SELECT id, run, phase, level, message, at, spec, done_bytes, total_bytes, deployment FROM events"
                " WHERE deployment = ? AND id > ? ORDER BY id LIMIT ?",
                {name.str(), after, to_limit(limit)}));
}

std::vector<event> latest_events(database& db, deployment_name const& name, std::size_t limit) {
  auto page =
      name == every_deployment
          ? read_all(db.select("SELECT id, run, phase, level, message, at, spec, done_bytes, total_bytes, deployment"
                               " FROM events ORDER BY id DESC LIMIT ?",
                               {to_limit(limit)}))
          : read_all(db.select("SELECT id, run, phase, level, message, at, spec, done_bytes, total_bytes, deployment"
                               " FROM events WHERE deployment = ? ORDER BY id DESC LIMIT ?",
                               {name.str(), to_limit(limit)}));
  std::ranges::reverse(page);
  return page;
}

std::uint64_t last_event_before(database& db, time_point time) {
  // Ids and times may be a little out of step: rather one too many than one too few.
  auto found = db.select("SELECT min(id) FROM events WHERE at >= ?", {to_sql(time)});
  if (found.next() && !found.is_null(0)) return static_cast<std::uint64_t>(found.integer(0)) - 1;
  return last_event_id_row(db);
}

std::uint64_t events_pruned_to(database& db, deployment_name const& name) {
  if (name == every_deployment)
    return static_cast<std::uint64_t>(db.integer("SELECT max(events_pruned_to) FROM deployments"));
  auto found = db.select("SELECT events_pruned_to FROM deployments WHERE name = ?", {name.str()});
  return found.next() ? static_cast<std::uint64_t>(found.integer(0)) : 0;
}

std::uint64_t last_event_id_row(database& db) {
  return static_cast<std::uint64_t>(db.integer("SELECT seq FROM sqlite_sequence WHERE name = 'events'"));
}

}  // namespace krane
