#include "server/settings.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "support/temp_folder.hpp"

namespace krane {
namespace {

using test::temp_folder;

environment none() {
  return [](std::string const&) { return std::nullopt; };
}

environment of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](std::string const& name) -> std::optional<std::string> {
    auto const found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(settings, have_the_documented_defaults) {
  auto const read = read_settings({}, of({{"HOME", "/home/ada"}}));
  ASSERT_TRUE(read) << read.error().message;
  settings const& s = read->values;
  EXPECT_EQ(s.listen, "127.0.0.1");
  EXPECT_EQ(s.rest_port, 8080);
  EXPECT_EQ(s.path, "/home/ada/.krane");
  EXPECT_EQ(s.authorized_keys, "/home/ada/.ssh/authorized_keys");
  EXPECT_EQ(s.log_level, "info");
  EXPECT_EQ(s.login_limit, 60U);
  EXPECT_EQ(s.disk_reserve_bytes, 1'073'741'824U);
  EXPECT_EQ(s.keep_releases, 5U);
  EXPECT_EQ(s.streams, open_streams::loopback);
  EXPECT_EQ(s.docker_host, "unix:///var/run/docker.sock");
}

TEST(settings, take_amounts_of_disk_and_numbers_of_releases) {
  auto const read = read_settings({"--disk-reserve", "1.5g", "--keep-releases", "2"}, none());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->values.disk_reserve_bytes, 1'610'612'736U);
  EXPECT_EQ(read->values.keep_releases, 2U);
  EXPECT_EQ(read_settings({}, of({{"KRANE_DISK_RESERVE", "0"}}))->values.disk_reserve_bytes, 0U);
  for (char const* wrong : {"much", "-1", "1G free", ""})
    EXPECT_FALSE(read_settings({"--disk-reserve", wrong}, none()));
  for (char const* wrong : {"0", "-1", "1001", "all", ""})
    EXPECT_FALSE(read_settings({"--keep-releases", wrong}, none()));
}

TEST(settings, prefer_flags_to_the_environment_and_that_to_the_file) {
  temp_folder folder;
  std::ofstream(folder / "krane.toml")
      << "rest_port = 1001\nlog-level = \"debug\"\nlogin_limit = 7\nnames = [\"a.example\", "
         "\"b.example\"]\n";
  auto const read = read_settings({"--rest-port", "3003", "--config", folder / "krane.toml"},
                                  of({{"KRANE_REST_PORT", "2002"}, {"KRANE_LOG_LEVEL", "warn"}}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->values.rest_port, 3003);
  EXPECT_EQ(read->values.log_level, "warn");
  EXPECT_EQ(read->values.login_limit, 7U);
  EXPECT_EQ(read->values.names, (std::vector<std::string>{"a.example", "b.example"}));
}

TEST(settings, name_every_wrong_value_and_where_it_came_from) {
  auto const read =
      read_settings({"--listen", "nowhere"}, of({{"KRANE_REST_PORT", "70000"}, {"KRANE_OPEN_STREAMS", "maybe"}}));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().details.size(), 3U) << read.error().message;
  EXPECT_NE(read.error().message.find("--listen"), std::string::npos);
  EXPECT_NE(read.error().message.find("KRANE_REST_PORT"), std::string::npos);
  EXPECT_NE(read.error().message.find("KRANE_OPEN_STREAMS"), std::string::npos);
}

TEST(settings, name_an_unknown_key_of_the_file_and_the_one_that_was_meant) {
  temp_folder folder;
  std::ofstream(folder / "krane.toml") << "rest_prot = 1\n";
  auto const read = read_settings({"--config", folder / "krane.toml"}, none());
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("rest_prot"), std::string::npos) << read.error().message;
  EXPECT_NE(read.error().message.find("rest-port"), std::string::npos) << read.error().message;
}

TEST(settings, say_that_the_file_is_missing) {
  auto const read = read_settings({"--config", "/nowhere/krane.toml"}, none());
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("/nowhere/krane.toml"), std::string::npos) << read.error().message;
}

TEST(settings, refuse_unknown_flags) {
  EXPECT_FALSE(read_settings({"--prot", "1"}, none()));
}

TEST(settings, show_every_flag_and_variable_in_the_help) {
  auto const read = read_settings({"--help"}, none());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->wants, command_line::what::show_help);
  for (setting_row const& row : setting_rows()) {
    EXPECT_NE(read->text.find(row.flag), std::string::npos) << row.flag;
    EXPECT_NE(read->text.find(row.variable), std::string::npos) << row.variable;
  }
}

TEST(settings, take_only_what_can_be_an_engine_or_an_origin) {
  EXPECT_FALSE(read_settings({"--docker-host", "http://x"}, none()));
  EXPECT_TRUE(read_settings({"--docker-host", "tcp://127.0.0.1:2375"}, none()));
  EXPECT_FALSE(read_settings({"--allowed-origins", "example.org"}, none()));
  EXPECT_FALSE(read_settings({"--allowed-origins", "https://example.org/path"}, none()));
  auto const two = read_settings({"--allowed-origins", "https://a.example,http://b.example:81"}, none());
  ASSERT_TRUE(two);
  EXPECT_EQ(two->values.allowed_origins.size(), 2U);
}

}  // namespace
}  // namespace krane
