#include "support/faulty_vfs.hpp"

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>

namespace krane::test {

struct faulty_vfs::parts {
  struct plan {
    std::size_t done = 0;
    std::size_t fails_at = 0;  // 0: never
    bool and_after = false;
    disk_fault how = disk_fault::full;
  };

  std::string name;
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs vfs{};

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::array<plan, 3> plans;
  bool hold = false;
  bool held = false;
  bool recording = false;
  std::vector<disk_step> steps;

  std::optional<disk_fault> due(disk_operation what) {
    std::lock_guard const lock(mutex);
    auto& p = plans[static_cast<std::size_t>(what)];
    ++p.done;
    if (p.fails_at == 0 || p.done < p.fails_at || (p.done > p.fails_at && !p.and_after)) return std::nullopt;
    return p.how;
  }
  void note(disk_step step) {
    std::lock_guard const lock(mutex);
    if (recording) steps.push_back(std::move(step));
  }
  void wait_if_held() {
    std::unique_lock lock(mutex);
    if (!hold) return;
    held = true;
    changed.notify_all();
    changed.wait(lock, [this] { return !hold; });
    held = false;
  }
};

namespace {

struct faulty_file {
  sqlite3_file base;  // first: SQLite sees only this
  faulty_vfs::parts* owner;
  std::string* name;
  sqlite3_file* real;
};

faulty_file& of(sqlite3_file* file) {
  return *reinterpret_cast<faulty_file*>(file);
}
faulty_vfs::parts& of(sqlite3_vfs* vfs) {
  return *static_cast<faulty_vfs::parts*>(vfs->pAppData);
}

int close_file(sqlite3_file* file) {
  auto& f = of(file);
  int const code = f.real->pMethods->xClose(f.real);
  delete f.name;
  return code;
}

int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  auto& f = of(file);
  if (f.owner->due(disk_operation::read)) return SQLITE_IOERR_READ;
  return f.real->pMethods->xRead(f.real, to, size, offset);
}

int write_file(sqlite3_file* file, void const* from, int size, sqlite3_int64 offset) {
  auto& f = of(file);
  auto const fault = f.owner->due(disk_operation::write);
  int const written = fault ? size / 2 : size;
  if (written > 0) {
    f.owner->note({disk_step::kind::write, *f.name, offset,
                   std::string(static_cast<char const*>(from), static_cast<std::size_t>(written))});
    if (int const code = f.real->pMethods->xWrite(f.real, from, written, offset); code != SQLITE_OK) return code;
  }
  if (!fault) return SQLITE_OK;
  return *fault == disk_fault::full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  auto& f = of(file);
  f.owner->note({disk_step::kind::truncate, *f.name, size, {}});
  return f.real->pMethods->xTruncate(f.real, size);
}

int sync_file(sqlite3_file* file, int) {
  auto& f = of(file);
  f.owner->wait_if_held();
  if (f.owner->due(disk_operation::sync)) return SQLITE_IOERR_FSYNC;
  f.owner->note({disk_step::kind::sync, *f.name, 0, {}});
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return of(file).real->pMethods->xFileSize(of(file).real, size);
}
int lock_file(sqlite3_file* file, int level) {
  return of(file).real->pMethods->xLock(of(file).real, level);
}
int unlock_file(sqlite3_file* file, int level) {
  return of(file).real->pMethods->xUnlock(of(file).real, level);
}
int check_lock(sqlite3_file* file, int* held) {
  return of(file).real->pMethods->xCheckReservedLock(of(file).real, held);
}
int control(sqlite3_file* file, int what, void* value) {
  return of(file).real->pMethods->xFileControl(of(file).real, what, value);
}
int sector_size(sqlite3_file* file) {
  return of(file).real->pMethods->xSectorSize(of(file).real);
}
int device(sqlite3_file* file) {
  return of(file).real->pMethods->xDeviceCharacteristics(of(file).real);
}

// Version 1: no shared memory, which a store with one connection does not need.
constexpr sqlite3_io_methods methods{
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* vfs, char const* path, sqlite3_file* file, int flags, int* out_flags) {
  auto& owner = of(vfs);
  auto* const f = new (file) faulty_file{};
  f->real = reinterpret_cast<sqlite3_file*>(f + 1);
  if (int const code = owner.real->xOpen(owner.real, path, f->real, flags, out_flags); code != SQLITE_OK) {
    if (f->real->pMethods != nullptr) f->real->pMethods->xClose(f->real);
    return code;
  }
  std::string name = path != nullptr ? path : "";
  f->owner = &owner;
  f->name = new std::string(name.substr(name.rfind('/') + 1));
  f->base.pMethods = &methods;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, char const* path, int) {
  // Without the sync of the folder: as for files, nothing is really synced.
  return of(vfs).real->xDelete(of(vfs).real, path, 0);
}

}  // namespace

