#include "cli/yaml_writer.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "cli/file_reading.hpp"

namespace krane::cli {
namespace {

std::string yaml_of(std::string const& json) {
  return to_yaml(boost::json::parse(json));
}

TEST(to_yaml, writes_objects_and_lists_as_blocks) {
  EXPECT_EQ(yaml_of(R"({"name": "web", "config": {"image": "a/b", "host_port": "9002", "tag": ""},
                        "containers": [{"Id": "x", "Names": ["/web-1", "/web-2"]}, {"Id": "z", "Names": []}],
                        "labels": {}, "count": 3, "ok": true, "run": null})"),
            "name: web\n"
            "config:\n"
            "  image: a/b\n"
            "  host_port: \"9002\"\n"
            "  tag: \"\"\n"
            "containers:\n"
            "  - Id: x\n"
            "    Names:\n"
            "      - /web-1\n"
            "      - /web-2\n"
            "  - Id: z\n"
            "    Names: []\n"
            "labels: {}\n"
            "count: 3\n"
            "ok: true\n"
            "run: null\n");
}

TEST(to_yaml, writes_what_is_no_object_too) {
  EXPECT_EQ(yaml_of("[]"), "[]\n");
  EXPECT_EQ(yaml_of(R"(["a", ["b", "c"], [[1]]])"), "- a\n- - b\n  - c\n- - - 1\n");
  EXPECT_EQ(yaml_of("\"a\""), "a\n");
  EXPECT_EQ(yaml_of("1.5"), "1.5E0\n");
}

TEST(yaml_scalar, quotes_what_would_be_something_else) {
  for (std::string const text :
       {"",           "8080",  "1.10", "-1", "1e3",  "0x10", ".inf",  "true", "No",   "on", "NULL", "~",  "y",
        "2020-05-27", "12:30", "a: b", "a:", " a",   "a ",   "- a",   "#a",   "a #b", "*a", "&a",   "!a", "@a",
        "%a",         "[a",    "{a",   "'a", "a\nb", "a\tb", "\"a\"", "a\\b", "<<",   "?",  "|",    ">"})
    EXPECT_EQ(yaml_scalar(text).front(), '"') << text;
  for (std::string const text : {"web", "docker.io/davidcasta/docker-to-node:latest", "sha256:7177cc", "Up 39 minutes",
                                 "/docker-to-node-9ca24de8", "npm run start", "größe"})
    EXPECT_EQ(yaml_scalar(text), text);
}

// Back through the reader, as texts.
void expect_back(boost::json::value const& from, written_value const& read, std::string const& path) {
  if (from.is_object() && !from.get_object().empty()) {
    ASSERT_EQ(read.members.size(), from.get_object().size()) << path;
    std::size_t at = 0;
    for (auto const& [key, value] : from.get_object()) {
      EXPECT_EQ(read.members[at].key, std::string(key)) << path;
      expect_back(value, read.members[at++].value, path + "." + std::string(key));
    }
  } else if (from.is_string()) {
    EXPECT_EQ(read.is, written_value::kind::text) << path;
    EXPECT_EQ(read.text, std::string(from.get_string())) << path;
  }
}

TEST(to_yaml, is_read_as_the_same_again) {
  auto const from = boost::json::parse(
      R"({"a b": "c", "": "x", "true": "false", "k": {"n": {"m": "1"}, "text": "two\nlines\u0001\u2028 end ",
          "quote": "it's \"so\"", "slash": "\\d+", "wide": "\ud83d\ude00", "colon": "a: b: c", "null": "null"}})");
  auto const read = parse_yaml(to_yaml(from));
  ASSERT_TRUE(read) << read.error().message << "\n" << to_yaml(from);
  expect_back(from, *read, "");
}

}  // namespace
}  // namespace krane::cli
