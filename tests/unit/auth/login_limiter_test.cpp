#include "auth/login_limiter.hpp"

#include <gtest/gtest.h>

#include "manual_steady.hpp"

namespace krane {
namespace {

using std::chrono::seconds;

class login_limiter_test : public testing::Test {
protected:
  int challenges_in_a_row(std::string_view address) {
    int n = 0;
    while (n < 1000 && limiter.take_challenge(address, time.now())) ++n;
    return n;
  }
  int logins_in_a_row(std::string_view address) {
    int n = 0;
    while (n < 1000 && limiter.take_login(address, time.now())) ++n;
    return n;
  }
  test::manual_steady time;
  login_limiter limiter{60};
};

TEST_F(login_limiter_test, lets_so_many_through_and_then_one_a_second) {
  EXPECT_EQ(challenges_in_a_row("192.0.2.7"), 60);
  EXPECT_EQ(logins_in_a_row("192.0.2.7"), 60);
  EXPECT_EQ(limiter.retry_after("192.0.2.7", time.now()), seconds{1});
  time.advance(seconds{1});
  EXPECT_EQ(challenges_in_a_row("192.0.2.7"), 1);
  time.advance(seconds{30});
  EXPECT_EQ(logins_in_a_row("192.0.2.7"), 31);
  time.advance(std::chrono::hours{1});
  EXPECT_EQ(logins_in_a_row("192.0.2.7"), 60);
}

TEST_F(login_limiter_test, counts_each_address_for_itself_loopback_too) {
  EXPECT_EQ(logins_in_a_row("127.0.0.1"), 60);
  EXPECT_EQ(logins_in_a_row("127.0.0.2"), 60);
  EXPECT_EQ(logins_in_a_row("::1"), 60);
  EXPECT_EQ(logins_in_a_row("::ffff:127.0.0.1"), 0);
}

TEST_F(login_limiter_test, takes_the_64_bits_of_a_network_for_one_address) {
  EXPECT_EQ(logins_in_a_row("2001:db8:1:2::1"), 60);
  EXPECT_EQ(logins_in_a_row("2001:db8:1:2:ffff::9"), 0);
  EXPECT_EQ(logins_in_a_row("2001:db8:1:3::1"), 60);
}

TEST_F(login_limiter_test, lets_all_through_without_a_limit) {
  limiter.set_limit(0);
  EXPECT_EQ(challenges_in_a_row("192.0.2.7"), 1000);
  for (int i = 0; i < 1000; ++i) limiter.failed("192.0.2.7", time.now());
  EXPECT_EQ(logins_in_a_row("192.0.2.7"), 1000);
  EXPECT_EQ(limiter.addresses(), 0U);
}

TEST_F(login_limiter_test, keeps_to_a_limit_that_is_changed) {
  EXPECT_EQ(logins_in_a_row("192.0.2.7"), 60);
  limiter.set_limit(6);
  time.advance(std::chrono::minutes{5});
  EXPECT_EQ(logins_in_a_row("192.0.2.7"), 6);
  EXPECT_EQ(limiter.retry_after("192.0.2.7", time.now()), seconds{10});
}

TEST_F(login_limiter_test, makes_longer_and_longer_pauses_after_failures_in_a_row) {
  for (int i = 0; i < 9; ++i) limiter.failed("192.0.2.7", time.now());
  EXPECT_TRUE(limiter.take_login("192.0.2.7", time.now()));
  for (int pause : {1, 2, 4, 8, 16, 32, 60, 60}) {
    limiter.failed("192.0.2.7", time.now());
    EXPECT_EQ(limiter.retry_after("192.0.2.7", time.now()), seconds{pause});
    time.advance(seconds{pause} - std::chrono::microseconds{1});
    EXPECT_FALSE(limiter.take_login("192.0.2.7", time.now()));
    EXPECT_TRUE(limiter.take_login("192.0.2.8", time.now()));
    time.advance(std::chrono::microseconds{1});
    EXPECT_TRUE(limiter.take_login("192.0.2.7", time.now()));
  }
}

TEST_F(login_limiter_test, forgets_failures_after_a_success_or_ten_minutes) {
  for (int i = 0; i < 9; ++i) limiter.failed("192.0.2.7", time.now());
  limiter.succeeded("192.0.2.7", time.now());
  for (int i = 0; i < 9; ++i) limiter.failed("192.0.2.7", time.now());
  EXPECT_TRUE(limiter.take_login("192.0.2.7", time.now()));
  time.advance(std::chrono::minutes{11});
  for (int i = 0; i < 9; ++i) limiter.failed("192.0.2.7", time.now());
  EXPECT_TRUE(limiter.take_login("192.0.2.7", time.now()));
}

TEST_F(login_limiter_test, remembers_a_bounded_number_of_addresses_the_latest) {
  EXPECT_EQ(logins_in_a_row("10.0.0.0"), 60);
  for (unsigned i = 1; i < login_limiter::max_addresses; ++i)
    limiter.take_login("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), time.now());
  EXPECT_EQ(logins_in_a_row("10.0.0.0"), 0);
  for (unsigned i = 0; i < 5000; ++i)
    limiter.take_login("10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256), time.now());
  EXPECT_EQ(limiter.addresses(), login_limiter::max_addresses);
  EXPECT_EQ(logins_in_a_row("10.0.0.0"), 0) << "seen a moment ago, so not forgotten";
}

}  // namespace
}  // namespace krane