faulty_vfs::faulty_vfs() : parts_(std::make_unique<parts>()) {
  static std::atomic<int> made{0};
  parts_->name = "faulty-" + std::to_string(++made);
  parts_->real = sqlite3_vfs_find(nullptr);
  parts_->vfs = *parts_->real;
  parts_->vfs.pNext = nullptr;
  parts_->vfs.szOsFile = static_cast<int>(sizeof(faulty_file)) + parts_->real->szOsFile;
  parts_->vfs.zName = parts_->name.c_str();
  parts_->vfs.pAppData = parts_.get();
  parts_->vfs.xOpen = open_file;
  parts_->vfs.xDelete = delete_file;
  if (sqlite3_vfs_register(&parts_->vfs, 0) != SQLITE_OK) throw std::runtime_error("the file system was refused");
}

faulty_vfs::~faulty_vfs() {
  sqlite3_vfs_unregister(&parts_->vfs);
}

std::string const& faulty_vfs::name() const {
  return parts_->name;
}

void faulty_vfs::fail_nth(disk_operation what, std::size_t n, disk_fault how) {
  heal();
  std::lock_guard const lock(parts_->mutex);
  parts_->plans[static_cast<std::size_t>(what)] = {.done = 0, .fails_at = n, .and_after = false, .how = how};
}

void faulty_vfs::fail_from(disk_operation what, std::size_t n, disk_fault how) {
  heal();
  std::lock_guard const lock(parts_->mutex);
  parts_->plans[static_cast<std::size_t>(what)] = {.done = 0, .fails_at = n, .and_after = true, .how = how};
}

void faulty_vfs::heal() {
  std::lock_guard const lock(parts_->mutex);
  parts_->plans = {};
}

std::size_t faulty_vfs::count(disk_operation what) const {
  std::lock_guard const lock(parts_->mutex);
  return parts_->plans[static_cast<std::size_t>(what)].done;
}

void faulty_vfs::hold_sync() {
  std::lock_guard const lock(parts_->mutex);
  parts_->hold = true;
}

void faulty_vfs::wait_until_held() {
  std::unique_lock lock(parts_->mutex);
  if (!parts_->changed.wait_for(lock, std::chrono::seconds{20}, [this] { return parts_->held; }))
    throw std::runtime_error("no sync came to be held");
}

void faulty_vfs::let_go() {
  {
    std::lock_guard const lock(parts_->mutex);
    parts_->hold = false;
  }
  parts_->changed.notify_all();
}

void faulty_vfs::record() {
  std::lock_guard const lock(parts_->mutex);
  parts_->recording = true;
  parts_->steps.clear();
}

void faulty_vfs::mark(std::string text) {
  parts_->note({disk_step::kind::mark, {}, 0, std::move(text)});
}

std::vector<disk_step> faulty_vfs::steps() const {
  std::lock_guard const lock(parts_->mutex);
  return parts_->steps;
}

}  // namespace krane::test
