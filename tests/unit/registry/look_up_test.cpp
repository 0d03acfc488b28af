// The whole room against a registry on a socket.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "model/reason.hpp"
#include "registry/registry.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_registry.hpp"

namespace krane::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class look_up_test : public testing::Test {
protected:
  result<remote_image> look_up(std::string tag = "v1", std::optional<registry_login> login = {},
                               std::chrono::milliseconds limit = 5s) {
    image_ref what{hub.host(), "krane-test/web", std::move(tag), {}};
    if (as_hub) what.registry = "docker.io";
    return run_coroutine(loop, asked->look_up(what, std::move(login), habits, limit));
  }
  std::size_t count(std::string const& method, std::string const& part) const {
    std::size_t n = 0;
    for (auto const& one : hub.calls()) n += one.method == method && one.target.contains(part) ? 1 : 0;
    return n;
  }

  asio::io_context loop;
  scripted_registry hub;
  std::unique_ptr<registry> asked = make_registry();
  pull_habits habits{.os = "linux", .architecture = "amd64", .mirrors = {}, .insecure = {"127.0.0.0/8"}};
  bool as_hub = false;
  registry_login ada{"ada", "pw"};
};

TEST_F(look_up_test, tells_the_layers_of_this_machines_image_of_a_list) {
  std::string const digest = hub.has("krane-test/web", "v1", {.layers = {{"a", 1000}, {"b", 234}}});
  auto const found = look_up();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->digest, digest);
  EXPECT_NE(found->manifest_digest, digest);
  EXPECT_THAT(found->id.str(), testing::StartsWith("sha256:"));
  ASSERT_EQ(found->layers.size(), 2U);
  EXPECT_EQ(found->layers[0].size_bytes, 1000U);
  EXPECT_EQ(found->layers[1].size_bytes, 234U);
  EXPECT_EQ(found->diff_ids, (std::vector{scripted_registry::diff_id("a"), scripted_registry::diff_id("b")}));
}

TEST_F(look_up_test, tells_an_image_that_is_in_no_list) {
  std::string const digest = hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}, .in_list = false});
  auto const found = look_up();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->digest, digest);
  EXPECT_EQ(found->manifest_digest, digest);
}

TEST_F(look_up_test, what_is_known_of_a_digest_is_not_fetched_again) {
  hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}});
  auto const first = look_up();
  ASSERT_TRUE(first);
  auto const second = look_up();
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(count("GET", "/manifests/"), 2U);
  EXPECT_EQ(count("HEAD", "/manifests/"), 2U);

  hub.has("krane-test/web", "v1", {.layers = {{"other", 7}}});
  auto const moved = look_up();
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->layers.at(0).size_bytes, 7U);
}

TEST_F(look_up_test, logs_in_where_the_registry_wants_a_password) {
  hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}});
  hub.want(registry_wants::basic);
  auto const without = look_up();
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().reason, reason::registry_auth);
  auto const wrong = look_up("v1", registry_login{"ada", "wrong-horse"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().reason, reason::registry_auth);
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("wrong-horse")));
  auto const with = look_up("v1", ada);
  EXPECT_TRUE(with) << with.error().message;
}

TEST_F(look_up_test, gets_a_token_where_the_registry_wants_one) {
  hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}});
  hub.want(registry_wants::token);
  auto const found = look_up();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(count("GET", "/token?"), 1U) << "one for all questions";
  EXPECT_EQ(count("GET", "service=the%20hub"), 1U);
  EXPECT_EQ(count("GET", "scope=repository%3Akrane-test%2Fweb%3Apull"), 1U);
}

TEST_F(look_up_test, says_who_it_is_to_the_token_service) {
  hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}});
  hub.want(registry_wants::token_with_login);
  auto const without = look_up();
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().reason, reason::registry_auth);
  auto const with = look_up("v1", ada);
  EXPECT_TRUE(with) << with.error().message;
}

