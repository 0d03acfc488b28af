#include <gtest/gtest.h>

#include "engine/http_client.hpp"

namespace krane::docker {
namespace {

TEST(endpoint, a_unix_socket_is_a_path) {
  auto const where = parse_endpoint("unix:///var/run/docker.sock");
  ASSERT_TRUE(where);
  EXPECT_EQ(where->path, "/var/run/docker.sock");
}

TEST(endpoint, tcp_is_a_host_and_a_port) {
  auto const where = parse_endpoint("tcp://127.0.0.1:2376/");
  ASSERT_TRUE(where);
  EXPECT_EQ(where->host, "127.0.0.1");
  EXPECT_EQ(where->port, 2376);
  EXPECT_EQ(parse_endpoint("tcp://engine")->port, 2375);
  EXPECT_EQ(parse_endpoint("tcp://[::1]:99")->host, "::1");
  EXPECT_EQ(parse_endpoint("tcp://[::1]")->port, 2375);
}

TEST(endpoint, anything_else_is_refused) {
  for (auto const& bad : {std::string(""), std::string("docker.sock"), std::string("http://x"), std::string("unix://"),
                          std::string("unix://relative"), std::string("tcp://"), std::string("tcp://h:0"),
                          std::string("tcp://h:70000"), std::string("tcp://h:1/x"), std::string("tcp://[::1"),
                          std::string("ssh://h"), "unix:///" + std::string(200, 'a')})
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
}

}  // namespace
}  // namespace krane::docker
