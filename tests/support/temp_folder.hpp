#pragma once
// A folder of the test's own, gone with the test.
#include <filesystem>
#include <string>

namespace krane::test {

class temp_folder {
public:
  // In memory where the machine has such a place: for tests that open files by the thousand.
  enum class place { disk, memory };
  explicit temp_folder(place where = place::disk);
  ~temp_folder();
  temp_folder(temp_folder const&) = delete;
  std::filesystem::path const& path() const { return path_; }
  std::string operator/(std::string const& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

}  // namespace krane::test