TEST_F(look_up_test, credentials_and_tokens_do_not_follow_a_redirect_to_another_host) {
  scripted_registry elsewhere;
  hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}});
  elsewhere.has("krane-test/web", "v1", {.layers = {{"a", 5}}});
  hub.redirect_blobs("http://" + elsewhere.host());
  for (auto const wants : {registry_wants::basic, registry_wants::token_with_login}) {
    asked = make_registry();
    hub.want(wants);
    auto const found = look_up("v1", ada);
    ASSERT_TRUE(found) << found.error().message;
  }
  ASSERT_EQ(elsewhere.calls().size(), 2U);
  for (auto const& call : elsewhere.calls()) EXPECT_FALSE(call.headers.contains("authorization"));
}

TEST_F(look_up_test, a_circle_of_redirects_ends) {
  hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}});
  hub.redirect_blobs("http://" + hub.host());
  auto const found = look_up();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason, reason::registry_unreachable);
  EXPECT_LT(count("GET", "/blobs/"), 10U);
}

TEST_F(look_up_test, what_the_registry_answers_has_a_reason) {
  struct row {
    int status;
    std::vector<std::string> headers;
    char const* reason;
    char const* says;
  };
  for (auto const& [status, headers, reason, says] :
       {row{401, {}, reason::registry_auth, "wants a login"}, row{403, {}, reason::registry_denied, "not allow"},
        row{404, {}, reason::image_not_found, "has no"},
        row{429, {"Retry-After: 37"}, reason::registry_rate_limited, "in 37 s"},
        row{429, {}, reason::registry_rate_limited, "for now"}, row{500, {}, reason::registry_error, "status 500"},
        row{503, {}, reason::registry_error, "status 503"}, row{200, {}, reason::registry_error, "no manifest"}}) {
    hub.answer_all({.status = status, .body = "<html>", .headers = headers});
    auto const found = look_up();
    ASSERT_FALSE(found) << status;
    EXPECT_EQ(found.error().reason, reason) << status;
    EXPECT_THAT(found.error().message, HasSubstr(says)) << status;
  }
}

TEST_F(look_up_test, an_image_of_the_first_schema_is_not_known) {
  hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}, .in_list = false, .schema = 1});
  auto const found = look_up();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::unsupported_media);
}

TEST_F(look_up_test, an_answer_without_end_is_not_read_to_its_end) {
  hub.answer_all({.status = 200, .body = std::string(5 * 1024 * 1024, 'x')});
  auto const found = look_up();
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("more than"));
}

TEST_F(look_up_test, one_that_does_not_answer_is_not_waited_for) {
  hub.stall();
  auto const found = look_up("v1", {}, 100ms);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason, reason::deadline);
}

TEST_F(look_up_test, stop_breaks_off_what_is_being_asked) {
  hub.stall();
  auto const stop_when_asked = [](scripted_registry& of, registry& asked) -> coroutine<void> {
    while (of.calls().empty()) co_await sleep_for(1ms);
    asked.stop();
  };
  asio::co_spawn(loop, stop_when_asked(hub, *asked), [](std::exception_ptr) {});
  auto const found = look_up("v1", {}, 60s);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::cancelled);
}

TEST_F(look_up_test, one_that_speaks_no_tls_is_asked_without_only_if_the_engine_would) {
  hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}});
  habits.insecure = {"10.0.0.0/8"};
  auto const found = look_up();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason, reason::registry_unreachable);
  EXPECT_TRUE(hub.calls().empty());
}

TEST_F(look_up_test, a_mirror_of_docker_io_is_asked_first_and_told_no_credentials) {
  as_hub = true;
  habits.mirrors = {"http://" + hub.host() + "/"};
  hub.has("krane-test/web", "v1", {.layers = {{"a", 5}}});
  auto const found = look_up("v1", ada);
  ASSERT_TRUE(found) << found.error().message;
  for (auto const& call : hub.calls()) EXPECT_FALSE(call.headers.contains("authorization"));
}

}  // namespace
}  // namespace krane::test
