#pragma once
// authorized_keys on the disk, read as sshd with StrictModes reads it: refused if anybody but root and the server's own
// user could have written it, or could put another in its place.
//
// Threads: any; it blocks.
// Failure: errc::not_found (missing), errc::forbidden (others can write to it), errc::unavailable (cannot be read),
//          errc::too_large; each sentence says what to do.
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace krane {

// Differs whenever the file may have been written or replaced.
struct file_stamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_ns = 0;  // mtime
  std::int64_t touched_ns = 0;  // ctime: also moves when the mtime is set by hand
  friend bool operator==(file_stamp const&, file_stamp const&) = default;
};

struct key_file {
  file_stamp stamp;
  std::optional<std::string> text;  // nothing: it is still the one that was known
};

// Checks who may write to it each time; reads it only if it is not `known`.
result<key_file> read_key_file(std::string const& path, std::optional<file_stamp> known);

}  // namespace krane
