// A registry with TLS and a password, as a private one is: what the engine must trust, and a login in the config.
#include <gmock/gmock.h>

#include <filesystem>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"
#include "e2e/harness/private_registry.hpp"

namespace krane::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// What the engine's operator does: puts the authority's certificate where the engine looks for it.
class trust {
public:
  explicit trust(private_registry const& in) : folder_("/etc/docker/certs.d/" + in.host()) {
    std::filesystem::create_directories(folder_);
    std::filesystem::copy_file(in.authority(), folder_ / "ca.crt");
  }
  ~trust() { std::filesystem::remove_all(folder_); }
  trust(trust const&) = delete;

private:
  std::filesystem::path folder_;
};

class strict_registry : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    // An engine takes TLS lightly for 127.0.0.0/8; this machine's address in a network of the test's own is none of it.
    ASSERT_EQ(engine().call("POST", "/networks/create", R"({"Name":")" + network_ + R"("})").status, 201);
    auto const made = engine().call("GET", "/networks/" + network_);
    registry_.emplace(made.at("/IPAM/Config/0/Gateway"), private_registry::transport::tls);
    ada.sets("KRANE_ENDPOINT", server().url());
    ada.sets("KRANE_TOKEN", server().token());
  }
  void TearDown() override {
    on_a_real_engine::TearDown();
    registry_.reset();
    if (engine_) engine().call("DELETE", "/networks/" + network_);
  }
  void writes_spec(std::string const& more = {}) {
    write_file(ada.file("krane.yaml"),
               "name: " + name + "\nimage: " + registry_->host() + "/krane-test/web:1\ncontainer_port: 8080\n" + more);
  }
  void sets_secret(std::string const& value) {
    auto const set = ada.types({"secrets", "set", name, "HUB"}, {}, value + "\n");
    ASSERT_EQ(set.status, 0) << set.all();
  }
  std::string const with_login = "registry_auth:\n  username: ada\n  password: \"@HUB\"\n";

  std::string const network_ = fresh("strict-network");
  std::optional<private_registry> registry_;
  std::string const name = fresh("strict");
  person ada;
};

TEST_F(strict_registry, a_certificate_that_the_engine_does_not_trust_is_told) {
  writes_spec();
  auto const ran = ada.types({"deploy"});
  EXPECT_EQ(ran.status, 1) << ran.all();
  EXPECT_THAT(ran.all(), AllOf(HasSubstr("registry_untrusted"),
                               HasSubstr("/etc/docker/certs.d/" + registry_->host() + "/ca.crt")));
}

TEST_F(strict_registry, a_deployment_pulls_with_the_login_that_its_config_names) {
  trust const trusted(*registry_);
  writes_spec();
  auto const without = ada.types({"deploy"});
  EXPECT_EQ(without.status, 1) << without.all();
  EXPECT_THAT(without.all(), HasSubstr("krane registry login " + registry_->host()));

  writes_spec(with_login);
  auto const missing = ada.types({"deploy"});
  EXPECT_NE(missing.status, 0) << missing.all();
  EXPECT_THAT(missing.all(), HasSubstr("krane secrets set " + name + " HUB"));

  sets_secret("wrong-horse-77");
  auto const wrong = ada.types({"deploy"});
  EXPECT_EQ(wrong.status, 1) << wrong.all();
  EXPECT_THAT(wrong.all(), AllOf(HasSubstr("registry_auth"), HasSubstr("krane asked as ada"),
                                 HasSubstr("krane secrets set " + name + " HUB"), Not(HasSubstr("wrong-horse-77"))));
  auto const planned = ada.types({"plan"});
  EXPECT_EQ(planned.status, 1) << planned.all();
  EXPECT_THAT(planned.all(), HasSubstr("krane asked as ada"));

  sets_secret(private_registry::password);
  EXPECT_EQ(ada.types({"plan"}).status, 2);
  auto const with = ada.types({"deploy"});
  EXPECT_EQ(with.status, 0) << with.all();
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/template/config/registry_auth/password"), "@HUB");
  EXPECT_THAT(server().log(), Not(HasSubstr(private_registry::password)));
}

TEST_F(strict_registry, a_new_password_is_enough_for_the_next_pull) {
  trust const trusted(*registry_);
  sets_secret(private_registry::password);
  writes_spec(with_login);
  ASSERT_EQ(ada.types({"deploy"}).status, 0);
  // The registry reads its password file again once it is newer, to the second.
  ASSERT_TRUE(eventually([&] {
    registry_->change_password(private_registry::other_password);
    return ada.types({"plan"}).status == 1;
  })) << "the old password is still good";
  sets_secret(private_registry::other_password);
  auto const plan = ada.types({"plan"});
  EXPECT_EQ(plan.status, 0) << "it is no part of what runs\n" << plan.all();
  auto const again = ada.types({"deploy"});
  EXPECT_EQ(again.status, 0) << again.all();
}

TEST_F(strict_registry, a_login_of_the_server_does_for_every_deployment) {
  trust const trusted(*registry_);
  auto const in =
      ada.types({"registry", "login", registry_->host(), "-u", "ada"}, {}, private_registry::password + "\n");
  ASSERT_EQ(in.status, 0) << in.all();
  writes_spec();
  auto const ran = ada.types({"deploy"});
  EXPECT_EQ(ran.status, 0) << ran.all();
}

}  // namespace
}  // namespace krane::e2e
