#include "base/random.hpp"

#include <gtest/gtest.h>

#include <array>

namespace krane {
namespace {

TEST(to_hex, writes_two_lower_case_digits_a_byte) {
  std::array<std::uint8_t, 4> const bytes{0x00, 0x0F, 0xA0, 0xFF};
  EXPECT_EQ(to_hex(bytes), "000fa0ff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(random_hex, is_of_the_length_asked_for_and_differs) {
  EXPECT_EQ(random_hex(0), "");
  EXPECT_EQ(random_hex(32).size(), 64U);
  EXPECT_NE(random_hex(16), random_hex(16));
}

}  // namespace
}  // namespace krane
