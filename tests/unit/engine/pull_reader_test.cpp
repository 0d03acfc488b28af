#include "engine/pull_reader.hpp"

#include <gtest/gtest.h>

namespace krane::docker {
namespace {

TEST(pull_reader, sums_the_layers_up) {
  pull_reader reader;
  ASSERT_TRUE(reader.add(R"({"status":"Pulling from a/b","id":"latest"})"));
  ASSERT_TRUE(reader.add(R"({"status":"Pulling fs layer","progressDetail":{},"id":"l1"})"));
  ASSERT_TRUE(
      reader.add(R"({"status":"Downloading","progressDetail":{"current":10,"total":100},"progress":"[>]","id":"l1"})"));
  auto now = reader.add(R"({"status":"Downloading","progressDetail":{"current":5,"total":50},"id":"l2"})");
  ASSERT_TRUE(now && *now);
  EXPECT_EQ((*now)->done_bytes, 15U);
  EXPECT_EQ((*now)->total_bytes, 150U);
  EXPECT_EQ((*now)->layer, "l2");
  now = reader.add(R"({"status":"Download complete","progressDetail":{},"id":"l1"})");
  ASSERT_TRUE(now && *now);
  EXPECT_EQ((*now)->done_bytes, 105U);
  now = reader.add(R"({"status":"Extracting","progressDetail":{"current":1,"total":100},"id":"l1"})");
  ASSERT_TRUE(now && *now);
  EXPECT_EQ((*now)->done_bytes, 105U) << "unpacking is no loading";
  EXPECT_FALSE(reader.failure());
}

TEST(pull_reader, remembers_the_failure_of_a_stream_that_began_well) {
  pull_reader reader;
  ASSERT_TRUE(reader.add(R"({"status":"Pulling from a/b","id":"latest"})"));
  auto const last = reader.add(R"({"errorDetail":{"message":"unknown blob"},"error":"unknown blob"})");
  ASSERT_TRUE(last);
  EXPECT_FALSE(*last);
  EXPECT_EQ(reader.failure(), "unknown blob");
}

TEST(pull_reader, unknown_sizes_count_as_none) {
  pull_reader reader;
  auto const now = reader.add(R"({"status":"Downloading","progressDetail":{"current":10,"total":-1},"id":"l1"})");
  ASSERT_TRUE(now && *now);
  EXPECT_EQ((*now)->done_bytes, 10U);
  EXPECT_EQ((*now)->total_bytes, 10U);
}

TEST(pull_reader, refuses_what_is_not_json) {
  pull_reader reader;
  EXPECT_FALSE(reader.add("<html>"));
}

}  // namespace
}  // namespace krane::docker
