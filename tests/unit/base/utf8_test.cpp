#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

constexpr char mark[] = "\xEF\xBF\xBD";

TEST(utf8, leaves_valid_text_as_it_is) {
  for (auto const& good :
       {std::string(), std::string("plain"), std::string("\0", 1), std::string("\xC3\xA4\xE2\x82\xAC"),
        std::string("\xF0\x9F\x98\x80"), std::string("\xF4\x8F\xBF\xBF"), std::string("\xEE\x80\x80")}) {
    EXPECT_TRUE(is_valid_utf8(good));
    EXPECT_EQ(to_valid_utf8(good), good);
  }
}

TEST(utf8, replaces_each_byte_of_an_invalid_sequence) {
  for (auto const& bad : {std::string("\xFF"), std::string("\x80"), std::string("\xC3"), std::string("\xC0\x80"),
                          std::string("\xC1\xBF"), std::string("\xE0\x80\x80"), std::string("\xED\xA0\x80"),
                          std::string("\xED\xBF\xBF"), std::string("\xF0\x80\x80\x80"), std::string("\xF4\x90\x80\x80"),
                          std::string("\xF5\x80\x80\x80"), std::string("\xE2\x82"), std::string("\xF0\x9F\x98")}) {
    EXPECT_FALSE(is_valid_utf8(bad));
    std::string marks;
    for (std::size_t i = 0; i < bad.size(); ++i) marks += mark;
    EXPECT_EQ(to_valid_utf8("a" + bad + "b"), "a" + marks + "b");
    EXPECT_TRUE(is_valid_utf8(to_valid_utf8(bad)));
  }
}

}  // namespace
}  // namespace krane
