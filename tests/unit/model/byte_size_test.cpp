#include "model/byte_size.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

TEST(byte_size, is_rounded_for_people) {
  constexpr std::uint64_t mib = 1024 * 1024;
  EXPECT_EQ(rounded_size(0), "0 bytes");
  EXPECT_EQ(rounded_size(1023), "1023 bytes");
  EXPECT_EQ(rounded_size(1536), "1.5 KiB");
  EXPECT_EQ(rounded_size(25 * mib), "25 MiB");
  EXPECT_EQ(rounded_size(100'000 * 1024 * mib), "98 TiB");
}

}  // namespace
}  // namespace krane
