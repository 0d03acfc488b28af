#include "cli/config_changes.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace krane::cli {
namespace {

boost::json::object parsed(char const* text) {
  return config_of(boost::json::parse(text));
}

std::string changes(char const* before, char const* after) {
  return changes_text(find_changes(parsed(before), parsed(after)));
}

TEST(config_changes, are_none_between_the_same) {
  EXPECT_EQ(changes(R"({"image":"web","tag":"1"})", R"({"tag":"1","image":"web"})"), "");
}

TEST(config_changes, are_a_line_for_the_old_and_one_for_the_new) {
  EXPECT_EQ(changes(R"({"image":"web","tag":"v1","hold":"5s"})", R"({"image":"web","tag":"v2","rollout":"recreate"})"),
            "- tag: v1\n+ tag: v2\n- hold: \"5s\"\n+ rollout: recreate\n");
}

TEST(config_changes, go_into_objects_and_take_lists_whole) {
  EXPECT_EQ(changes(R"({"image":"web","environment":{"A":"1","B":"2"},"command":["a","b"]})",
                    R"({"image":"web","environment":{"A":"1","B":"3"},"command":["a"]})"),
            "- environment.B: \"2\"\n+ environment.B: \"3\"\n- command: [\"a\",\"b\"]\n+ command: [\"a\"]\n");
}

TEST(config_changes, count_the_tag_that_is_meant_where_none_is_said) {
  EXPECT_EQ(changes(R"({"image":"web"})", R"({"image":"web","tag":"latest"})"), "");
  EXPECT_EQ(changes(R"({"image":"web","tag":"","host_port":""})", R"({"image":"web","tag":"v2"})"),
            "- tag: latest\n+ tag: v2\n");
  EXPECT_EQ(changes(R"({"image":"web@sha256:aa"})", R"({"image":"web@sha256:bb"})"),
            "- image: web@sha256:aa\n+ image: web@sha256:bb\n");
}

TEST(config_changes, show_what_a_terminal_would_obey) {
  EXPECT_EQ(changes(R"({"image":"web","environment":{"A":"1"}})", R"({"image":"web","environment":{"A":"\u001b[31m"}})")
                .find('\x1b'),
            std::string::npos);
}

}  // namespace
}  // namespace krane::cli
