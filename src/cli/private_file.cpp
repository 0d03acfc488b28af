#include "cli/private_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/random.hpp"

namespace krane::cli {
namespace {

error failed(int why, std::string_view what, std::string const& path) {
  auto text = fmt::format("{} cannot be {}: {}", path, what, std::generic_category().message(why));
  bool const full = why == ENOSPC || why == EDQUOT;
  return full ? make_error(errc::storage_full, std::move(text))
              : make_error(errc::internal, "file_unusable", std::move(text));
}

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor const&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

private:
  int fd_;
};

result<void> check_owner_only(int fd, std::string const& path) {
  struct stat found{};
  if (::fstat(fd, &found) != 0) return failed(errno, "looked at", path);
  if (found.st_uid != ::geteuid())
    return make_error(errc::forbidden, "file_not_private",
                      fmt::format("{} belongs to somebody else; remove it and log in again", path));
  if ((found.st_mode & 077) != 0)
    return make_error(errc::forbidden, "file_not_private",
                      fmt::format("{} holds tokens and others may read it (mode {:04o}); close it: chmod 600 {}", path,
                                  found.st_mode & 07777, path));
  return {};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto const written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

result<std::optional<std::string>> read_small_file(std::string const& path, readers allowed) {
  descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::optional<std::string>();
  if (file.get() < 0) return failed(errno, "read", path);
  if (allowed == readers::owner_only)
    if (auto const fine = check_owner_only(file.get(), path); !fine) return fine.error();
  std::string text;
  std::array<char, 4096> part;
  while (true) {
    auto const got = ::read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno, "read", path);
    if (got == 0) return std::optional(std::move(text));
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

result<void> replace_file(std::string const& path, std::string_view text) {
  std::string const fresh = fmt::format("{}.{}", path, random_hex(4));
  {
    descriptor const file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) return failed(errno, "written", path);
    if (!write_all(file.get(), text) || ::fsync(file.get()) != 0) {
      int const why = errno;
      ::unlink(fresh.c_str());
      return failed(why, "written", path);
    }
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    int const why = errno;
    ::unlink(fresh.c_str());
    return failed(why, "written", path);
  }
  auto const folder = std::filesystem::path(path).parent_path();
  descriptor const opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || ::fsync(opened.get()) != 0) return failed(errno, "written", path);
  return {};
}

result<void> make_private_folder(std::string const& folder) {
  std::filesystem::path const path(folder);
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec)) return {};
  if (auto const above = path.parent_path(); !above.empty() && above != path)
    if (auto made = make_private_folder(above.string()); !made) return made;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed(errno, "made", folder);
  return {};
}

result<folder_lock> folder_lock::take(std::string const& folder) {
  int const fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed(errno, "opened", folder);
  while (::flock(fd, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    int const why = errno;
    ::close(fd);
    return failed(why, "locked", folder);
  }
  return folder_lock(fd);
}

folder_lock::folder_lock(folder_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

folder_lock::~folder_lock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace krane::cli
