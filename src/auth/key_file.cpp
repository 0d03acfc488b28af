#include "auth/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <system_error>

#include "auth/authorized_keys.hpp"

namespace krane {
namespace {

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  descriptor(descriptor const&) = delete;
  descriptor& operator=(descriptor const&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

error system_failure(std::string const& path, int code) {
  if (code == ENOENT || code == ENOTDIR) return make_error(errc::not_found, fmt::format("{} does not exist", path));
  return make_error(errc::unavailable,
                    fmt::format("{} cannot be read: {}", path, std::generic_category().message(code)));
}

std::optional<error> others_can_write(std::string const& path, struct stat const& what) {
  if (what.st_uid != 0 && what.st_uid != geteuid())
    return make_error(errc::forbidden, fmt::format("{} belongs to user {}, not to krane's user {} or root; chown it",
                                                   path, what.st_uid, geteuid()));
  if ((what.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return make_error(errc::forbidden, fmt::format("{} can be written by others; chmod go-w {}", path, path));
  return std::nullopt;
}

std::int64_t nanoseconds(timespec const& t) {
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

file_stamp stamp_of(struct stat const& s) {
  return {s.st_dev, s.st_ino, s.st_size, nanoseconds(s.st_mtim), nanoseconds(s.st_ctim)};
}

// A file system's clock ticks in milliseconds: what was written a moment ago may be written again under the same stamp.
bool is_settled(file_stamp const& stamp) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  auto const age = nanoseconds(now) - stamp.touched_ns;
  return age > 2'000'000'000;
}

result<std::string> read_all(int fd, std::string const& path) {
  std::string text;
  std::string piece(16 * 1024, '\0');
  while (text.size() <= key_list::max_bytes) {
    auto const n = read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure(path, errno);
    if (n == 0) return text;
    text.append(piece, 0, static_cast<std::size_t>(n));
  }
  return make_error(errc::too_large, fmt::format("{} is larger than {} bytes", path, key_list::max_bytes));
}

}  // namespace

result<key_file> read_key_file(std::string const& path, std::optional<file_stamp> known) {
  std::unique_ptr<char, decltype(&std::free)> const resolved(realpath(path.c_str(), nullptr), std::free);
  if (!resolved) return system_failure(path, errno);
  std::string const real = resolved.get();
  // Not blocking: the path may be a pipe that nobody writes to.
  descriptor const file(open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return system_failure(path, errno);
  struct stat of_file{};
  if (fstat(file.get(), &of_file) != 0) return system_failure(path, errno);
  if (!S_ISREG(of_file.st_mode)) return make_error(errc::forbidden, fmt::format("{} is not a regular file", path));
  if (auto refused = others_can_write(real, of_file)) return *refused;

  std::string const folder = real.substr(0, std::max<std::size_t>(real.rfind('/'), 1));
  struct stat of_folder{};
  if (stat(folder.c_str(), &of_folder) != 0) return system_failure(folder, errno);
  if (auto refused = others_can_write(folder, of_folder)) return *refused;

  key_file found{stamp_of(of_file), std::nullopt};
  if (known == found.stamp && is_settled(found.stamp)) return found;
  auto text = read_all(file.get(), path);
  if (!text) return text.error();
  found.text = std::move(*text);
  return found;
}

}  // namespace krane
