#pragma once
// A disk for SQLite that fails when the test says so, and that remembers what was written in which order, so that the
// test can tell what a power loss would have left. Files are the machine's own; syncs are counted but not carried out.
//
// Threads: any.
// Lifetime: outlives every connection that was opened with its name.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace krane::test {

enum class disk_operation { write, sync, read };
enum class disk_fault { full, broken };

// What was done to a file, in order over all files.
struct disk_step {
  enum class kind { write, truncate, sync, mark };
  kind what;
  std::string file;         // without its folder
  std::int64_t offset = 0;  // of a write; the size, of a truncate
  std::string data;         // of a write; the text, of a mark
};

class faulty_vfs {
public:
  faulty_vfs();
  ~faulty_vfs();
  faulty_vfs(faulty_vfs const&) = delete;

  std::string const& name() const;

  // The n-th from now (1 is the next) fails; or that one and all after it until heal(). A write that fails has written
  // its first half.
  void fail_nth(disk_operation what, std::size_t n, disk_fault how);
  void fail_from(disk_operation what, std::size_t n, disk_fault how);
  void heal();
  // Since the last heal() or fail_…().
  std::size_t count(disk_operation what) const;

  // The next sync waits inside SQLite until it is let go.
  void hold_sync();
  void wait_until_held();
  void let_go();

  void record();
  void mark(std::string text);
  std::vector<disk_step> steps() const;

  struct parts;

private:
  std::unique_ptr<parts> parts_;
};

}  // namespace krane::test
