#include "engine/requests.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace krane::docker {
namespace {

TEST(requests, filters_are_json_in_a_query) {
  EXPECT_EQ(filters({{"a", "1"}, {"b", ""}}), "%7B%22label%22%3A%5B%22a%3D1%22%2C%22b%22%5D%7D");
  EXPECT_EQ(filters({}, "container"), "%7B%22type%22%3A%5B%22container%22%5D%7D");
}

TEST(requests, what_is_no_container_never_gets_into_a_path) {
  EXPECT_TRUE(is_container_name("docker-to-node-9ca24de8"));
  EXPECT_TRUE(is_container_name("3891e40a6c97aa8bb0ebfdf13045517f7035a26254fbe5c532f9fff9dd8a2f72"));
  for (auto const* bad : {"", "..", "../images", "a/b", "a%2fb", "a?b", "a b", "-a", "a\n"})
    EXPECT_FALSE(is_container_name(bad));
}

TEST(requests, what_is_no_image_never_gets_into_a_path) {
  EXPECT_TRUE(is_image_name("docker.io/davidcasta/docker-to-node:latest"));
  EXPECT_TRUE(is_image_name("localhost:5000/x@sha256:0123"));
  EXPECT_TRUE(is_image_name("sha256:7177cc31"));
  for (auto const* bad : {"", "../containers", "a/../b", "a//b", "a/", "a/./b", "a?force=1", "a%2f", "/a"})
    EXPECT_FALSE(is_image_name(bad)) << bad;
}

TEST(requests, a_pull_without_tag_is_never_sent) {
  EXPECT_FALSE(pull_query({.registry = "docker.io", .repository = "a/b", .tag = "", .digest = {}}));
  EXPECT_EQ(*pull_query({.registry = "docker.io", .repository = "a/b", .tag = "v1", .digest = {}}),
            "fromImage=docker.io%2Fa%2Fb&tag=v1");
  EXPECT_EQ(*pull_query({.registry = "docker.io", .repository = "a/b", .tag = "", .digest = "sha256:00"}),
            "fromImage=docker.io%2Fa%2Fb&tag=sha256%3A00");
}

TEST(requests, output_is_asked_for_after_a_time_not_from_it) {
  log_options options;
  options.tail = 50;
  EXPECT_EQ(*logs_query(options), "stdout=1&stderr=1&follow=1&timestamps=1&tail=50");
  options.tail.reset();
  options.since = "2020-05-27T21:53:02.123456789Z";
  EXPECT_EQ(*logs_query(options), "stdout=1&stderr=1&follow=1&timestamps=1&tail=all&since=1590616382.123456790");
  options.since = "2020-05-27T21:53:02.999999999Z";
  EXPECT_TRUE(logs_query(options)->ends_with("since=1590616383.000000000"));
  options.since = "2020-05-27T21:53:02.5+02:00";
  EXPECT_TRUE(logs_query(options)->ends_with("since=1590609182.500000001"));
  options.since = "yesterday&follow=1";
  EXPECT_FALSE(logs_query(options));
}

TEST(requests, http_dates_are_read) {
  EXPECT_EQ(parse_http_date("Tue, 24 Nov 2026 06:00:54 GMT"), 1795500054);
  EXPECT_FALSE(parse_http_date("today"));
  EXPECT_FALSE(parse_http_date(""));
}

}  // namespace
}  // namespace krane::docker
