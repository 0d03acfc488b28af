#include "auth/address_pattern.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

struct row {
  char const* list;
  char const* address;
  bool matches;
};

TEST(address_patterns, match_as_the_table_says) {
  for (auto const& [list, address, matches] : {
           row{"192.0.2.7", "192.0.2.7", true},
           row{"192.0.2.7", "192.0.2.70", false},
           row{"192.0.2.7", "::ffff:192.0.2.7", true},
           row{"192.0.2.*", "192.0.2.7", true},
           row{"192.0.2.*", "192.0.3.7", false},
           row{"192.0.2.?", "192.0.2.7", true},
           row{"192.0.2.?", "192.0.2.77", false},
           row{"*", "192.0.2.7", true},
           row{"*", "2001:db8::1", true},
           row{"192.0.2.0/24", "192.0.2.255", true},
           row{"192.0.2.0/24", "192.0.3.0", false},
           row{"192.0.2.128/25", "192.0.2.127", false},
           row{"192.0.2.128/25", "192.0.2.128", true},
           row{"192.0.2.7/32", "192.0.2.7", true},
           row{"0.0.0.0/0", "203.0.113.9", true},
           row{"0.0.0.0/0", "2001:db8::1", false},
           row{"2001:db8::/32", "2001:db8:ffff::1", true},
           row{"2001:db8::/32", "2001:db9::1", false},
           row{"2001:DB8::1", "2001:db8:0:0::1", true},
           row{"::1", "::1", true},
           row{"::1", "127.0.0.1", false},
           row{"fe80::1", "fe80::1%eth0", true},
           row{"2001:db8::*", "2001:db8::42", true},
           row{"10.0.0.0/8,192.0.2.7", "192.0.2.7", true},
           row{"!192.0.2.7,192.0.2.*", "192.0.2.7", false},
           row{"192.0.2.*,!192.0.2.7", "192.0.2.7", false},
           row{"192.0.2.*,!192.0.2.7", "192.0.2.8", true},
           row{"!192.0.2.0/24,*", "192.0.2.8", false},
           row{"!192.0.2.0/24,*", "192.0.3.8", true},
           row{"!192.0.2.7", "192.0.2.8", false},
           row{"ada.example.com", "192.0.2.7", false},
           row{"*.example.com,192.0.2.7", "192.0.2.7", true},
           row{"localhost", "127.0.0.1", false},
           row{"*", "", false},
           row{"*", "no address", false},
           row{"************************************1", "192.0.2.222222", false},
       }) {
    auto const parsed = address_patterns::parse(list);
    ASSERT_TRUE(parsed) << list << ": " << parsed.error().message;
    EXPECT_EQ(parsed->match(address), matches) << list << " on " << address;
  }
}

TEST(address_patterns, that_cannot_be_kept_are_refused) {
  for (char const* list : {"", ",", "192.0.2.7,", "!", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/24x",
                           "192.0.2.0/ 24", "192.0.2.1/24", "2001:db8::/129", "2001:db8::1/32", "net/8", "*/8",
                           "!evil.example.com,*", "!*.example.com,*", "*,!bad.cafe", "/8"})
    EXPECT_FALSE(address_patterns::parse(list)) << list;
}

TEST(address_patterns, tell_that_names_are_not_looked_up) {
  EXPECT_TRUE(address_patterns::parse("ada.example.com")->has_names());
  EXPECT_TRUE(address_patterns::parse("192.0.2.7,*.example.com")->has_names());
  EXPECT_FALSE(address_patterns::parse("192.0.2.7,10.*,2001:db8::/32,fe80::*")->has_names());
}

}  // namespace
}  // namespace krane
