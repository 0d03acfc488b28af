#include "model/spec.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

std::string const digest = "sha256:" + std::string(64, 'a');

spec_input documented() {
  return {.name = "docker-to-node",
          .registry = "docker.io",
          .image = "davidcasta/docker-to-node",
          .tag = {},
          .container_port = "8080",
          .host_port = "9002"};
}

std::vector<std::string> paths_of(result<spec> const& outcome) {
  std::vector<std::string> paths;
  if (!outcome)
    for (auto const& one : outcome.error().details) paths.push_back(one.path);
  return paths;
}

using paths = std::vector<std::string>;

TEST(make_spec, takes_the_documented_example) {
  auto const made = make_spec(documented());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->name.str(), "docker-to-node");
  EXPECT_EQ(made->registry, "docker.io");
  EXPECT_EQ(made->image, "davidcasta/docker-to-node");
  EXPECT_FALSE(made->tag);
  EXPECT_EQ(made->container_port, 8080);
  EXPECT_EQ(made->host_port, 9002);
}

TEST(make_spec, needs_a_name_and_an_image_only) {
  auto const made =
      make_spec({.name = "app", .registry = {}, .image = "busybox", .tag = {}, .container_port = {}, .host_port = {}});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->registry, "docker.io");
  EXPECT_FALSE(made->container_port);
}

TEST(make_spec, takes_empty_texts_for_not_given) {
  auto const made =
      make_spec({.name = "app", .registry = "", .image = "busybox", .tag = "", .container_port = "", .host_port = ""});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->registry, "docker.io");
  EXPECT_FALSE(made->tag);
  EXPECT_FALSE(made->host_port);
}

TEST(make_spec, names_every_fault_at_once) {
  auto const made = make_spec({.name = "No Good",
                               .registry = "https://x",
                               .image = "UPPER",
                               .tag = "a b",
                               .container_port = "0",
                               .host_port = "80-90"});
  ASSERT_FALSE(made);
  EXPECT_EQ(paths_of(made), (paths{"name", "config.image", "config.registry", "config.tag", "config.container_port",
                                   "config.host_port"}));
  EXPECT_EQ(made.error().code, errc::invalid);
  EXPECT_EQ(made.error().message.substr(0, 9), "name may ");
  EXPECT_NE(made.error().message.find("5 more"), std::string::npos);
}

TEST(make_spec, says_what_is_missing) {
  EXPECT_EQ(paths_of(make_spec({})), (paths{"name", "config.image"}));
}

TEST(make_spec, refuses_an_empty_name_and_an_empty_image) {
  auto input = documented();
  input.name = input.image = "";
  EXPECT_EQ(paths_of(make_spec(input)), (paths{"name", "config.image"}));
}

TEST(make_spec, refuses_a_host_port_that_leads_nowhere) {
  auto input = documented();
  input.container_port.reset();
  EXPECT_EQ(paths_of(make_spec(input)), paths{"config.host_port"});
}

TEST(make_spec, blames_only_the_port_that_is_wrong) {
  auto input = documented();
  input.container_port = "x";
  EXPECT_EQ(paths_of(make_spec(input)), paths{"config.container_port"});
}

TEST(make_spec, takes_an_image_with_everything_in_it_apart) {
  auto const made = make_spec({.name = "app",
                               .registry = {},
                               .image = "ghcr.io/team/app:1@" + digest,
                               .tag = {},
                               .container_port = {},
                               .host_port = {}});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->registry, "ghcr.io");
  EXPECT_EQ(made->image, "team/app");
  EXPECT_EQ(made->tag, "1");
  EXPECT_EQ(made->digest, digest);
}

TEST(make_spec, takes_the_same_tag_and_registry_twice) {
  EXPECT_TRUE(make_spec({.name = "app",
                         .registry = "GHCR.io",
                         .image = "ghcr.io/app:1",
                         .tag = "1",
                         .container_port = {},
                         .host_port = {}}));
}

