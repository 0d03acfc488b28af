#include "store/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "store/files.hpp"

namespace krane {
namespace {

// Digits only: what is in the file goes into a message.
std::string read_pid(int fd) {
  std::array<char, 32> text{};
  auto const size = ::pread(fd, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[static_cast<std::size_t>(i)] >= '0' && text[static_cast<std::size_t>(i)] <= '9';
       ++i)
    pid += text[static_cast<std::size_t>(i)];
  return pid;
}

}  // namespace

result<folder_lock> folder_lock::take(std::string const& folder) {
  std::string const path = folder + "/lock";
  // Not inherited by programs that we start: a lock must not outlive the server in its children.
  int const fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return make_error(errc::internal, "folder_unusable",
                      fmt::format("{} cannot be opened: {}", path, system_message(errno)));
  folder_lock held(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    int const why = errno;
    if (why != EWOULDBLOCK)
      return make_error(errc::internal, "folder_unusable",
                        fmt::format("{} cannot be locked: {}", path, system_message(why)));
    auto const pid = read_pid(fd);
    return make_error(errc::conflict, "store_in_use",
                      fmt::format("another krane-server ({}) already uses the state folder {}",
                                  pid.empty() ? "just starting" : "pid " + pid, folder));
  }
  auto const pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return make_error(errno == ENOSPC ? errc::storage_full : errc::internal,
                      errno == ENOSPC ? "storage_full" : "folder_unusable",
                      fmt::format("{} cannot be written: {}", path, system_message(errno)));
  return held;
}

folder_lock::~folder_lock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace krane
