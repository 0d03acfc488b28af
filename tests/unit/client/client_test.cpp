// Every function of the client against the real API.
#include "client/client.hpp"

#include <gmock/gmock.h>

#include "api_server.hpp"
#include "client/reason.hpp"
#include "client/sse_stream.hpp"

namespace krane::client {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class krane_api_test : public test::served_api_test {
protected:
  krane_api api{where(), token};

  // Posts a deployment of the image that listens on 8080.
  void put(std::string name) {
    auto const stored = run(api.put_deployment(
        {std::move(name), {{"image", "krane-test/web"}, {"tag", "latest"}, {"container_port", "8080"}}}));
    ASSERT_TRUE(stored) << stored.error().message;
  }
  run_info ended_run(std::string name, std::optional<std::string> tag = {}) {
    auto const started = run(api.start_run(name, std::move(tag)));
    EXPECT_TRUE(started) << started.error().message;
    run_info now;
    EXPECT_TRUE(becomes([&] {
      auto const seen = run(api.get_run(name, started->id));
      if (seen) now = *seen;
      return seen && seen->finished;
    }));
    return now;
  }
};

TEST_F(krane_api_test, logs_in_and_out) {
  krane_api stranger(where(), "");
  auto const asked = run(stranger.get_challenge());
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_TRUE(asked->phrase.starts_with("krane-login:v1:" + where().authority() + ":")) << asked->phrase;
  auto const refused = run(stranger.log_in(asked->request_id, "a.b.c"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "login_refused");

  auto const session =
      run(stranger.log_in(asked->request_id, key.sign_jws(R"({"phrase":")" + asked->phrase + R"("})")));
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->user, "ada@example");
  EXPECT_EQ(session->key_fingerprint, key.fingerprint());
  EXPECT_TRUE(session->current);

  auto const before = run(stranger.list_deployments());
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().reason, reason::not_logged_in);
  stranger.set_token(session->token);
  EXPECT_TRUE(run(stranger.list_deployments()));
  EXPECT_EQ(run(stranger.get_own_session())->id, session->id);
  EXPECT_TRUE(run(stranger.revoke_own_session()));
  EXPECT_EQ(run(stranger.list_deployments()).error().reason, reason::not_logged_in);
}

