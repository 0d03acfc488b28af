#include "client/http_date.hpp"

#include <gtest/gtest.h>

#include <string>

namespace krane::client {
namespace {

TEST(parse_http_date, reads_the_form_that_servers_send) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), parse_rfc3339("1994-11-06T08:49:37Z"));
  EXPECT_EQ(parse_http_date("Tue, 29 Feb 2028 23:59:59 GMT"), parse_rfc3339("2028-02-29T23:59:59Z"));
}

TEST(parse_http_date, refuses_everything_else) {
  for (std::string const text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT "})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

}  // namespace
}  // namespace krane::client
