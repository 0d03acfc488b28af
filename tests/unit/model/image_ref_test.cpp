#include "model/image_ref.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

std::string const digest = "sha256:" + std::string(64, 'a');

std::string fault_of(std::string_view image) {
  auto const parts = parse_image(image);
  return parts ? "" : parts.error().message;
}

TEST(parse_image, takes_a_plain_path) {
  auto const parts = parse_image("davidcasta/docker-to-node");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->repository, "davidcasta/docker-to-node");
  EXPECT_FALSE(parts->registry);
  EXPECT_FALSE(parts->tag);
  EXPECT_FALSE(parts->digest);
}

TEST(parse_image, takes_registry_tag_and_digest_apart) {
  auto const parts = parse_image("localhost:5000/team/app:1.2@" + digest);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->registry, "localhost:5000");
  EXPECT_EQ(parts->repository, "team/app");
  EXPECT_EQ(parts->tag, "1.2");
  EXPECT_EQ(parts->digest, digest);
}

TEST(parse_image, takes_a_first_part_for_the_registry_only_as_the_engine_does) {
  EXPECT_EQ(parse_image("ghcr.io/app")->registry, "ghcr.io");
  EXPECT_EQ(parse_image("host:80/app")->registry, "host:80");
  EXPECT_EQ(parse_image("localhost/app")->registry, "localhost");
  EXPECT_FALSE(parse_image("team/app")->registry);
  EXPECT_EQ(parse_image("team/app")->repository, "team/app");
}

TEST(parse_image, takes_what_follows_a_colon_without_slash_for_the_tag) {
  auto const parts = parse_image("app:5000");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->repository, "app");
  EXPECT_EQ(parts->tag, "5000");
}

TEST(parse_image, keeps_every_separator_that_the_grammar_knows) {
  for (auto const* good : {"a", "a.b", "a_b", "a__b", "a-b", "a---b", "0/1/2", "a/b.c/d__e"})
    EXPECT_EQ(fault_of(good), "") << good;
}

TEST(parse_image, refuses_what_the_grammar_does_not_know) {
  for (auto const* bad :
       {"a..b", "a___b", "-a",    "a-", ".a",    "a.", "_a",   "a_",   "a._b",  "a//b", "/a",   "a/", "a b",
        "a\n",  "a:",    "a:b:c", "a@", "a@b@c", "ä",  "a/-b", "a:-x", "a:x/y", "",     ":tag", "@x", "host.io/"})
    EXPECT_NE(fault_of(bad), "") << bad;
}

TEST(parse_image, says_what_is_wrong) {
  EXPECT_EQ(fault_of("Team/app"), "must be lower case");
  EXPECT_EQ(fault_of("https://docker.io/app"), "must not have a scheme such as \"https://\"");
  EXPECT_EQ(fault_of("a//b"), "has an empty part between slashes");
  EXPECT_EQ(fault_of("a:"), "has a tag that must not be empty");
  EXPECT_EQ(fault_of("host:99999/a"), "has a registry that has a port that is not a number from 1 to 65535");
}

TEST(parse_image, wants_a_digest_of_full_length) {
  EXPECT_EQ(fault_of("a@" + digest), "");
  EXPECT_EQ(fault_of("a@sha512:" + std::string(128, '0')), "");
  for (auto const& bad : {"a@sha256:" + std::string(63, 'a'), "a@sha256:" + std::string(65, 'a'),
                          "a@sha256:" + std::string(64, 'A'), "a@md5:" + std::string(32, 'a'), "a@" + digest + "x"})
    EXPECT_NE(fault_of(bad), "") << bad;
}

TEST(parse_image, ends_at_once_on_a_name_without_end) {
  EXPECT_EQ(fault_of(std::string(255, 'a')), "");
  EXPECT_NE(fault_of(std::string(256, 'a')), "");
  EXPECT_NE(fault_of(std::string(1'000'000, 'a')), "");
  EXPECT_NE(fault_of(std::string(1'000'000, '-')), "");
}

TEST(parse_registry, takes_hosts_and_ports_in_lower_case) {
  EXPECT_EQ(*parse_registry("Docker.IO"), "docker.io");
  EXPECT_EQ(*parse_registry("127.0.0.1:5000"), "127.0.0.1:5000");
  EXPECT_EQ(*parse_registry("localhost"), "localhost");
  EXPECT_EQ(*parse_registry("my-host:1"), "my-host:1");
}

TEST(parse_registry, knows_the_older_name_of_docker_io) {
  EXPECT_EQ(*parse_registry("index.docker.io"), "docker.io");
}

TEST(parse_registry, refuses_what_is_no_host_and_port) {
  for (auto const* bad :
       {"", "https://docker.io", "docker.io/", "docker.io/v2", "docker..io", "-a.io", "a-.io", "a.io:", "a.io:0",
        "a.io:65536", "a.io:080", "a.io:+1", "a:1:2", "[::1]:5000", "a.io ", ".io", "io.", "host_a.io", "user@a.io"})
    EXPECT_FALSE(parse_registry(bad)) << bad;
}

TEST(parse_registry, refuses_a_bare_word_that_the_engine_would_read_as_a_path) {
  ASSERT_FALSE(parse_registry("registry"));
  EXPECT_NE(parse_registry("registry").error().message.find("path"), std::string::npos);
}

TEST(parse_tag, takes_what_the_contract_says) {
  for (auto const& good :
       {std::string("latest"), std::string("1.2.3"), std::string("_x"), std::string("A-b_c.d"), std::string(128, 'a')})
    EXPECT_EQ(*parse_tag(good), good);
  for (auto const& bad : {std::string(), std::string(".a"), std::string("-a"), std::string("a b"), std::string("a/b"),
                          std::string("a:b"), std::string("ä"), std::string(129, 'a'), std::string("a\0b", 3)})
    EXPECT_FALSE(parse_tag(bad)) << bad;
}

TEST(image_ref, spells_a_tag_or_a_digest) {
  EXPECT_EQ((image_ref{"docker.io", "a/b", "1", std::nullopt}).text(), "docker.io/a/b:1");
  EXPECT_EQ((image_ref{"docker.io", "a/b", "1", digest}).text(), "docker.io/a/b@" + digest);
}

}  // namespace
}  // namespace krane
