#include "store/database.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <cerrno>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace krane {

struct database::parts {
  SQLite::Database connection;
  std::size_t log_pages = 0;
  // After the connection, so that they go before it.
  std::unordered_map<char const*, std::unique_ptr<SQLite::Statement>> statements;
};

namespace {

storage_fault fault_of(int code, int system_error) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return storage_fault::full;
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_NOMEM) return storage_fault::other;
      // A user's quota is a full disk under another name; SQLite knows ENOSPC only. Only for writes: after a failed
      // fsync nothing is known.
      if (code == SQLITE_IOERR_WRITE && system_error == EDQUOT) return storage_fault::full;
      return storage_fault::broken;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return storage_fault::broken;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return storage_fault::damaged;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return storage_fault::busy;
    default:
      return storage_fault::other;
  }
}

[[noreturn]] void fail(sqlite3* connection, int code, std::string const& text) {
  throw storage_failure(fault_of(code, connection != nullptr ? sqlite3_system_errno(connection) : 0), text);
}

// SQLite's codes stop here.
template <class Function>
auto guarded(SQLite::Database const& connection, Function&& function) -> decltype(function()) {
  try {
    return function();
  } catch (SQLite::Exception const& e) {
    fail(connection.getHandle(), e.getExtendedErrorCode() > 0 ? e.getExtendedErrorCode() : e.getErrorCode(), e.what());
  }
}

SQLite::Database connect(std::string const& path, database::mode how, std::string const& vfs) {
  int const flags = SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX | SQLite::OPEN_NOFOLLOW |
                    (how == database::mode::create ? SQLite::OPEN_CREATE : 0);
  try {
    return SQLite::Database(path, flags, 0, vfs);
  } catch (SQLite::Exception const& e) {
    fail(nullptr, e.getExtendedErrorCode() > 0 ? e.getExtendedErrorCode() : e.getErrorCode(), e.what());
  }
}

int note_log_pages(void* pages, sqlite3*, char const*, int count) {
  *static_cast<std::size_t*>(pages) = static_cast<std::size_t>(count);
  return SQLITE_OK;
}

}  // namespace

database::database(std::string const& path, mode how, std::string const& vfs)
    : parts_(std::make_unique<parts>(connect(path, how, vfs))) {
  sqlite3* const handle = parts_->connection.getHandle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // SQLite's own checkpoints swallow their errors, an fsync's too; a later one would then drop a log whose content
  // never reached the main file.
  sqlite3_wal_autocheckpoint(handle, 0);
  sqlite3_wal_hook(handle, note_log_pages, &parts_->log_pages);
}

database::database(database&&) noexcept = default;
database::~database() = default;

SQLite::Statement& database::prepared(char const* sql, std::initializer_list<sql_value> values) {
  return guarded(parts_->connection, [&]() -> SQLite::Statement& {
    auto& slot = parts_->statements[sql];
    if (!slot) slot = std::make_unique<SQLite::Statement>(parts_->connection, sql);
    int index = 0;
    for (auto const& value : values) {
      ++index;
      std::visit(
          [&](auto const& v) {
            using kind = std::remove_cvref_t<decltype(v)>;
            if constexpr (std::is_same_v<kind, std::nullptr_t>)
              slot->bind(index);
            else if constexpr (std::is_same_v<kind, std::int64_t>)
              slot->bind(index, v);
            else if constexpr (std::is_same_v<kind, std::string_view>)
              slot->bind(index, std::string(v));
            else
              slot->bind(index, v.data(), static_cast<int>(v.size()));
          },
          value);
    }
    return *slot;
  });
}

void database::execute(std::string const& sql) {
  guarded(parts_->connection, [&] { parts_->connection.exec(sql); });
}

std::int64_t database::run(char const* sql, std::initializer_list<sql_value> values) {
  rows once(*this, prepared(sql, values));
  while (once.next()) {
  }
  return parts_->connection.getChanges();
}

database::rows database::select(char const* sql, std::initializer_list<sql_value> values) {
  return {*this, prepared(sql, values)};
}

std::int64_t database::integer(char const* sql, std::int64_t otherwise) {
  auto found = select(sql, {});
  return found.next() && !found.is_null(0) ? found.integer(0) : otherwise;
}

std::int64_t database::last_insert_id() const {
  return parts_->connection.getLastInsertRowid();
}

bool database::in_transaction() const {
  return sqlite3_get_autocommit(parts_->connection.getHandle()) == 0;
}

void database::roll_back() {
  if (in_transaction()) execute("ROLLBACK");
}

std::size_t database::log_pages() const {
  return parts_->log_pages;
}

void database::checkpoint(after_checkpoint then) {
  sqlite3* const handle = parts_->connection.getHandle();
  int const code = sqlite3_wal_checkpoint_v2(
      handle, nullptr, then == after_checkpoint::empty_log ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
      nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle, sqlite3_extended_errcode(handle), sqlite3_errmsg(handle));
  parts_->log_pages = 0;
}

database::rows::rows(rows&& other) noexcept
    : owner_(other.owner_), statement_(std::exchange(other.statement_, nullptr)) {}

database::rows::~rows() {
  if (statement_ == nullptr) return;
  // A failed step is reported by next(); the reset only repeats it.
  (void)statement_->tryReset();
}

bool database::rows::next() {
  return guarded(owner_->parts_->connection, [&] { return statement_->executeStep(); });
}

bool database::rows::is_null(int column) const {
  return statement_->isColumnNull(column);
}
std::int64_t database::rows::integer(int column) const {
  return statement_->getColumn(column).getInt64();
}
std::string database::rows::text(int column) const {
  return statement_->getColumn(column).getString();
}

std::vector<std::uint8_t> database::rows::bytes(int column) const {
  auto const value = statement_->getColumn(column);
  auto const* const begin = static_cast<std::uint8_t const*>(value.getBlob());
  return {begin, begin + value.getBytes()};
}

}  // namespace krane
