#pragma once
// One connection to the SQLite file, with its prepared statements. Everything that knows SQLite is behind this.
//
// Threads: one at a time.
// Failure: storage_failure is thrown. It is caught where works are carried out (database_thread) and where the store
//          is opened, nowhere else.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"

namespace SQLite {
class Statement;
}

namespace krane {

enum class storage_fault {
  full,     // no room on the disk: nothing was changed, and later it may work
  broken,   // reading or writing failed: what the disk holds is not known
  damaged,  // what was read is not what was written
  busy,     // another program has the file open
  other,    // a bug of ours, or no memory
};

class storage_failure : public std::runtime_error {
public:
  storage_failure(storage_fault fault, std::string const& text) : std::runtime_error(text), fault_(fault) {}
  storage_fault fault() const { return fault_; }

private:
  storage_fault fault_;
};

// Text and bytes are copied when the statement begins.
using sql_value = std::variant<std::nullptr_t, std::int64_t, std::string_view, std::span<std::uint8_t const>>;

inline sql_value to_sql(time_point t) {
  return std::int64_t{t.time_since_epoch().count()};
}
inline time_point to_time(std::int64_t microseconds) {
  return time_point{std::chrono::microseconds{microseconds}};
}

class database {
public:
  enum class mode { create, open };

  // A query under way. Ends with the object; one text can be under way once at a time.
  class rows {
  public:
    rows(rows&& other) noexcept;
    ~rows();
    bool next();
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    std::vector<std::uint8_t> bytes(int column) const;

  private:
    friend class database;
    rows(database& owner, SQLite::Statement& statement) : owner_(&owner), statement_(&statement) {}
    database* owner_;
    SQLite::Statement* statement_;
  };

  // Closing never carries the log over into the main file: that is checkpoint(), whose failure is seen.
  database(std::string const& path, mode how, std::string const& vfs);
  database(database&&) noexcept;
  ~database();

  // Statements without values and without results.
  void execute(std::string const& sql);
  // `sql` must be a literal: statements are kept by its address. Returns the number of rows changed.
  std::int64_t run(char const* sql, std::initializer_list<sql_value> values);
  rows select(char const* sql, std::initializer_list<sql_value> values);
  // The first column of the first row, or `otherwise`.
  std::int64_t integer(char const* sql, std::int64_t otherwise = 0);
  std::int64_t last_insert_id() const;

  bool in_transaction() const;
  // Ends the transaction if there is one.
  void roll_back();

  // Of the write-ahead log, as the last commit left it.
  std::size_t log_pages() const;
  // Carries the log over into the main file. Its space is used again from the start, or given back.
  enum class after_checkpoint { keep_log, empty_log };
  void checkpoint(after_checkpoint then);

private:
  struct parts;
  SQLite::Statement& prepared(char const* sql, std::initializer_list<sql_value> values);
  std::unique_ptr<parts> parts_;
};

}  // namespace krane
