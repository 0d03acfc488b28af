#include "server/low_ports.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

std::string status_with(std::string const& rights) {
  return "Name:\tkrane-server\nCapPrm:\t0000000000000400\nCapEff:\t" + rights + "\nCapBnd:\t000001ffffffffff\n";
}

TEST(lowest_port, is_1_for_whoever_may_open_any) {
  EXPECT_EQ(lowest_port(status_with("000001ffffffffff"), "1024\n"), 1);
  EXPECT_EQ(lowest_port(status_with("0000000000000400"), "1024\n"), 1);
}

TEST(lowest_port, is_else_where_the_kernels_unprivileged_ports_begin) {
  EXPECT_EQ(lowest_port(status_with("0000000000000000"), "1024\n"), 1024);
  EXPECT_EQ(lowest_port(status_with("0000000000000200"), "80\n"), 80);
  EXPECT_EQ(lowest_port(status_with("0000000000000000"), "0\n"), 1);
  EXPECT_EQ(lowest_port("", ""), 1024);
}

}  // namespace
}  // namespace krane
