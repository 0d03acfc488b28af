#include "engine/api_version.hpp"

#include <gtest/gtest.h>

#include "model/reason.hpp"

namespace krane::docker {
namespace {

TEST(api_version, the_newest_that_both_know_is_spoken) {
  EXPECT_EQ(*agree_on_minor(41, 12), 41);
  EXPECT_EQ(*agree_on_minor(43, 24), 43);
  EXPECT_EQ(*agree_on_minor(47, 24), 43);
}

TEST(api_version, an_engine_that_has_dropped_ours_is_spoken_to_in_its_oldest) {
  EXPECT_EQ(*agree_on_minor(52, 44), 44);
}

TEST(api_version, an_engine_that_is_too_old_is_refused_with_a_sentence) {
  auto const agreed = agree_on_minor(39, 12);
  ASSERT_FALSE(agreed);
  EXPECT_NE(agreed.error().message.find("1.39"), std::string::npos);
  EXPECT_NE(agreed.error().message.find("1.40"), std::string::npos);
}

TEST(api_version, only_docker_versions_are_read) {
  EXPECT_EQ(*parse_api_minor("1.41"), 41);
  for (auto const* bad : {"", "1", "1.", "2.0", "1.4x", "1.-1", "v1.41"}) EXPECT_FALSE(parse_api_minor(bad)) << bad;
}

}  // namespace
}  // namespace krane::docker
