#include "model/secret_key.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

TEST(secret_key, begins_with_a_letter_or_underscore_and_holds_no_part_of_a_path) {
  for (char const* good : {"A", "_x", "db.password", "TLS-KEY_2"}) EXPECT_TRUE(is_secret_key(good)) << good;
  for (char const* bad : {"", "1A", ".x", "-x", "a/b", "a b", "a\"b", "ä", "../x"})
    EXPECT_FALSE(is_secret_key(bad)) << bad;
  EXPECT_TRUE(is_secret_key(std::string(128, 'a')));
  EXPECT_FALSE(is_secret_key(std::string(129, 'a')));
}

TEST(secret_key, every_place_that_asks_for_a_secret_is_named_by_its_path) {
  service_config config;
  config.environment["PLAIN"] = {.text = "x"};
  config.environment["DB_PASSWORD"] = {.text = "db", .is_secret = true};
  config.secrets = {{"tls", "tls.pem"}, {"db", "db"}};
  config.registry_auth = {.username = "ada", .password_key = "hub"};
  std::vector<std::string> seen;
  for (auto const& one : secret_references(config)) seen.push_back(one.path + "=" + one.key);
  EXPECT_EQ(seen, (std::vector<std::string>{"config.environment.DB_PASSWORD=db", "config.secrets[0]=tls",
                                            "config.secrets[1]=db", "config.registry_auth.password=hub"}));
  EXPECT_EQ(container_secret_keys(config), (std::set<std::string>{"db", "tls"})) << "not what the image is pulled with";
}

}  // namespace
}  // namespace krane
