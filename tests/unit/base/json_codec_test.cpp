#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/json.hpp"

namespace krane {
namespace {

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct part {
  std::string name;
  std::uint16_t port = 0;
  friend bool operator==(part const&, part const&) = default;
};
BOOST_DESCRIBE_STRUCT(part, (), (name, port))

struct whole {
  std::string title;
  bool open = false;
  std::int64_t count = 0;
  double share = 0;
  colour paint = colour::red;
  std::optional<std::string> note;
  std::vector<part> parts;
  std::map<std::string, int> sizes;
  boost::json::value anything;
  friend bool operator==(whole const&, whole const&) = default;
};
BOOST_DESCRIBE_STRUCT(whole, (), (title, open, count, share, paint, note, parts, sizes, anything))

struct lenient {
  static constexpr bool json_defaults = true;
  std::string title = "none";
  int count = 7;
  part inner;
};
BOOST_DESCRIBE_STRUCT(lenient, (), (title, count, inner))

struct base_part {
  int id = 0;
};
BOOST_DESCRIBE_STRUCT(base_part, (), (id))
struct derived_part : base_part {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(derived_part, (base_part), (name))

// A number written as text or as a number: what json_decode is for.
struct flexible {
  std::string text;
};
result<flexible> json_decode(std::type_identity<flexible>, boost::json::value const& from) {
  if (from.is_string()) return flexible{std::string(from.get_string())};
  if (from.is_int64()) return flexible{std::to_string(from.get_int64())};
  return make_error(errc::invalid, "wants a text or a number");
}
boost::json::value json_encode(flexible const& from) {
  return boost::json::value(from.text);
}
struct with_flexible {
  flexible port;
  std::optional<flexible> other;
};
BOOST_DESCRIBE_STRUCT(with_flexible, (), (port, other))

template <class T>
result<T> decoded(std::string_view text, unknown_keys policy = unknown_keys::refuse) {
  return decode<T>(*parse_json(text), policy);
}

template <class T>
std::vector<fault> faults_of(std::string_view text) {
  auto const value = decoded<T>(text);
  if (value) return {};
  EXPECT_EQ(value.error().code, errc::invalid);
  return value.error().details;
}

std::vector<std::string> paths_of(std::vector<fault> const& faults) {
  std::vector<std::string> paths;
  for (auto const& one : faults) paths.push_back(one.path);
  return paths;
}

using paths = std::vector<std::string>;

TEST(codec, gives_back_what_it_wrote) {
  whole const before{.title = "t\"\n",
                     .open = true,
                     .count = -9007199254740993,
                     .share = 0.1,
                     .paint = colour::green,
                     .note = "n",
                     .parts = {{"a", 1}, {"b", 65535}},
                     .sizes = {{"x", 1}, {"y.z", 2}},
                     .anything = {1, "two", nullptr}};
  auto const after = decode<whole>(*parse_json(to_json_text(before)), unknown_keys::refuse);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(*after, before);
}

TEST(codec, leaves_empty_optionals_out) {
  EXPECT_EQ(to_json_text(whole{}).find("note"), std::string::npos);
}

TEST(codec, takes_null_for_a_missing_optional) {
  auto const value = decoded<with_flexible>(R"({"port":1,"other":null})");
  ASSERT_TRUE(value);
  EXPECT_FALSE(value->other);
}

TEST(codec, names_every_fault_at_once_with_its_path) {
  auto const faults = faults_of<whole>(
      R"({"title":1,"open":"yes","count":1.5,"share":"x","paint":"blue","note":[],"parts":[{"name":"a","port":1},
          {"name":2,"port":70000}],"sizes":{"x":"y"},"anything":0})");
  EXPECT_EQ(paths_of(faults),
            (paths{"title", "open", "count", "share", "paint", "note", "parts[1].name", "parts[1].port", "sizes.x"}));
  EXPECT_EQ(faults[0].error, "wants a string, got a number");
  EXPECT_EQ(faults[4].error, "wants one of: red, green");
}

TEST(codec, puts_the_first_fault_and_the_count_of_the_others_into_the_message) {
  EXPECT_EQ(decoded<part>(R"({"name":1,"port":"x"})").error().message,
            "name wants a string, got a number (and 1 more, see details)");
  EXPECT_EQ(decoded<part>("[]").error().message, "the document wants an object, got a list");
}

TEST(codec, names_what_is_missing) {
  EXPECT_EQ(paths_of(faults_of<part>("{}")), (paths{"name", "port"}));
}

TEST(codec, keeps_defaults_where_the_struct_says_so) {
  auto const value = decoded<lenient>("{\"count\":8,\"inner\":{\"name\":\"a\",\"port\":1}}");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->title, "none");
  EXPECT_EQ(value->count, 8);
  EXPECT_EQ(paths_of(faults_of<lenient>("{\"inner\":{}}")), (paths{"inner.name", "inner.port"}));
}

TEST(codec, refuses_unknown_keys_and_says_which_was_meant) {
  auto const faults = faults_of<part>(R"({"nmae":"a","name":"a","port":1,"replicas":3})");
  ASSERT_EQ(paths_of(faults), (paths{"nmae", "replicas"}));
  EXPECT_EQ(faults[0].error, "is not a known field; was \"name\" meant?");
  EXPECT_EQ(faults[1].error, "is not a known field");
}

TEST(codec, ignores_unknown_keys_of_the_engine) {
  EXPECT_TRUE(decoded<part>(R"({"name":"a","port":1,"Replicas":3})", unknown_keys::ignore));
}

TEST(codec, checks_the_range_of_whole_numbers) {
  for (auto const* bad : {"-1", "65536", "1.5", "1e10", "18446744073709551616", "\"1\"", "null", "true"})
    EXPECT_EQ(paths_of(faults_of<part>(std::string(R"({"name":"a","port":)") + bad + "}")), paths{"port"}) << bad;
  EXPECT_EQ(decoded<part>(R"({"name":"a","port":65535})")->port, 65535);
  EXPECT_EQ(decoded<part>(R"({"name":"a","port":80.0})")->port, 80);
}

TEST(codec, reads_inherited_members) {
  auto const value = decoded<derived_part>(R"({"id":3,"name":"a"})");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->id, 3);
  EXPECT_EQ(to_json_text(*value), R"({"id":3,"name":"a"})");
}

TEST(codec, lets_a_type_decode_itself) {
  auto const value = decoded<with_flexible>(R"({"port":80,"other":"x"})");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->port.text, "80");
  EXPECT_EQ(value->other->text, "x");
  EXPECT_EQ(to_json_text(*value), R"({"port":"80","other":"x"})");
  EXPECT_EQ(faults_of<with_flexible>(R"({"port":[]})"), (std::vector<fault>{{"port", "wants a text or a number"}}));
}

TEST(codec, does_not_answer_a_document_of_faults_with_a_larger_one) {
  std::string text = "{\"name\":\"a\",\"port\":1";
  for (int i = 0; i < 50'000; ++i) text += ",\"" + std::to_string(i) + "\":0";
  EXPECT_EQ(faults_of<part>(text + "}").size(), 100U);
  auto const long_key = faults_of<part>("{\"name\":\"a\",\"port\":1,\"" + std::string(100'000, 'k') + "\":1}");
  ASSERT_EQ(long_key.size(), 1U);
  EXPECT_LT(long_key[0].path.size(), 100U);
}

}  // namespace
}  // namespace krane
