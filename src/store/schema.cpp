#include "store/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace krane {
namespace {

// Times are microseconds since 1970. `spec` and `body` are what model/ makes of a spec and of a run; the columns
// beside them are what is looked for. deployments.last_run outlives the runs, so that a number is never given twice;
// runs.cancel_requested and not the body says whether one was asked to stop, so that a step that was under way when
// it was asked cannot undo it. AUTOINCREMENT keeps the ids of deleted events from being given again.
constexpr char version_1[] = R"sql(
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deployments (
  name TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  host_port INTEGER,
  status TEXT NOT NULL,
  serving TEXT,
  last_run INTEGER NOT NULL DEFAULT 0,
  events_pruned_to INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX deployments_by_host_port ON deployments (host_port) WHERE host_port IS NOT NULL;

CREATE TABLE runs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  deployment TEXT NOT NULL,
  number INTEGER NOT NULL,
  kind TEXT NOT NULL,
  step TEXT NOT NULL,
  ended INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX runs_by_number ON runs (deployment, number);
CREATE INDEX runs_unfinished ON runs (deployment, seq) WHERE ended = 0;

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  deployment TEXT NOT NULL,
  run TEXT,
  phase TEXT NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  at INTEGER NOT NULL,
  spec TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_deployment ON events (deployment, id);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  hash BLOB NOT NULL,
  user TEXT NOT NULL,
  key_fingerprint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// What a pull had transferred, where an event tells of that.
constexpr char version_2[] = R"sql(
ALTER TABLE events ADD COLUMN done_bytes INTEGER;
ALTER TABLE events ADD COLUMN total_bytes INTEGER;
)sql";

// Of a session that was made for a program.
constexpr char version_3[] = R"sql(
ALTER TABLE sessions ADD COLUMN name TEXT NOT NULL DEFAULT '';
)sql";

// `scope` is a deployment's name, or empty for the server's own. `sealed` is what only the holder of the master key can
// read; NULL: the secret was removed with this version, a row that keeps its numbers from being given again, since
// runs say by number which version their container was given.
constexpr char version_4[] = R"sql(
CREATE TABLE secrets (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  sealed BLOB,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key, version)
) STRICT, WITHOUT ROWID;
)sql";

// What was answered to requests that may come again. `key` and `request` are hashes: of the request's key with who sent
// it, and of what was asked. AUTOINCREMENT, since the oldest beyond a number of rows go by `seq`.
constexpr char version_5[] = R"sql(
CREATE TABLE kept_answers (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE,
  request BLOB NOT NULL,
  status INTEGER NOT NULL,
  location TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_answers_by_time ON kept_answers (at);
)sql";

// The containers of the release that serves, where another run made them, and the release before it, where it is kept.
constexpr char version_6[] = R"sql(
ALTER TABLE deployments ADD COLUMN made_by TEXT;
ALTER TABLE deployments ADD COLUMN replicas INTEGER NOT NULL DEFAULT 1;
ALTER TABLE deployments ADD COLUMN warm TEXT;
ALTER TABLE deployments ADD COLUMN warm_made_by TEXT;
ALTER TABLE deployments ADD COLUMN warm_until INTEGER;
)sql";

// How often the engine had to start the containers of the release that serves again.
constexpr char version_7[] = R"sql(
ALTER TABLE deployments ADD COLUMN restarts INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr std::array<char const*, 7> steps_so_far{version_1, version_2, version_3, version_4,
                                                  version_5, version_6, version_7};

}  // namespace

schema_steps known_steps() {
  return steps_so_far;
}

std::int64_t schema_version(database& db) {
  return db.integer("PRAGMA user_version");
}

void upgrade_schema(database& db, schema_steps steps) {
  for (auto version = static_cast<std::size_t>(schema_version(db)); version < steps.size(); ++version) {
    db.execute("BEGIN IMMEDIATE");
    try {
      db.execute(steps[version]);
      db.execute(fmt::format("PRAGMA user_version = {}", version + 1));
      db.execute("COMMIT");
    } catch (storage_failure const&) {
      db.roll_back();
      throw;
    }
  }
}

}  // namespace krane
