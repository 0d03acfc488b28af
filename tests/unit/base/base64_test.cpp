#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

TEST(base64url, gives_back_what_it_wrote_for_every_length) {
  byte_string bytes;
  for (int length = 0; length < 100; ++length) {
    auto const text = encode_base64url(bytes);
    EXPECT_EQ(text.find_first_of("+/="), std::string::npos);
    EXPECT_EQ(decode_base64url(text), bytes);
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    bytes.push_back(static_cast<std::uint8_t>(length * 37 + 251));
  }
}

TEST(base64url, takes_only_the_one_text_that_means_the_bytes) {
  EXPECT_TRUE(decode_base64url("-_8"));
  for (std::string_view wrong :
       {"-_8=", "-_9", "-_8 ", " -_8", "-_\n8", "+/8", "A", "AAAAA", "AB", "AAC", "=", "a.b", "\xc3\xa4"})
    EXPECT_FALSE(decode_base64url(wrong)) << wrong;
  EXPECT_FALSE(decode_base64url(std::string_view("AA\0A", 4)));
}

TEST(base64, wants_its_padding_and_no_more) {
  EXPECT_TRUE(decode_base64("+/8="));
  EXPECT_TRUE(decode_base64("AA=="));
  EXPECT_TRUE(decode_base64("AAAA"));
  for (std::string_view wrong :
       {"+/8", "AA=", "AA", "A===", "====", "AAAA====", "AB==", "AAE=A", "-_8=", "AA= ", "A=A="})
    EXPECT_FALSE(decode_base64(wrong)) << wrong;
}

}  // namespace
}  // namespace krane
