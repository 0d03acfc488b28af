// Credentials for registries: set, listed, used and never shown.
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "secrets/registry_logins.hpp"
#include "unit/api/api_world.hpp"

namespace krane::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char password[] = "sentinel-b8e4";

class registries_api_test : public api_test {
protected:
  api_answer set(std::string registry, std::string username = "ada", std::string with = password) {
    return ask("PUT", "/registries/" + registry, R"({"username":")" + username + R"(","password":")" + with + R"("})");
  }
};

TEST_F(registries_api_test, are_set_listed_and_forgotten_without_ever_showing_a_password) {
  auto const made = set("registry.example.org:5000");
  EXPECT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(set("registry.example.org:5000").status, 200);
  EXPECT_EQ(set("ghcr.io", "grace").status, 201);
  auto const all = ask("GET", "/registries");
  EXPECT_EQ(
      all.data(),
      (boost::json::array{
          {{"registry", "ghcr.io"}, {"username", "grace"}, {"updated_at", to_rfc3339(time.now())}},
          {{"registry", "registry.example.org:5000"}, {"username", "ada"}, {"updated_at", to_rfc3339(time.now())}}}));
  EXPECT_THAT(made.text + all.text, Not(HasSubstr(password)));
  EXPECT_EQ(ask("DELETE", "/registries/ghcr.io").status, 200);
  EXPECT_EQ(ask("DELETE", "/registries/ghcr.io").status, 404);
  EXPECT_EQ(ask_as_stranger("GET", "/registries").status, 401);
}

TEST_F(registries_api_test, name_what_cannot_be_a_login) {
  auto const wrong = ask("PUT", "/registries/https:", R"({"username":"","password":""})");
  EXPECT_EQ(wrong.status, 422) << wrong.text;
  EXPECT_THAT(wrong.text, testing::AllOf(HasSubstr("registry"), HasSubstr("username"), HasSubstr("password")));
}

TEST_F(registries_api_test, are_for_their_own_registry_only) {
  ASSERT_EQ(set("ghcr.io").status, 201);
  EXPECT_EQ(find_registry_login(*secrets, "ghcr.io"), (registry_login{"ada", password}));
  EXPECT_EQ(find_registry_login(*secrets, "ghcr.io:443"), std::nullopt);
  EXPECT_EQ(find_registry_login(*secrets, "docker.io"), std::nullopt);
}

TEST_F(registries_api_test, hide_the_password_and_not_the_name) {
  ASSERT_EQ(set("ghcr.io").status, 201);
  EXPECT_EQ(secrets->hides().clean(std::string("ada says ") + password), "ada says ***");
}

}  // namespace
}  // namespace krane::test
