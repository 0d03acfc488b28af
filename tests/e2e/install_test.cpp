// cmake --install, as the README says it, into a folder of the test's own.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "e2e/harness/process.hpp"
#include "support/temp_folder.hpp"

namespace krane::e2e {
namespace {

// What the setting of a unit names, word by word.
std::vector<std::string> words_of(std::string const& unit, std::string const& setting) {
  std::vector<std::string> all;
  std::ifstream file(unit);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(setting + "=")) continue;
    std::istringstream words(line.substr(setting.size() + 1));
    for (std::string word; words >> word;) all.push_back(word);
  }
  return all;
}

// Every file and every unit of krane's that the unit names is there, as it is for who uses the machine.
void expect_whole(std::filesystem::path const& units, std::string const& unit, std::string const& root) {
  std::string const file = (units / unit).string();
  auto const programs = words_of(file, "ExecStart");
  ASSERT_FALSE(programs.empty()) << file;
  // HAProxy is the machine's, all else was installed.
  bool const is_ours = programs.front().contains("krane");
  EXPECT_TRUE(std::filesystem::exists((is_ours ? root : "") + programs.front())) << programs.front();
  auto const documents = words_of(file, "Documentation");
  EXPECT_FALSE(documents.empty()) << file;
  for (std::string const& one : documents) {
    ASSERT_TRUE(one.starts_with("file://")) << one;
    EXPECT_TRUE(std::filesystem::exists(root + one.substr(7))) << one;
  }
  for (std::string const setting : {"Wants", "Requires", "After"})
    for (std::string const& other : words_of(file, setting))
      if (other.starts_with("krane")) EXPECT_TRUE(std::filesystem::exists(units / other)) << other;
}

TEST(installation, puts_programs_manual_completion_unit_and_documents_in_place) {
  auto const build = std::filesystem::path(program_folder()).parent_path().string();
  if (!std::filesystem::exists(build + "/cmake_install.cmake")) GTEST_SKIP() << build << " is no build folder";
  test::temp_folder const place;
  auto const installed = run({"cmake", "--install", build, "--prefix", place.path().string()});
  ASSERT_EQ(installed.status, 0) << installed.output;
  for (std::string const file :
       {"bin/krane-server", "bin/krane", "share/man/man1/krane.1", "share/man/man1/krane-deploy.1",
        "share/bash-completion/completions/krane", "share/zsh/site-functions/_krane",
        "share/fish/vendor_completions.d/krane.fish", "lib/systemd/system/krane-server.service",
        "lib/systemd/system/krane-front.service", "share/doc/krane/README.md", "share/doc/krane/operations.md"})
    EXPECT_GT(std::filesystem::file_size(place / file), 0u) << file;
  EXPECT_THAT(run({place / "bin/krane", "version"}).output, testing::StartsWith("krane "));
  std::filesystem::path const units = place / "lib/systemd/system";
  for (auto const& one : std::filesystem::directory_iterator(units))
    expect_whole(units, one.path().filename().string(), "");
}

TEST(installation, of_a_package_names_the_places_of_the_machine_that_it_is_made_for) {
  auto const build = std::filesystem::path(program_folder()).parent_path().string();
  if (!std::filesystem::exists(build + "/cmake_install.cmake")) GTEST_SKIP() << build << " is no build folder";
  test::temp_folder const place;
  auto const root = place.path().string();
  auto const installed = run({"env", "DESTDIR=" + root, "cmake", "--install", build, "--prefix", "/usr"});
  ASSERT_EQ(installed.status, 0) << installed.output;
  std::filesystem::path const units = place / "usr/lib/systemd/system";
  for (auto const& one : std::filesystem::directory_iterator(units))
    expect_whole(units, one.path().filename().string(), root);
  EXPECT_EQ(words_of((units / "krane-server.service").string(), "ExecStart").front(), "/usr/bin/krane-server");
}

}  // namespace
}  // namespace krane::e2e