TEST_F(krane_api_test, makes_and_ends_sessions_of_programs) {
  auto const made = run(api.create_session("ci", std::chrono::hours{24 * 90}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->name, "ci");
  EXPECT_EQ(made->expires_at_utc, "2026-04-02T03:04:05.000000Z");
  krane_api program(where(), made->token);
  EXPECT_TRUE(run(program.list_deployments()));
  auto const all = run(api.list_sessions());
  ASSERT_TRUE(all);
  ASSERT_THAT(*all, SizeIs(2));
  for (auto const& one : *all) {
    EXPECT_EQ(one.current, one.id != made->id);
    EXPECT_EQ(one.name, one.id == made->id ? "ci" : "");
  }
  EXPECT_TRUE(run(api.revoke_session(made->id)));
  EXPECT_EQ(run(api.revoke_session(made->id)).error().code, errc::not_found);
  EXPECT_EQ(run(api.create_session("not a name", std::nullopt)).error().code, errc::invalid);
}

TEST_F(krane_api_test, stores_lists_shows_and_removes_deployments) {
  auto const first = run(api.put_deployment({"web", {{"image", "krane-test/web"}, {"container_port", "8080"}}}));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(first->created);
  EXPECT_EQ(first->now.config.registry, "docker.io");
  EXPECT_FALSE(run(api.put_deployment({"web", {{"image", "krane-test/web"}, {"container_port", "8080"}}}))->created);
  EXPECT_EQ(run(api.put_deployment({"web", {{"image", "a/b"}}}, true)).error().code, errc::precondition_failed);
  auto const wrong = run(api.put_deployment({"Web!", {{"container_port", "0"}}}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, errc::invalid);
  EXPECT_THAT(wrong.error().details, SizeIs(3));

  auto const listed = run(api.list_deployments());
  ASSERT_TRUE(listed);
  ASSERT_THAT(*listed, SizeIs(1));
  EXPECT_EQ(listed->front().name, "web");
  EXPECT_EQ(listed->front().status, "idle");

  EXPECT_TRUE(ended_run("web").is_in(run_step::done));
  auto const shown = run(api.get_deployment("web"));
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_EQ(shown->template_.name, "web");
  EXPECT_EQ(shown->template_.config.container_port, "8080");
  EXPECT_EQ(shown->status, "running");
  ASSERT_TRUE(shown->run);
  ASSERT_THAT(shown->containers, SizeIs(1));
  EXPECT_EQ(shown->containers[0].name(), "web-" + shown->run->id);
  EXPECT_EQ(shown->containers[0].State, "running");
  EXPECT_TRUE(shown->whole.at("containers").as_array()[0].as_object().contains("Labels"));

  auto const gone = run(api.remove_deployment("web", std::chrono::seconds{60}));
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_TRUE(gone->removed);
  EXPECT_EQ(run(api.get_deployment("web")).error().code, errc::not_found);
}

TEST_F(krane_api_test, starts_lists_and_cancels_runs) {
  put("web");
  auto const failed = ended_run("web", "crash");
  EXPECT_TRUE(failed.is_in(run_step::failed));
  ASSERT_TRUE(failed.failure);
  EXPECT_EQ(failed.failure->reason, "container_exited");
  EXPECT_EQ(failed.failure->exit_code, 3);
  EXPECT_EQ(failed.tag, "crash");
  EXPECT_TRUE(ended_run("web").is_in(run_step::done));
  auto const all = run(api.list_runs("web"));
  ASSERT_TRUE(all);
  ASSERT_THAT(*all, SizeIs(2));
  EXPECT_EQ(all->front().number, 2U);
  EXPECT_THAT(*run(api.list_runs("web", 1)), SizeIs(1));
  EXPECT_EQ(run(api.get_run("web", "1"))->id, failed.id);

  world.hang(test::route::create);
  auto const waiting = run(api.start_run("web", "v2"));
  ASSERT_TRUE(waiting);
  auto const cancelled = run(api.cancel_run("web", waiting->id));
  ASSERT_TRUE(cancelled) << cancelled.error().message;
  EXPECT_TRUE(cancelled->cancel_requested);
  world.let_go(test::route::create);
  EXPECT_TRUE(becomes([&] { return run(api.get_run("web", waiting->id))->is_in(run_step::cancelled); }));
  EXPECT_EQ(run(api.cancel_run("web", waiting->id)).error().code, errc::conflict);
  EXPECT_EQ(run(api.cancel_runs("web")).error().reason, "no_run_under_way");
  world.hang(test::route::create);
  ASSERT_TRUE(run(api.start_run("web", "v2")));
  auto const all_cancelled = run(api.cancel_runs("web"));
  ASSERT_TRUE(all_cancelled) << all_cancelled.error().message;
  EXPECT_THAT(*all_cancelled, SizeIs(1));
  world.let_go(test::route::create);
  EXPECT_EQ(run(api.start_run("none", std::nullopt)).error().code, errc::not_found);
  EXPECT_EQ(run(api.get_run("a/b", "c d")).error().code, errc::not_found) << "names are escaped";
}

TEST_F(krane_api_test, says_what_a_deploy_would_do_and_runs_only_for_the_release_that_was_planned_for) {
  put("web");
  EXPECT_TRUE(run(api.plan("web", {}))->changes);
  ended_run("web");
  auto const same = run(api.plan("web", {}));
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_FALSE(same->changes);
  EXPECT_EQ(same->release, 1U);
  EXPECT_THAT(same->containers.replaced, SizeIs(1));
  EXPECT_EQ(same->whole.at("release"), 1);
  auto const another = run(api.plan("web", {.tag = "v2", .config = {}}));
  ASSERT_THAT(another->config, SizeIs(1));
  EXPECT_EQ(another->config[0].after, boost::json::value("v2"));
  auto const wrong = run(api.plan("new", {.tag = {}, .config = {{{"image", "krane-test/web"}, {"tag", "none"}}}}));
  ASSERT_TRUE(wrong) << wrong.error().message;
  EXPECT_TRUE(wrong->creates);
  EXPECT_TRUE(wrong->fails);
  EXPECT_EQ(wrong->problems[0].reason, "image_not_found");

  EXPECT_EQ(run(api.start_run("web", {}, 7)).error().reason, "release_moved");
  EXPECT_EQ(run(api.put_deployment({"web", {{"image", "a/b"}}}, false, 7)).error().code, errc::conflict);
  EXPECT_TRUE(run(api.start_run("web", {}, 1)));
}

TEST_F(krane_api_test, gives_pages_and_streams_of_events) {
  put("web");
  append_event("web", "one");
  append_event("web", "two");
  auto const page = run(api.list_events("web", std::nullopt, 2));
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_THAT(*page, SizeIs(2));
  EXPECT_EQ(page->front().Message, "one");
  EXPECT_EQ(page->front().Deployment.Name, "web");
  EXPECT_EQ(page->front().Deployment.Config.ContainerPort, "8080");
  EXPECT_THAT(*run(api.list_events("web", std::to_string(page->front().Id), 100)), SizeIs(1));

  auto const stream = run(api.open_events("web", page->front().Id));
  ASSERT_TRUE(stream) << stream.error().message;
  auto const came = run((*stream)->next());
  ASSERT_TRUE(came && *came);
  EXPECT_THAT((*came)->data, HasSubstr("\"two\""));
  EXPECT_EQ((*came)->id, std::to_string(page->back().Id));
  EXPECT_EQ(run(api.open_events("none", std::nullopt)).error().code, errc::not_found);
}

TEST_F(krane_api_test, streams_what_a_container_writes) {
  put("web");
  ended_run("web");
  auto const id = run(api.get_deployment("web"))->containers.at(0).Id;
  auto const stream = run(api.open_output(id, {.tail = "1", .follow = false}, std::nullopt));
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*run((*stream)->next()))->data, "world");
  EXPECT_FALSE(*run((*stream)->next()));
  EXPECT_EQ(run(api.open_output("none", {}, std::nullopt)).error().code, errc::not_found);
}

TEST_F(krane_api_test, asks_how_the_server_is) {
  EXPECT_EQ(run(api.get_version())->version, "1.2.3");
  ASSERT_TRUE(becomes([&] { return run(api.get_readiness()).has_value(); }));
  auto const ready = run(api.get_readiness());
  EXPECT_EQ(ready->engine, "ok");
  EXPECT_EQ(ready->login_keys, 1U);
  world.down();
  ASSERT_TRUE(becomes([&] { return !run(api.get_readiness()).has_value(); }));
  EXPECT_EQ(run(api.get_readiness()).error().reason, "engine_unavailable");
  EXPECT_FALSE(is_unreachable(run(api.get_readiness()).error()));
}

TEST_F(krane_api_test, says_so_when_the_server_is_gone) {
  EXPECT_TRUE(run(api.list_deployments()));
  stop_listening();
  auto const failed = run(api.list_deployments());
  ASSERT_FALSE(failed);
  EXPECT_TRUE(is_unreachable(failed.error())) << failed.error().message;
}

}  // namespace
}  // namespace krane::client
