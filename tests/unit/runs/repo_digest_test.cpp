#include "runs/repo_digest.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

image_ref ref(std::string registry, std::string repository) {
  return {.registry = std::move(registry), .repository = std::move(repository), .tag = "v1", .digest = {}};
}

TEST(find_repo_digest, knows_the_hub_by_the_name_that_the_engine_leaves_out) {
  EXPECT_EQ(find_repo_digest(ref("docker.io", "ada/web"), {"ada/web@sha256:aa"}), "sha256:aa");
  EXPECT_EQ(find_repo_digest(ref("docker.io", "nginx"), {"nginx@sha256:aa"}), "sha256:aa");
  EXPECT_EQ(find_repo_digest(ref("docker.io", "library/nginx"), {"nginx@sha256:aa"}), "sha256:aa");
}

TEST(find_repo_digest, takes_that_of_the_repository_that_was_pulled) {
  EXPECT_EQ(find_repo_digest(ref("localhost:5000", "web"), {"web@sha256:aa", "localhost:5000/web@sha256:bb"}),
            "sha256:bb");
  EXPECT_EQ(find_repo_digest(ref("localhost:5000", "web"), {"web@sha256:aa"}), std::nullopt);
  EXPECT_EQ(find_repo_digest(ref("docker.io", "web"), {}), std::nullopt);
}

TEST(find_repo_digest, takes_the_one_that_was_asked_for_where_there_are_more) {
  auto asked = ref("docker.io", "ada/web");
  asked.digest = "sha256:bb";
  EXPECT_EQ(find_repo_digest(asked, {"ada/web@sha256:aa", "ada/web@sha256:bb"}), "sha256:bb");
}

}  // namespace
}  // namespace krane
