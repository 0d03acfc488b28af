#include "secrets/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>

#include "base/random.hpp"

namespace krane {
namespace {

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(descriptor const&) = delete;
  descriptor& operator=(descriptor const&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

error system_failure(std::string_view what, std::string const& path, std::string_view doing, int code) {
  return make_error(errc::unavailable,
                    fmt::format("{}, {}, cannot be {}: {}", what, path, doing, std::generic_category().message(code)));
}

// False at the end of the file, or when that cannot be known.
bool read_fully(int fd, std::span<std::uint8_t> into) {
  while (!into.empty()) {
    auto const n = ::read(fd, into.data(), into.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    into = into.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool write_fully(int fd, std::span<std::uint8_t const> from) {
  while (!from.empty()) {
    auto const n = ::write(fd, from.data(), from.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    from = from.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

result<master_key> read_key_file(std::string const& path, std::string_view what) {
  // Not blocking: the path may be a pipe that nobody writes to.
  descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0 && errno == ENOENT)
    return make_error(errc::not_found, fmt::format("{}, {}, does not exist", what, path));
  if (file.get() < 0) return system_failure(what, path, "read", errno);
  struct stat is{};
  if (::fstat(file.get(), &is) != 0) return system_failure(what, path, "read", errno);
  if (!S_ISREG(is.st_mode))
    return make_error(errc::forbidden, fmt::format("{}, {}, is not a regular file", what, path));
  if (is.st_uid != 0 && is.st_uid != ::geteuid())
    return make_error(errc::forbidden,
                      fmt::format("{}, {}, belongs to user {}, not to krane's user {} or root; chown it", what, path,
                                  is.st_uid, ::geteuid()));
  if ((is.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return make_error(errc::forbidden,
                      fmt::format("{}, {}, can be read or changed by others (mode {:04o}); chmod 600 {}", what, path,
                                  is.st_mode & 07777, path));
  master_key key{};
  if (is.st_size != static_cast<off_t>(key.size()) || !read_fully(file.get(), key))
    return make_error(errc::invalid, fmt::format("{}, {}, is not {} bytes long; krane makes one itself, or: head -c {} "
                                                 "/dev/urandom > {}",
                                                 what, path, key.size(), key.size(), path));
  return key;
}

result<master_key> make_key_file(std::string const& path, std::string_view what) {
  master_key key{};
  fill_random(key);
  // Under its name only once it is whole: half a key would open nothing, and look like one.
  std::string const unfinished = path + ".new";
  ::unlink(unfinished.c_str());
  {
    descriptor const file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) return system_failure(what, path, "made", errno);
    if (!write_fully(file.get(), key) || ::fsync(file.get()) != 0) return system_failure(what, path, "written", errno);
  }
  if (::link(unfinished.c_str(), path.c_str()) != 0) {
    int const why = errno;
    ::unlink(unfinished.c_str());
    if (why == EEXIST) return make_error(errc::conflict, fmt::format("{}, {}, is there already", what, path));
    return system_failure(what, path, "made", why);
  }
  ::unlink(unfinished.c_str());
  std::string const folder = path.contains('/') ? path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)) : ".";
  descriptor const in(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (in.get() < 0 || ::fsync(in.get()) != 0) return system_failure(what, path, "made to last", errno);
  return key;
}

}  // namespace krane
