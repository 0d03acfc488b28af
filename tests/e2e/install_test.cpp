// cmake --install, as the README says it, into a folder of the test's own.
#include <gmock/gmock.h>

#include <filesystem>

#include "e2e/harness/process.hpp"
#include "support/temp_folder.hpp"

namespace krane::e2e {
namespace {

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
        "share/doc/krane/README.md", "share/doc/krane/operations.md"})
    EXPECT_GT(std::filesystem::file_size(place / file), 0u) << file;
  EXPECT_THAT(run({place / "bin/krane", "version"}).output, testing::StartsWith("krane "));
}

}  // namespace
}  // namespace krane::e2e
