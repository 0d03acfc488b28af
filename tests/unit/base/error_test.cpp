#include "base/error.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/result.hpp"

namespace krane {
namespace {

std::vector<errc> every_code() {
  std::vector<errc> all;
  for (int i = 0; i <= static_cast<int>(errc::cancelled); ++i) all.push_back(static_cast<errc>(i));
  return all;
}

TEST(error_table, has_a_status_and_a_reason_of_its_own_for_every_code) {
  std::set<std::string> reasons;
  for (errc code : every_code()) {
    EXPECT_GE(http_status(code), 400);
    EXPECT_LE(http_status(code), 599);
    EXPECT_FALSE(default_reason(code).empty());
    EXPECT_TRUE(reasons.insert(default_reason(code)).second) << default_reason(code);
  }
}

TEST(error_table, answers_as_the_contract_says) {
  EXPECT_EQ(http_status(errc::malformed), 400);
  EXPECT_EQ(http_status(errc::unauthorized), 401);
  EXPECT_EQ(http_status(errc::forbidden), 403);
  EXPECT_EQ(http_status(errc::not_found), 404);
  EXPECT_EQ(http_status(errc::method_not_allowed), 405);
  EXPECT_EQ(http_status(errc::conflict), 409);
  EXPECT_EQ(http_status(errc::precondition_failed), 412);
  EXPECT_EQ(http_status(errc::too_large), 413);
  EXPECT_EQ(http_status(errc::unsupported_media), 415);
  EXPECT_EQ(http_status(errc::invalid), 422);
  EXPECT_EQ(http_status(errc::rate_limited), 429);
  EXPECT_EQ(http_status(errc::internal), 500);
  EXPECT_EQ(http_status(errc::unavailable), 503);
  EXPECT_EQ(http_status(errc::storage_full), 507);
}

TEST(make_error, says_the_first_fault_and_how_many_more_there_are) {
  auto const one = make_error(std::vector<fault>{{"config.host_port", "is taken"}});
  EXPECT_EQ(one.code, errc::invalid);
  EXPECT_EQ(one.reason, "invalid");
  EXPECT_EQ(one.message, "config.host_port is taken");
  auto const two = make_error(std::vector<fault>{{"a", "is bad"}, {"b", "is worse"}});
  EXPECT_EQ(two.message, "a is bad (and 1 more, see details)");
  EXPECT_EQ(two.details.size(), 2U);
}

TEST(result, holds_a_value_or_an_error) {
  result<int> const good = 7;
  EXPECT_TRUE(good);
  EXPECT_EQ(*good, 7);
  result<int> const bad = make_error(errc::conflict, "port_in_use", "the port is in use");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().reason, "port_in_use");
  result<void> const nothing;
  EXPECT_TRUE(nothing);
}

}  // namespace
}  // namespace krane
