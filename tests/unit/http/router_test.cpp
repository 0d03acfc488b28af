#include "http/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace krane::http {
namespace {

using params = std::vector<std::pair<std::string, std::string>>;
using strings = std::vector<std::string>;

router make(std::vector<std::pair<std::string, std::string>> const& table) {
  std::vector<route> routes;
  for (auto const& [method, pattern] : table) routes.push_back({method, pattern, {}});
  return router(std::move(routes));
}

router const& documented() {
  static router const r = make({{"GET", "/deployments"},
                                {"POST", "/deployments"},
                                {"GET", "/deployments/:name"},
                                {"DELETE", "/deployments/:name"},
                                {"POST", "/deployments/:name/run"},
                                {"GET", "/deployments/:name/events"},
                                {"GET", "/"}});
  return r;
}

TEST(router, finds_a_route_and_its_parameters) {
  auto const match = documented().find("POST", "/deployments/app1/run");
  ASSERT_NE(match.found, nullptr);
  EXPECT_EQ(match.found->pattern, "/deployments/:name/run");
  EXPECT_EQ(match.params, (params{{"name", "app1"}}));
  EXPECT_EQ(documented().find("GET", "/").found->pattern, "/");
}

TEST(router, decodes_each_part) {
  EXPECT_EQ(documented().find("GET", "/deployments/a%20b").params, (params{{"name", "a b"}}));
  EXPECT_EQ(documented().find("GET", "/deployments/a+b").params, (params{{"name", "a+b"}}));
  EXPECT_NE(documented().find("GET", "/deploy%6Dents").found, nullptr);
  EXPECT_EQ(documented().find("GET", "/deployments/%C3%A9").params, (params{{"name", "\xC3\xA9"}}));
}

TEST(router, matches_nothing_for_a_bad_escape_a_slash_or_a_nul_in_it) {
  for (std::string const bad : {"/deployments/%", "/deployments/%2", "/deployments/%zz", "/deployments/a%2Fb",
                                "/deployments/a%00b", "/deployments/%ff"}) {
    auto const match = documented().find("GET", bad);
    EXPECT_EQ(match.found, nullptr) << bad;
    EXPECT_TRUE(match.allowed.empty()) << bad;
  }
}

TEST(router, does_not_overlook_a_slash_too_many) {
  for (std::string const path : {"/deployments/", "//deployments", "/deployments//run", "/deployments/a/run/", "",
                                 "deployments", "*", "/deployments/a/b/c"})
    EXPECT_EQ(documented().find("GET", path).found, nullptr) << path;
}

TEST(router, names_the_methods_that_a_known_path_has) {
  EXPECT_EQ(documented().find("PUT", "/deployments").allowed, (strings{"GET", "HEAD", "POST"}));
  EXPECT_EQ(documented().find("GET", "/deployments/a/run").allowed, (strings{"POST"}));
  EXPECT_TRUE(documented().find("GET", "/unknown").allowed.empty());
  EXPECT_EQ(documented().find("HEAD", "/deployments/a/run").allowed, (strings{"POST"}));
}

TEST(router, answers_head_by_get_unless_it_has_a_route_of_its_own) {
  EXPECT_EQ(documented().find("HEAD", "/deployments").found->method, "GET");
  EXPECT_EQ(make({{"GET", "/x"}, {"HEAD", "/x"}}).find("HEAD", "/x").found->method, "HEAD");
}

TEST(router, prefers_the_more_precise_pattern_whatever_the_order) {
  auto const r = make({{"GET", "/a/:x"}, {"GET", "/a/b"}, {"DELETE", "/a/:x"}});
  EXPECT_EQ(r.find("GET", "/a/b").found->pattern, "/a/b");
  EXPECT_EQ(r.find("GET", "/a/c").found->pattern, "/a/:x");
  EXPECT_EQ(r.find("DELETE", "/a/b").found->pattern, "/a/:x");
  EXPECT_EQ(r.find("PUT", "/a/b").allowed, (strings{"DELETE", "GET", "HEAD"}));
}

TEST(router, refuses_bad_tables_at_start_up) {
  EXPECT_THROW(make({{"GET", "/a"}, {"GET", "/a"}}), std::logic_error);
  EXPECT_THROW(make({{"GET", "a"}}), std::logic_error);
  EXPECT_THROW(make({{"GET", "/a/"}}), std::logic_error);
  EXPECT_THROW(make({{"GET", "/:"}}), std::logic_error);
}

}  // namespace
}  // namespace krane::http
