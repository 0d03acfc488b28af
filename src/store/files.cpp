#include "store/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace krane {
namespace {

namespace fs = std::filesystem;

error unusable(std::string message) {
  return make_error(errc::internal, "folder_unusable", std::move(message));
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

error not_written(std::string const& path, int why) {
  auto text = fmt::format("{} cannot be written: {}", path, system_message(why));
  if (why == ENOSPC || why == EDQUOT) return make_error(errc::storage_full, std::move(text));
  return unusable(std::move(text));
}

result<void> sync(std::string const& path, int flags) {
  descriptor const opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (opened.get() < 0 || ::fsync(opened.get()) != 0) return not_written(path, errno);
  return {};
}

// Every folder that is made is durable in the one above it.
result<void> make_folders(fs::path const& folder) {
  if (folder.empty() || fs::is_directory(folder)) return {};
  if (auto above = make_folders(folder.parent_path()); !above) return above;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return unusable(fmt::format("the state folder {} cannot be made: {}", folder.string(), system_message(errno)));
  auto const above = folder.parent_path();
  return sync_folder(above.empty() ? "." : above.string());
}

}  // namespace

std::string system_message(int number) {
  return std::generic_category().message(number);
}

bool file_exists(std::string const& path) {
  struct stat found{};
  return ::lstat(path.c_str(), &found) == 0;
}

result<void> prepare_folder(std::string const& folder) {
  if (folder.empty()) return unusable("the state folder has no name; set KRANE_PATH");
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0) {
    if (errno != ENOENT)
      return unusable(fmt::format("the state folder {} cannot be looked at: {}", folder, system_message(errno)));
    fs::path path(folder);
    if (!path.has_filename()) path = path.parent_path();  // "/var/lib/krane/"
    return make_folders(path);
  }
  if (!S_ISDIR(found.st_mode)) return unusable(fmt::format("{} should be the state folder, and is no folder", folder));
  if ((found.st_mode & 0077) == 0) return {};

  std::error_code ec;
  bool const empty = fs::is_empty(folder, ec);
  if (ec) return unusable(fmt::format("the state folder {} cannot be read: {}", folder, ec.message()));
  bool const holds_store = file_exists(folder + "/krane.db") || file_exists(folder + "/krane.db.made");
  if (found.st_uid == ::geteuid() && (empty || holds_store)) {
    if (::chmod(folder.c_str(), 0700) != 0)
      return unusable(fmt::format("the state folder {} cannot be made private: {}", folder, system_message(errno)));
    return {};
  }
  if ((found.st_mode & 0022) != 0)
    return unusable(fmt::format(
        "Others may write to the folder {}; choose one of the server's own, or run: chmod 700 {}", folder, folder));
  return {};
}

result<void> sync_folder(std::string const& folder) {
  return sync(folder, O_DIRECTORY);
}
result<void> sync_file(std::string const& path) {
  return sync(path, O_NOFOLLOW);
}

result<void> write_new_file(std::string const& path, std::string const& text) {
  descriptor const made(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (made.get() < 0) return not_written(path, errno);
  auto const written = ::write(made.get(), text.data(), text.size());
  if (written < 0) return not_written(path, errno);
  if (written != static_cast<ssize_t>(text.size())) return not_written(path, ENOSPC);
  return {};
}

}  // namespace krane
