#pragma once
// One server to a state folder. The lock is the kernel's: it goes with the process, however that ends, and the file
// that carries it stays, with the pid of the last holder in it.
//
// Failure: errc::conflict, reason "store_in_use", naming the holder's pid, at once.
#include <string>
#include <utility>

#include "base/result.hpp"

namespace krane {

class folder_lock {
public:
  static result<folder_lock> take(std::string const& folder);

  folder_lock(folder_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  folder_lock& operator=(folder_lock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~folder_lock();

private:
  explicit folder_lock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace krane
