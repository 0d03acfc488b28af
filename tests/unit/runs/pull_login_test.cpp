// As whom images are pulled, and what a person is told where a registry refuses.
#include "runs/pull_login.hpp"

#include <gmock/gmock.h>

#include "engine/requests.hpp"
#include "model/reason.hpp"
#include "secrets/registry_logins.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using test::registry_does;
using test::route;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr char first_password[] = "sentinel-first-2b7e";
constexpr char newer_password[] = "sentinel-newer-9c41";
constexpr char hub_password[] = "sentinel-hub-55d0";

class pull_login : public testing::Test {
protected:
  void SetUp() override { w.open(); }

  // `app`, whose config names the secret HUB.
  spec with_registry_auth() {
    w.put();
    spec what = w.now().config;
    what.service.registry_auth = registry_credentials{.username = "deploy", .password_key = "HUB"};
    EXPECT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(what, false, w.time.now())));
    return what;
  }
  void set_secret(std::string value) {
    ASSERT_TRUE(test::run_coroutine(w.loop, w.secrets->put(deployment_name{"app"}, "HUB", std::move(value))));
  }
  void log_in_to_the_hub() {
    ASSERT_TRUE(test::run_coroutine(w.loop, put_registry_login(*w.secrets, "docker.io", {"ada", hub_password})));
  }
  // The logins of the engine's pulls, in order.
  std::vector<std::string> logins() const {
    std::vector<std::string> all;
    for (auto const& one : w.engine_world.calls())
      if (one.where == route::pull) all.push_back(one.registry_auth);
    return all;
  }
  std::string header(std::string const& user, std::string const& password) const {
    return docker::registry_auth("docker.io", {user, password});
  }
  // The reason and the message of a run that the registry refuses.
  std::pair<std::string, std::string> refused(registry_does how) {
    w.engine_world.registry(how);
    run const r = w.deploy();
    return r.why_failed ? std::pair(r.why_failed->reason, r.why_failed->message)
                        : std::pair<std::string, std::string>();
  }

  test::run_world w;
};

TEST_F(pull_login, is_the_configs_before_the_servers_before_nobodys) {
  w.put();
  w.deploy();
  log_in_to_the_hub();
  w.deploy();
  with_registry_auth();
  set_secret(first_password);
  EXPECT_EQ(w.deploy().step, run_step::done);
  EXPECT_THAT(logins(), ElementsAre("", header("ada", hub_password), header("deploy", first_password)));
}

TEST_F(pull_login, takes_the_newest_password_on_the_way_back_too_and_is_no_part_of_a_release) {
  with_registry_auth();
  set_secret(first_password);
  run const first = w.deploy();
  run const second = w.deploy("app", "v2");
  ASSERT_EQ(second.step, run_step::done);
  EXPECT_TRUE(first.secret_versions.empty()) << "no container is given it";
  set_secret(newer_password);
  ASSERT_TRUE(test::run_coroutine(w.loop, w.docker->remove_image(first.image->str())));
  w.engine_world.forget_calls();
  auto const accepted = test::run_coroutine(w.loop, w.service->roll_back(deployment_name{"app"}, first.number));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(w.end_of(*accepted).step, run_step::done);
  EXPECT_THAT(logins(), ElementsAre(header("deploy", newer_password)));
}

TEST_F(pull_login, a_secret_that_is_not_there_is_named_before_anything_is_asked) {
  spec const what = with_registry_auth();
  EXPECT_THAT(w.secrets->missing(what.name, what.service),
              ElementsAre(AllOf(testing::Field(&fault::path, "config.registry_auth.password"),
                                testing::Field(&fault::error, HasSubstr("krane secrets set app HUB")))));
  auto const accepted = test::run_coroutine(w.loop, w.service->deploy(what.name, std::nullopt));
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().reason, reason::secret_missing);
  EXPECT_THAT(accepted.error().message, HasSubstr("krane secrets set app HUB"));
  EXPECT_TRUE(logins().empty());
}

TEST_F(pull_login, its_secret_is_kept_as_long_as_the_deployment_names_it) {
  with_registry_auth();
  set_secret(first_password);
  auto const gone = test::run_coroutine(w.loop, w.secrets->remove(deployment_name{"app"}, "HUB"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().reason, reason::secret_in_use);
  EXPECT_THAT(gone.error().message, HasSubstr("config.registry_auth.password"));
}

TEST_F(pull_login, one_who_has_none_is_told_to_set_one) {
  w.put();
  EXPECT_THAT(
      refused(registry_does::want_login),
      Pair(reason::registry_auth, HasSubstr("krane has no login for docker.io: krane registry login docker.io")));
  EXPECT_THAT(refused(registry_does::deny),
              Pair(reason::registry_denied,
                   AllOf(HasSubstr("check the image's name"), HasSubstr("krane registry login docker.io"))));
  EXPECT_THAT(refused(registry_does::limit_rate),
              Pair(reason::registry_rate_limited, HasSubstr("krane registry login docker.io")));
}

TEST_F(pull_login, one_whose_login_is_refused_is_told_whose_it_was_and_how_to_set_another) {
  w.put();
  log_in_to_the_hub();
  EXPECT_THAT(refused(registry_does::want_login),
              Pair(reason::registry_auth, HasSubstr("krane asked as ada; another password: krane registry login "
                                                    "docker.io")));
  with_registry_auth();
  set_secret(first_password);
  EXPECT_THAT(refused(registry_does::want_login),
              Pair(reason::registry_auth, AllOf(HasSubstr("krane asked as deploy; another password: krane secrets set "
                                                          "app HUB"),
                                                Not(HasSubstr("sentinel")))));
  EXPECT_THAT(refused(registry_does::deny), Pair(reason::registry_denied, HasSubstr("whether deploy may pull it")));
  EXPECT_THAT(refused(registry_does::limit_rate),
              Pair(reason::registry_rate_limited, HasSubstr("krane asked as deploy; wait")));
}

TEST_F(pull_login, an_engine_that_does_not_trust_the_registry_is_told_what_it_needs) {
  w.put();
  auto const told = [&](std::string words) {
    return with_remedy(make_error(errc::forbidden, reason::registry_untrusted, std::move(words)), *w.secrets,
                       w.now().config)
        .message;
  };
  EXPECT_THAT(told("x509: certificate signed by unknown authority"), HasSubstr("/etc/docker/certs.d/docker.io/ca.crt"));
  EXPECT_THAT(told("http: server gave HTTP response to HTTPS client"), HasSubstr("insecure-registries"));
  EXPECT_THAT(told("x509: certificate has expired"), HasSubstr("needs another certificate"));
}

TEST_F(pull_login, any_other_failure_stays_as_it_is) {
  w.put();
  auto const why = make_error(errc::not_found, reason::image_not_found, "there is no such image");
  EXPECT_EQ(with_remedy(why, *w.secrets, w.now().config), why);
}

}  // namespace
}  // namespace krane
