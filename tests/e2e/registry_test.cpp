// Images of a registry that wants a login: a real one, with users of its own.
#include <gmock/gmock.h>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"
#include "e2e/harness/private_registry.hpp"
#include "support/scripted_registry.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string const& password = private_registry::password;

class registry_login_test : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (server_) registry_.emplace();
  }
  // The newest run of a deployment whose image is there.
  answer deployed() {
    name_ = fresh("private");
    server().create(name_, R"("registry":")" + registry_->host() + R"(","image":"krane-test/web","tag":"1")");
    return server().run(name_);
  }
  answer log_in(std::string const& with) {
    return server().call("PUT", "/registries/" + registry_->host(),
                         R"({"username":"ada","password":")" + with + R"("})");
  }

  std::optional<private_registry> registry_;
  std::string name_;
};

TEST_F(registry_login_test, a_private_image_needs_one_and_is_pulled_with_it) {
  auto const without = deployed();
  EXPECT_EQ(without.at("/data/status"), "failed") << without.body;
  EXPECT_EQ(without.at("/data/run/failure/reason"), "registry_auth") << without.body;

  EXPECT_EQ(log_in("wrong-horse-77").status, 201);
  auto const wrong = deployed();
  EXPECT_EQ(wrong.at("/data/run/failure/reason"), "registry_auth") << wrong.body;
  EXPECT_THAT(wrong.body, Not(HasSubstr("wrong-horse-77")));

  EXPECT_EQ(log_in(password).status, 200);
  auto const with = deployed();
  EXPECT_EQ(with.at("/data/status"), "running") << with.body << server().last_error(name_);
  EXPECT_THAT(server().get("/registries").body, testing::AllOf(HasSubstr("ada"), Not(HasSubstr(password))));
  EXPECT_THAT(server().log(), Not(HasSubstr(password)));
}

TEST_F(registry_login_test, tells_with_it_how_large_an_image_is_before_it_is_pulled) {
  krane_server full(server_options{.engine = {}, .environment = {{"KRANE_DISK_RESERVE", "100000G"}}, .arguments = {}});
  auto const name = fresh("private");
  full.create(name, R"("registry":")" + registry_->host() + R"(","image":"krane-test/web","tag":"1")");
  // Not known: the run is accepted, and the engine's own words count.
  EXPECT_EQ(full.run(name).at("/data/run/failure/reason"), "registry_auth");
  full.call("PUT", "/registries/" + registry_->host(), R"({"username":"ada","password":")" + password + R"("})");
  auto const known = full.post("/deployments/" + name + "/run");
  // Layers that another test's image brought here need no room.
  if (known.status == 507) {
    EXPECT_EQ(known.reason(), "engine_storage") << known.body;
  } else {
    EXPECT_EQ(full.settled(name).at("/data/status"), "running") << full.last_error(name);
  }
  EXPECT_THAT(full.log(), Not(HasSubstr(password)));
  full.remove("/deployments/" + name);
}

TEST_F(registry_login_test, a_person_sets_one_at_a_terminal_or_by_a_pipe) {
  person ada;
  ada.sets("KRANE_ENDPOINT", server().url());
  ada.sets("KRANE_TOKEN", server().token());
  std::string const host = registry_->host();
  auto const piped = ada.types({"registry", "login", host, "-u", "ada"}, {}, password + "\n");
  EXPECT_EQ(piped.status, 0) << piped.all();
  EXPECT_EQ(piped.out, "Pulls from " + host + " are made as ada\n");
  auto const terminal = ada.sits_at({"registry", "login", host});
  ASSERT_TRUE(terminal->shows("User at " + host + ": ")) << terminal->output();
  terminal->types("ada\n");
  ASSERT_TRUE(terminal->shows("Password of ada at " + host + ": ")) << terminal->output();
  terminal->types(password + "\n");
  EXPECT_EQ(terminal->wait(), 0) << terminal->output();
  EXPECT_THAT(terminal->output(), Not(HasSubstr(password)));
  auto const listed = ada.types({"registry", "ls"});
  EXPECT_THAT(listed.out, testing::ContainsRegex(host + " +ada +just now"));
  name_ = fresh("private");
  auto const ran = ada.types({"deploy", name_, "--image", host + "/krane-test/web:1"});
  EXPECT_EQ(ran.status, 0) << ran.all();
  EXPECT_EQ(ada.types({"registry", "logout", host}).out, "Forgot the credentials for " + host + "\n");
  EXPECT_EQ(ada.types({"registry", "logout", host}).status, 3);
  auto const path = ada.types({"registry", "login", "https://" + host + "/ada", "-u", "ada"}, {}, password + "\n");
  EXPECT_EQ(path.status, 2) << path.all();
  EXPECT_THAT(path.all(), HasSubstr("name its host alone"));
}

// Answers that no registry at hand can be made to give.
class refusing_registry_test : public on_a_real_engine {
protected:
  answer deployed() {
    auto const name = fresh("refused");
    server().create(name, R"("registry":")" + registry_.host() + R"(","image":"krane-test/web","tag":"1")");
    return server().run(name);
  }
  test::scripted_registry registry_;
};

TEST_F(refusing_registry_test, one_that_denies_an_image_says_so_and_what_to_look_at) {
  registry_.answer_all({.status = 403,
                        .body = R"({"errors":[{"code":"DENIED","message":"requested access is denied"}]})",
                        .headers = {"Content-Type: application/json"}});
  auto const run = deployed();
  EXPECT_EQ(run.at("/data/run/failure/reason"), "registry_denied") << run.body;
  EXPECT_THAT(run.at("/data/run/failure/message"),
              AllOf(HasSubstr("check the image's name"), HasSubstr("krane registry login " + registry_.host())));
}

TEST_F(refusing_registry_test, one_that_has_been_asked_too_often_is_not_asked_again) {
  registry_.answer_all({.status = 429,
                        .body = R"({"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]})",
                        .headers = {"Content-Type: application/json", "Retry-After: 600"}});
  auto const run = deployed();
  EXPECT_EQ(run.at("/data/run/failure/reason"), "registry_rate_limited") << run.body;
  EXPECT_THAT(server().get("/deployments/" + run.at("/data/template/name") + "/events").body,
              Not(HasSubstr("trying again")));
  EXPECT_THAT(run.at("/data/run/failure/message"), HasSubstr("krane registry login " + registry_.host()));
}

}  // namespace
}  // namespace krane::e2e
