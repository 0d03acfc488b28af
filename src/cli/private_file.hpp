#pragma once
// Files of the person's own, as small texts: read with care for who else could, and replaced whole.
//
// Threads: any.
// Failure: sentences with the path: errc::internal, errc::storage_full, or errc::forbidden where others could read.
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace krane::cli {

enum class readers {
  anybody,
  owner_only,  // refused unless it is ours and closed to everybody else
};

// None: there is no such file.
result<std::optional<std::string>> read_small_file(std::string const& path, readers allowed);

// A reader sees the old text or the new one, also after a power cut. The file is 0600.
result<void> replace_file(std::string const& path, std::string_view text);

// With the folders above it, each 0700.
result<void> make_private_folder(std::string const& folder);

// Holds a folder against other programs that lock it, until it is destroyed. Waits for them.
class folder_lock {
public:
  static result<folder_lock> take(std::string const& folder);
  folder_lock(folder_lock&& other) noexcept;
  folder_lock& operator=(folder_lock&&) = delete;
  ~folder_lock();

private:
  explicit folder_lock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace krane::cli
