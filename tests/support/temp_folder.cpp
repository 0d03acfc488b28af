#include "support/temp_folder.hpp"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace krane::test {

temp_folder::temp_folder(place where) {
  std::filesystem::path parent = std::filesystem::temp_directory_path();
  if (where == place::memory && ::access("/dev/shm", W_OK) == 0) parent = "/dev/shm";
  std::string pattern = (parent / "krane-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder at " + pattern);
  path_ = pattern;
}

temp_folder::~temp_folder() {
  std::error_code ignored;  // a folder left behind is no reason to fail a test that passed
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace krane::test
