// What krane init writes, and the schema beside it, agree with what is read.
#include "cli/spec_template.hpp"

#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <sstream>

#include "cli/port_pair.hpp"
#include "cli/spec_file.hpp"
#include "cli/spec_schema.hpp"
#include "model/spec_fields.hpp"

namespace krane::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The only deployment of a text.
result<spec_file> read_spec(std::string_view text, std::string const& path, spec_input const& instead = {}) {
  auto all = read_specs(text, path, instead);
  if (!all) return all.error();
  return std::move(all->front());
}

std::string uncommented(std::string const& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    // A field that was commented out is a word in small letters and a colon.
    auto const mark = line.find("# ");
    auto const colon = line.find(": ");
    bool const is_field = mark != line.npos && colon != line.npos && line.find(' ', mark + 2) == colon + 1 &&
                          line[mark + 2] >= 'a' && line[mark + 2] <= 'z' && !line.contains("$schema");
    out += (is_field ? line.substr(0, mark) + line.substr(mark + 2) : line) + "\n";
  }
  return out;
}

TEST(spec_template, is_read_as_what_was_answered) {
  auto const text = spec_template({.name = "web", .image = "a/b", .tag = "1.10", .container_port = "80"});
  auto const read = read_spec(text, "krane.yaml");
  ASSERT_TRUE(read) << read.error().message << "\n" << text;
  EXPECT_EQ(read->written.name, "web");
  EXPECT_EQ(read->written.image, "a/b");
  EXPECT_EQ(read->written.tag, "1.10");
  EXPECT_EQ(read->written.container_port, "80");
  EXPECT_FALSE(read->written.host_port);
  EXPECT_FALSE(read->written.registry);
}

TEST(spec_template, shows_every_field_with_an_example_that_is_right) {
  auto const text = spec_template({.name = "web", .image = "a/b"});
  for (spec_field const& field : spec_fields()) EXPECT_THAT(text, HasSubstr(std::string(field.key) + ": "));
  auto const read = read_spec(uncommented(text), "krane.yaml");
  ASSERT_TRUE(read) << read.error().message << "\n" << uncommented(text);
  for (spec_field const& field : spec_fields())
    EXPECT_TRUE(read->written.*field.slot) << field.key << " is not shown:\n" << text;
}

TEST(spec_template, leads_editors_to_the_schema_and_fits_a_terminal) {
  auto const text = spec_template({.name = "web", .image = "a/b"});
  EXPECT_THAT(text, StartsWith("# yaml-language-server: $schema=./krane.schema.json\n"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(spec_schema, knows_every_field_in_both_places) {
  auto const schema = spec_schema();
  auto const& beside = schema.at("properties").as_object();
  auto const& inside = beside.at("config").at("properties").as_object();
  for (spec_field const& field : spec_fields()) {
    auto const* const described = beside.if_contains(std::string(field.key));
    ASSERT_NE(described, nullptr) << field.key;
    EXPECT_EQ(described->at("description").as_string(), std::string(field.meaning));
    EXPECT_EQ(inside.contains(std::string(field.key)), field.in_config) << field.key;
  }
  EXPECT_EQ(schema.at("required"), boost::json::array{"name"});
  EXPECT_FALSE(schema.at("additionalProperties").as_bool());
}

TEST(spec_fields, have_examples_and_defaults_that_are_right) {
  spec_input all;
  for (spec_field const& field : spec_fields()) all.*field.slot = std::string(field.example);
  auto const made = make_spec(all);
  ASSERT_TRUE(made) << made.error().message;
  for (spec_field const& field : spec_fields()) {
    if (field.fallback.empty()) continue;
    spec_input with_default = all;
    with_default.*field.slot = std::string(field.fallback);
    EXPECT_TRUE(make_spec(with_default)) << field.key;
  }
}

TEST(spec_fields, that_are_required_are_missed) {
  auto const made = make_spec({});
  ASSERT_FALSE(made);
  std::vector<std::string> missed;
  for (auto const& one : made.error().details) missed.push_back(one.path);
  std::vector<std::string> required;
  for (spec_field const& field : spec_fields())
    if (field.required) required.push_back(path_of(field));
  EXPECT_EQ(missed, required);
}

TEST(parse_port_pair, takes_both_ports_or_the_containers) {
  auto const both = parse_port_pair("9002:8080");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->host, "9002");
  EXPECT_EQ(both->container, "8080");
  auto const one = parse_port_pair("8080");
  ASSERT_TRUE(one);
  EXPECT_FALSE(one->host);
  EXPECT_EQ(one->container, "8080");
}

TEST(parse_port_pair, refuses_what_are_no_ports) {
  for (std::string const text : {"", ":", "8080:", ":8080", "a:b", "1:2:3", "0:80", "80:65536", "127.0.0.1:80:80"}) {
    auto const made = parse_port_pair(text);
    ASSERT_FALSE(made) << text;
    EXPECT_THAT(made.error().message, StartsWith("--port: "));
    EXPECT_EQ(made.error().reason, "usage");
  }
}

}  // namespace
}  // namespace krane::cli
