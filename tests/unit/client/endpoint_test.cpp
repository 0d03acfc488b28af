#include "client/endpoint.hpp"

#include <gtest/gtest.h>

namespace krane::client {
namespace {

using kind = endpoint::kind;

TEST(endpoint, is_read_as_people_write_it) {
  struct row {
    std::string_view text;
    endpoint is;
  };
  std::string const nothing;
  for (auto const& [text, is] : {
           row{"http://127.0.0.1:8080", {.type = kind::http, .host = "127.0.0.1", .port = 8080}},
           row{"http://Krane.Example/", {.type = kind::http, .host = "krane.example", .port = 80}},
           row{"HTTPS://krane.example", {.type = kind::https, .host = "krane.example", .port = 443}},
           row{"https://[::1]:8443", {.type = kind::https, .host = "::1", .port = 8443}},
           row{"krane.example", {.type = kind::http, .host = "krane.example", .port = 8080}},
           row{"localhost:9000", {.type = kind::http, .host = "localhost", .port = 9000}},
           row{"unix:///run/krane.sock", {.type = kind::unix_socket, .host = "", .port = 0, .path = "/run/krane.sock"}},
           row{"ssh://host", {.type = kind::ssh, .host = "host", .port = 0}},
           row{"ssh://ada@Host:2222", {.type = kind::ssh, .host = "Host", .port = 2222, .user = "ada"}},
           row{"ssh://ada@host:2222/9000",
               {.type = kind::ssh, .host = "host", .port = 2222, .user = "ada", .server_port = 9000}},
           row{"ssh://host/", {.type = kind::ssh, .host = "host", .port = 0}},
       }) {
    auto const read = parse_endpoint(text);
    ASSERT_TRUE(read) << text << ": " << read.error().message;
    EXPECT_EQ(*read, is) << text;
    auto const again = parse_endpoint(read->text());
    ASSERT_TRUE(again) << read->text();
    EXPECT_EQ(*again, *read) << read->text();
  }
}

TEST(endpoint, is_refused_with_what_is_wrong) {
  for (std::string_view const text : {"",
                                      "http://",
                                      "http://:80",
                                      "http://host:0",
                                      "http://host:99999",
                                      "http://host:x",
                                      "http://host/path",
                                      "http://ada@host",
                                      "http://ada:secret@host",
                                      "http://ho st",
                                      "http://host\r\nX: y",
                                      "http://[::1",
                                      "http://::1",
                                      "unix://",
                                      "unix://relative",
                                      "unix:///",
                                      "ftp://host",
                                      "ssh://",
                                      "ssh://ada@",
                                      "ssh://-oProxyCommand=x",
                                      "ssh://-x@host",
                                      "ssh://host/x",
                                      "ssh://ada:secret@host",
                                      "://",
                                      "http://host?x",
                                      "http://host#x"}) {
    auto const read = parse_endpoint(text);
    ASSERT_FALSE(read) << text << " was read as " << read->text();
    EXPECT_EQ(read.error().code, errc::invalid);
    EXPECT_EQ(read.error().reason, "invalid_endpoint");
    EXPECT_FALSE(read.error().message.contains("secret")) << read.error().message;
  }
  EXPECT_FALSE(parse_endpoint("unix:///" + std::string(200, 'x')));
}

TEST(endpoint, says_what_a_request_names_as_its_host) {
  EXPECT_EQ(parse_endpoint("http://Host:8080")->authority(), "host:8080");
  EXPECT_EQ(parse_endpoint("http://host")->authority(), "host");
  EXPECT_EQ(parse_endpoint("https://host:443")->authority(), "host");
  EXPECT_EQ(parse_endpoint("http://[::1]:8080")->authority(), "[::1]:8080");
  EXPECT_EQ(parse_endpoint("unix:///run/krane.sock")->authority(), "localhost");
  EXPECT_EQ(parse_endpoint("ssh://host/9000")->authority(), "127.0.0.1:9000");
}

}  // namespace
}  // namespace krane::client
