#include "store/store_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/random.hpp"
#include "store/files.hpp"
#include "store/schema.hpp"

namespace krane {
namespace {

constexpr char db_name[] = "krane.db";
constexpr char made_name[] = "krane.db.made";
constexpr char new_name[] = "krane.db.new";
constexpr std::int64_t application_id = 0x6b72616e;  // "kran", in the file's header

constexpr char made_text[] =
    "krane.db belongs into this folder. If it is missing, krane-server refuses to start instead of beginning anew;\n"
    "to begin anew, move this folder away.\n";

error damaged(std::string const& path, std::string const& what) {
  return make_error(errc::internal, "store_damaged",
                    fmt::format("the store {} is damaged: {}; it was left as it is: restore it from a backup, or move "
                                "the state folder away to begin anew",
                                path, what));
}

error newer(std::string const& path, std::int64_t version) {
  return make_error(errc::internal, "store_newer",
                    fmt::format("the store {} is of a newer krane (version {}, this one knows up to {}); it was left "
                                "as it is; install the newer krane-server again",
                                path, version, known_steps().size()));
}

std::uint32_t big_endian(unsigned char const* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

// Without SQLite, so that nothing is touched: it makes and removes files beside the one it opens.
std::optional<error> wrong_header(std::string const& path) {
  std::array<unsigned char, 100> header{};
  int const fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return make_error(errc::internal, "folder_unusable",
                      fmt::format("{} cannot be opened: {}", path, system_message(errno)));
  auto const size = ::pread(fd, header.data(), header.size(), 0);
  int const why = errno;
  ::close(fd);
  if (size < 0)
    return make_error(errc::internal, "folder_unusable",
                      fmt::format("{} cannot be read: {}", path, system_message(why)));
  if (size == 0) return damaged(path, "it is empty");
  if (size != static_cast<ssize_t>(header.size()) || std::memcmp(header.data(), "SQLite format 3", 16) != 0)
    return damaged(path, "it does not begin as a database does");
  if (big_endian(&header[68]) != application_id) return damaged(path, "it is no store of krane's");
  auto const version = static_cast<std::int32_t>(big_endian(&header[60]));
  if (version > static_cast<std::int64_t>(known_steps().size())) return newer(path, version);
  return std::nullopt;
}

std::optional<error> rest_without_file(std::string const& folder) {
  std::string const path = folder + "/" + db_name;
  for (char const* rest : {"-wal", "-journal", ".made"})
    if (file_exists(path + rest)) return damaged(path, fmt::format("it is missing, and {}{} is there", db_name, rest));
  return std::nullopt;
}

// A start that was cut off left these; nothing was ever acknowledged from them.
void remove_unfinished(std::string const& folder) {
  for (char const* tail : {"", "-journal", "-wal"}) ::unlink((folder + "/" + new_name + tail).c_str());
}

void use_log(database& db) {
  auto mode = db.select("PRAGMA journal_mode = WAL", {});
  if (!mode.next() || mode.text(0) != "wal")
    throw storage_failure(storage_fault::other, "it cannot be used with a write-ahead log");
}

result<void> make_store_file(std::string const& folder, std::string const& vfs) {
  std::string const path = folder + "/" + new_name;
  remove_unfinished(folder);
  // 0600 before SQLite opens it; its log gets the same mode.
  if (auto made = write_new_file(path, ""); !made) return made;
  {
    database db(path, database::mode::open, vfs);
    db.execute("PRAGMA locking_mode = EXCLUSIVE");
    // One sync at the end is enough: until the file has its name, it is thrown away after a crash.
    db.execute("PRAGMA synchronous = OFF");
    db.execute(fmt::format("PRAGMA application_id = {}", application_id));
    upgrade_schema(db, known_steps());
    db.run("INSERT INTO meta (key, value) VALUES ('instance', ?)", {random_hex(16)});
    use_log(db);
  }
  if (auto synced = sync_file(path); !synced) return synced;
  ::unlink((path + "-wal").c_str());
  if (std::rename(path.c_str(), (folder + "/" + db_name).c_str()) != 0)
    return make_error(errc::internal, "folder_unusable",
                      fmt::format("{} cannot be renamed: {}", path, system_message(errno)));
  return sync_folder(folder);
}

result<store_file> open_checked(std::string const& path, std::string const& vfs) {
  database db(path, database::mode::open, vfs);
  // One process only, and no file of shared memory.
  db.execute("PRAGMA locking_mode = EXCLUSIVE");
  db.execute("PRAGMA cell_size_check = ON");
  db.execute("PRAGMA trusted_schema = OFF");
  if (auto const version = schema_version(db); version > static_cast<std::int64_t>(known_steps().size()))
    return newer(path, version);
  {
    auto found = db.select("PRAGMA quick_check(1)", {});
    if (found.next() && found.text(0) != "ok") return damaged(path, found.text(0));
  }
  use_log(db);
  db.execute("PRAGMA synchronous = FULL");
  db.execute("PRAGMA temp_store = MEMORY");
  upgrade_schema(db, known_steps());
  // Whatever the last server left in the log; an error here is one that a later write would meet.
  db.checkpoint(database::after_checkpoint::empty_log);

  std::string id;
  {
    auto found = db.select("SELECT value FROM meta WHERE key = 'instance'", {});
    if (!found.next()) return damaged(path, "it does not say whose it is");
    id = found.text(0);
  }
  std::optional<std::string> network;
  {
    auto found = db.select("SELECT value FROM meta WHERE key = 'network'", {});
    if (found.next()) network = found.text(0);
  }
  return store_file{std::move(db), instance_id{id}, std::move(network)};
}

}  // namespace

void keep_network_row(database& db, std::string const& name) {
  db.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('network', ?)", {name});
}

error opening_failed(std::string const& path, storage_failure const& why) {
  switch (why.fault()) {
    case storage_fault::full:
      return make_error(errc::storage_full, fmt::format("the store {} cannot be opened: the disk is full", path));
    case storage_fault::damaged:
      return damaged(path, why.what());
    case storage_fault::busy:
      return make_error(errc::conflict, "store_in_use",
                        fmt::format("another program has the store {} open; close it first", path));
    case storage_fault::broken:
    case storage_fault::other:
      break;
  }
  return make_error(errc::unavailable, "store_failed",
                    fmt::format("the store {} cannot be opened: {}", path, why.what()));
}

result<store_file> open_store_file(std::string const& folder, std::string const& vfs) {
  std::string const path = folder + "/" + db_name;
  try {
    if (!file_exists(path)) {
      if (auto refused = rest_without_file(folder)) return *refused;
      if (auto made = make_store_file(folder, vfs); !made) return made.error();
    }
    if (auto refused = wrong_header(path)) return *refused;
    auto opened = open_checked(path, vfs);
    // If a power loss takes it away, it is made again: it need not be synced.
    if (opened && !file_exists(folder + "/" + made_name)) {
      if (auto noted = write_new_file(folder + "/" + made_name, made_text); !noted) return noted.error();
    }
    return opened;
  } catch (storage_failure const& e) {
    return opening_failed(path, e);
  }
}

}  // namespace krane