TEST(make_spec, refuses_a_tag_or_registry_that_contradicts_the_image) {
  auto const made = make_spec({.name = "app",
                               .registry = "docker.io",
                               .image = "ghcr.io/app:1",
                               .tag = "2",
                               .container_port = {},
                               .host_port = {}});
  EXPECT_EQ(paths_of(made), (paths{"config.registry", "config.tag"}));
}

TEST(make_spec, counts_the_registry_into_the_length_of_the_name) {
  spec_input input{
      .name = "app", .registry = {}, .image = std::string(245, 'a'), .tag = {}, .container_port = {}, .host_port = {}};
  EXPECT_TRUE(make_spec(input));  // docker.io/ and 245 make 255
  input.image = std::string(246, 'a');
  EXPECT_EQ(paths_of(make_spec(input)), paths{"config.image"});
}

TEST(parse_port, takes_plain_numbers_in_range_only) {
  EXPECT_EQ(*parse_port("1"), 1);
  EXPECT_EQ(*parse_port("65535"), 65535);
  for (auto const* bad : {"", "0", "65536", "-1", "+1", "01", "80-90", "8080/tcp", " 80", "80 ", "0x50", "1e3",
                          "8080.0", "99999999999999999999"})
    EXPECT_FALSE(parse_port(bad)) << bad;
}

spec made(std::string image, std::string tag = "") {
  return *make_spec({.name = "app",
                     .registry = {},
                     .image = std::move(image),
                     .tag = std::move(tag),
                     .container_port = {},
                     .host_port = {}});
}

TEST(image_for, asks_for_the_wanted_tag_else_the_spec_s_own_else_latest) {
  EXPECT_EQ(made("a").image_for(std::nullopt).text(), "docker.io/a:latest");
  EXPECT_EQ(made("a", "1").image_for(std::nullopt).text(), "docker.io/a:1");
  EXPECT_EQ(made("a", "1").image_for("2").text(), "docker.io/a:2");
}

TEST(image_for, keeps_the_digest_with_the_spec_s_own_tag_only) {
  EXPECT_EQ(made("a:1@" + digest).image_for(std::nullopt).text(), "docker.io/a@" + digest);
  EXPECT_EQ(made("a:1@" + digest).image_for("1").text(), "docker.io/a@" + digest);
  EXPECT_EQ(made("a:1@" + digest).image_for("2").text(), "docker.io/a:2");
  EXPECT_EQ(made("a@" + digest).image_for(std::nullopt).text(), "docker.io/a@" + digest);
  EXPECT_EQ(made("a@" + digest).image_for("latest").text(), "docker.io/a:latest");
}

TEST(image_for, never_gives_an_empty_tag_without_a_digest) {
  EXPECT_EQ(made("a").image_for(std::nullopt).tag, "latest");
}

TEST(stored_spec, comes_back_as_it_was) {
  auto input = documented();
  input.image = "davidcasta/docker-to-node:1@" + digest;
  auto const whole = *make_spec(input);
  EXPECT_EQ(*from_stored(to_stored(whole)), whole);
  EXPECT_EQ(*from_stored(to_stored(made("a"))), made("a"));
}

TEST(stored_spec, is_read_though_a_newer_krane_added_members) {
  auto const kept = from_stored(R"({"version":1,"name":"app","registry":"docker.io","image":"a","colour":"red"})");
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, made("a"));
}

TEST(stored_spec, is_refused_when_damaged_or_of_a_newer_version) {
  for (auto const* bad :
       {"", "{", "[]", "{}", R"({"name":"app"})", R"({"version":2,"name":"app","registry":"docker.io","image":"a"})",
        R"({"name":"app","registry":"docker.io","image":"a","host_port":70000})",
        R"({"name":"app","registry":"docker.io","image":"a","host_port":0})"}) {
    auto const kept = from_stored(bad);
    ASSERT_FALSE(kept) << bad;
    EXPECT_EQ(kept.error().reason, "store_damaged");
  }
}

}  // namespace
}  // namespace krane
