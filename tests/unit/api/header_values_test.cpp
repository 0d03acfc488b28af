#include "api/header_values.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

http::request with(std::vector<std::pair<std::string, std::string>> headers) {
  http::request out;
  for (auto& [name, value] : headers) out.headers.add(name, value);
  return out;
}

TEST(host_of, takes_the_port_off) {
  EXPECT_EQ(host_of("Example.com:8080"), "example.com");
  EXPECT_EQ(host_of("example.com"), "example.com");
  EXPECT_EQ(host_of("example.com."), "example.com");
  EXPECT_EQ(host_of("127.0.0.1:80"), "127.0.0.1");
  EXPECT_EQ(host_of("[::1]:8080"), "::1");
  EXPECT_EQ(host_of("[::1]"), "::1");
  EXPECT_EQ(host_of("example.com:65535"), "example.com");
  EXPECT_EQ(host_of("example.com:"), "example.com");
}

TEST(host_of, refuses_what_is_no_host) {
  for (auto const* const text : {"", ":80", "[::1", "host:http", "host:80:80", "[]:1", "[::1]x", "host:65536",
                                 "[::1]:65536", "host:99999999999999999999", "host:+80", "host:-1"})
    EXPECT_EQ(host_of(text), std::nullopt) << text;
}

TEST(is_loopback_name, knows_every_loopback_address_and_nothing_that_looks_like_one) {
  for (auto const* const text : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) EXPECT_TRUE(is_loopback_name(text));
  for (auto const* const text : {"127.0.0.1.example.com", "127.evil", "localhost.example.com", "128.0.0.1", "127.0.0"})
    EXPECT_FALSE(is_loopback_name(text)) << text;
}

TEST(bearer_token, is_what_follows_the_scheme) {
  EXPECT_EQ(bearer_token(with({{"Authorization", "Bearer krs_1"}})), "krs_1");
  EXPECT_EQ(bearer_token(with({{"authorization", "bearer  krs_1 "}})), "krs_1");
}

TEST(bearer_token, is_none_where_there_is_no_single_clear_one) {
  EXPECT_EQ(bearer_token(with({})), std::nullopt);
  EXPECT_EQ(bearer_token(with({{"Authorization", "Bearer"}})), std::nullopt);
  EXPECT_EQ(bearer_token(with({{"Authorization", "Bearer "}})), std::nullopt);
  EXPECT_EQ(bearer_token(with({{"Authorization", "Basic a2Fy"}})), std::nullopt);
  EXPECT_EQ(bearer_token(with({{"Authorization", "krs_1"}})), std::nullopt);
  EXPECT_EQ(bearer_token(with({{"Authorization", "Bearer a"}, {"Authorization", "Bearer b"}})), std::nullopt);
}

TEST(bearer_subprotocol, is_found_among_others) {
  EXPECT_EQ(bearer_subprotocol(with({{"Sec-WebSocket-Protocol", "chat, bearer.krs_1"}})), "bearer.krs_1");
  EXPECT_EQ(bearer_subprotocol(with({{"Sec-WebSocket-Protocol", "chat"}})), std::nullopt);
}

TEST(accepts, looks_at_each_media_type_and_takes_no_wildcard_for_one) {
  EXPECT_TRUE(accepts(with({{"Accept", "text/html, Text/Event-Stream;q=0.5"}}), "text/event-stream"));
  EXPECT_FALSE(accepts(with({{"Accept", "*/*"}}), "text/event-stream"));
  EXPECT_FALSE(accepts(with({}), "text/event-stream"));
}

}  // namespace
}  // namespace krane
