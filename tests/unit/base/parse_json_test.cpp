#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <string>

#include "base/json.hpp"

namespace krane {
namespace {

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

// What parse_json made of the text, written out again; else "refused".
std::string taken(std::string_view text) {
  auto const value = parse_json(text);
  if (!value) {
    EXPECT_EQ(value.error().code, errc::malformed);
    return "refused";
  }
  return boost::json::serialize(*value);
}

std::string message_of(std::string_view text) {
  auto const value = parse_json(text);
  return value ? "taken" : value.error().message;
}

TEST(parse_json, takes_every_kind_of_value) {
  EXPECT_EQ(taken(R"( {"a":[1,-2,null,true,false,"x",{}],"b":{"c":[]}} )"),
            R"({"a":[1,-2,null,true,false,"x",{}],"b":{"c":[]}})");
  EXPECT_EQ(taken("\"x\""), "\"x\"");
  EXPECT_EQ(taken("7"), "7");
  EXPECT_EQ(taken("null"), "null");
  EXPECT_EQ(taken("18446744073709551615"), "18446744073709551615");
}

TEST(parse_json, takes_white_space_around_the_document) {
  EXPECT_EQ(taken(" \t\r\n[ 1 ] \t\r\n"), "[1]");
}

TEST(parse_json, reads_escapes_and_pairs_of_surrogates) {
  auto const value = parse_json(R"("\u00e4\n\ud83d\ude00\u0000")");
  ASSERT_TRUE(value);
  EXPECT_EQ(std::string_view(value->get_string()), std::string_view("\xC3\xA4\n\xF0\x9F\x98\x80\0", 8));
}

TEST(parse_json, refuses_what_is_not_json) {
  for (auto const* bad : {"",         " ",         "{",       "[1,]",    "{\"a\":1,}", "{a:1}",    "'a'",
                          "[1 2]",    "01",        "+1",      ".5",      "1.",         "1e",       "NaN",
                          "Infinity", "-",         "tru",     "nul",     "undefined",  "\"a",      "\"\t\"",
                          "\"\\x\"",  "\"\\u12\"", "]",       "{\"a\"}", "// c\n1",    "/* c */1", "\xEF\xBB\xBF{}",
                          "[1}",      "{1:2}",     "\"a\nb\""})
    EXPECT_EQ(taken(bad), "refused") << bad;
}

TEST(parse_json, refuses_what_follows_the_document) {
  for (auto const* bad : {"{} {}", "1 2", "{}x", "null,", "[]]"}) EXPECT_EQ(taken(bad), "refused") << bad;
  EXPECT_NE(message_of("{} {}").find("something follows the document"), std::string::npos);
  EXPECT_EQ(taken(std::string_view("{}\0", 3)), "refused");
}

TEST(parse_json, refuses_invalid_utf8) {
  for (auto const& bad :
       {std::string("\"\xFF\""), std::string("\"\xC3\""), std::string("\"\xC0\x80\""), std::string("\"\xED\xA0\x80\""),
        std::string("\"\xF4\x90\x80\x80\""), std::string("{\"\x80\":1}")})
    EXPECT_EQ(taken(bad), "refused");
}

TEST(parse_json, refuses_lone_surrogates) {
  for (auto const* bad :
       {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\ud800")", R"("\ud800\u0041")", R"({"\ud800":1})"})
    EXPECT_EQ(taken(bad), "refused") << bad;
}

TEST(parse_json, refuses_a_key_that_stands_twice_in_one_object) {
  EXPECT_NE(message_of(R"({"a":1,"b":2,"a":3})").find("the key \"a\" stands twice"), std::string::npos);
  EXPECT_NE(message_of(R"({"":1,"":2})").find("the key \"\" stands twice"), std::string::npos);
  EXPECT_EQ(taken(R"({"a":1,"\u0061":2})"), "refused");
  EXPECT_EQ(taken(R"({"x":{"a":1},"y":{"a":1},"a":{"a":[{"a":1},{"a":2}]}})"),
            R"({"x":{"a":1},"y":{"a":1},"a":{"a":[{"a":1},{"a":2}]}})");
}

TEST(parse_json, does_not_repeat_an_endless_key_in_its_message) {
  auto const key = std::string(10'000, 'k');
  EXPECT_LT(message_of("{\"" + key + "\":1,\"" + key + "\":2}").size(), 200U);
}

TEST(parse_json, takes_nesting_up_to_the_limit_and_no_deeper) {
  auto const nested = [](std::size_t depth) { return repeated("[", depth) + repeated("]", depth); };
  EXPECT_NE(taken(nested(32)), "refused");
  EXPECT_NE(message_of(nested(33)).find("nested too deeply"), std::string::npos);
  EXPECT_NE(message_of(repeated("{\"a\":", 100'000)).find("nested too deeply"), std::string::npos);
}

TEST(parse_json, refuses_a_document_past_its_size) {
  auto const value = parse_json("[1,2,3]", {.max_bytes = 6});
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, errc::too_large);
}

TEST(parse_json, never_makes_infinity_of_a_number) {
  for (auto const* bad : {"1e400", "-1e400", "1e999999999999", "[1e309]"}) EXPECT_EQ(taken(bad), "refused") << bad;
  EXPECT_NE(taken("1e308"), "refused");
  EXPECT_NE(taken("123456789012345678901234567890"), "refused");
}

TEST(parse_json, reads_doubles_to_the_last_bit) {
  for (double exact : {1e308, 0.1, 1e-300, 2.2250738585072014e-308, 1.7976931348623157e308, -1e22, 5e-324}) {
    auto const text = fmt::format("{}", exact);
    EXPECT_EQ(parse_json("[" + text + "]")->get_array()[0].to_number<double>(), exact) << text;
  }
  EXPECT_EQ(parse_json("1e-400")->get_double(), 0.0);
}

TEST(parse_json, says_where_it_stopped) {
  EXPECT_NE(message_of("{\"a\":1,?}").find("byte 7"), std::string::npos);
}

TEST(nearest, finds_the_word_that_was_meant) {
  std::vector<std::string_view> const known{"registry", "image", "tag", "container_port", "host_port"};
  EXPECT_EQ(nearest("hostport", known), "host_port");
  EXPECT_EQ(nearest("imgae", known), "image");
  EXPECT_EQ(nearest("Tag", known), "tag");
  EXPECT_EQ(nearest("containerPort", known), "container_port");
}

TEST(nearest, finds_nothing_for_a_word_that_is_far_from_all) {
  std::vector<std::string_view> const known{"registry", "image", "tag"};
  EXPECT_EQ(nearest("replicas", known), "");
  EXPECT_EQ(nearest("x", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest(std::string(1'000'000, 'i'), known), "");
  EXPECT_EQ(nearest("image", {}), "");
}

}  // namespace
}  // namespace krane
