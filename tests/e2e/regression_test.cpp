// What the original got wrong, and other people's containers.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include <set>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;

class regression : public on_a_real_engine {
protected:
  std::string deploy(std::string const& name, std::string const& config) {
    server().create(name, config);
    auto const now = server().run(name);
    EXPECT_EQ(now.at("/data/status"), "running") << now.body << server().last_error(name);
    return now.at("/data/containers/0/Id");
  }
};

TEST_F(regression, a_port_is_open_even_where_the_image_exposes_none) {
  auto const port = free_port();
  // krane-test/sleep exposes nothing; the engine opens only what is exposed.
  auto const id = deploy(
      fresh("open"), R"("image":"krane-test/late","container_port":"8080","host_port":")" + std::to_string(port) + '"');
  auto const details = engine().inspect(id);
  EXPECT_NE(text_at(details, "/Config/ExposedPorts/8080~1tcp"), "(missing)");
  EXPECT_EQ(exchange(endpoint::tcp(port), "GET", "/").body, "late\n");
}

TEST_F(regression, a_strangers_container_is_never_listed_read_or_deleted) {
  auto const name = fresh("mine");
  auto const ours = deploy(name, R"("image":"krane-test/lines")");
  auto const labels = text_at(engine().inspect(ours), "/Config/Labels");
  engine().pull("docker.io/krane-test/lines", "latest");
  // One copies our label, one our labels and the manner of our names, one the labels that go with its name.
  auto const first =
      stranger(name + "-stranger", R"({"Image":"krane-test/lines","Labels":{"deployment.name":")" + name + R"("}})");
  auto const second = stranger(name + "-0badcafe", R"({"Image":"krane-test/lines","Labels":)" + labels + "}");

  auto copied = engine().inspect(ours).at_pointer("/Config/Labels");
  copied.as_object()["krane.run"] = "0badf00d";
  auto const third =
      stranger(name + "-0badf00d", R"({"Image":"krane-test/lines","Labels":)" + boost::json::serialize(copied) + "}");

  auto const listed = server().get("/deployments/" + name);
  ASSERT_EQ(listed.json().at_pointer("/data/containers").as_array().size(), 1u) << listed.body;
  EXPECT_EQ(listed.at("/data/containers/0/Id"), ours);
  for (auto const& id : {first, second, third, name + "-stranger"})
    EXPECT_EQ(event_source(server().where(), "/containers/" + id + "/events").status(), 404) << id;

  EXPECT_EQ(server().run(name).at("/data/status"), "running") << "a redeploy";
  EXPECT_EQ(server().remove("/deployments/" + name).status, 200);
  EXPECT_EQ(text_at(engine().inspect(first), "/State/Running"), "true");
  EXPECT_EQ(text_at(engine().inspect(second), "/State/Running"), "true");
  EXPECT_EQ(text_at(engine().inspect(third), "/State/Running"), "true");
  engine().remove(second);
  engine().remove(third);
}

TEST_F(regression, a_container_that_was_renamed_by_hand_is_still_ours) {
  auto const name = fresh("renamed");
  auto const ours = deploy(name, R"("image":"krane-test/lines")");
  auto const called = fresh("my-own");
  ASSERT_EQ(engine().call("POST", "/containers/" + ours + "/rename?name=" + called).status, 204);
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/containers/0/Names/0"), "/" + called);
  EXPECT_EQ(event_source(server().where(), "/containers/" + called + "/events").status(), 200);
  EXPECT_EQ(server().run(name).at("/data/status"), "running") << "a redeploy";
  EXPECT_FALSE(engine().exists(ours));
}

TEST_F(regression, an_exited_container_is_visible_and_not_left_behind) {
  auto const name = fresh("exits");
  auto const id = deploy(name, R"("image":"krane-test/sleep")");
  ASSERT_EQ(engine().call("POST", "/containers/" + id + "/kill").status, 204);
  // Either it is seen as it died, or something of ours has already brought the release back.
  EXPECT_TRUE(eventually([&] {
    auto const now = server().get("/deployments/" + name);
    auto const state = now.at("/data/containers/0/State");
    return state == "exited" || (state == "running" && now.at("/data/containers/0/Id") != id) || state == "running";
  }));
  EXPECT_EQ(server().run(name).at("/data/status"), "running");
  auto const now = server().get("/deployments/" + name);
  EXPECT_EQ(now.json().at_pointer("/data/containers").as_array().size(), 1u) << now.body;
  EXPECT_FALSE(engine().exists(id));
}

TEST_F(regression, a_dying_container_is_an_event_of_its_deployment) {
  auto const name = fresh("dies");
  auto const id = deploy(name, R"("image":"krane-test/sleep")");
  web_socket events(server().where(), "/deployments/" + name + "/events");
  ASSERT_EQ(events.handshake().status, 101);
  ASSERT_EQ(engine().call("POST", "/containers/" + id + "/kill").status, 204);
  bool seen = false;
  while (!seen) {
    auto const text = events.next();
    ASSERT_TRUE(text) << "no event of the container's death";
    seen = answer{200, {}, *text}.at("/Phase") == "container";
  }
}

TEST_F(regression, one_reader_that_does_not_read_stops_nobody) {
  auto const name = fresh("slow");
  server().create(name, R"("image":"krane-test/sleep")");
  std::vector<std::unique_ptr<web_socket>> stalled;
  for (int i = 0; i < 20; ++i) {
    stalled.push_back(std::make_unique<web_socket>(server().where(), "/deployments/" + name + "/events"));
    ASSERT_EQ(stalled.back()->handshake().status, 101);
  }
  web_socket good(server().where(), "/deployments/" + name + "/events");
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  std::size_t seen = 0;
  while (auto const text = good.next(std::chrono::seconds(5))) {
    ++seen;
    if (answer{200, {}, *text}.at("/Phase") == "done") break;
  }
  EXPECT_GE(seen, 4u);
}

TEST_F(regression, events_come_in_order_once_each_and_none_is_lost) {
  auto const name = fresh("order");
  server().create(name, R"("image":"krane-test/sleep")");
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  auto const history = server().events(name);
  ASSERT_GE(history.size(), 8u);
  std::uint64_t last = 0;
  for (auto const& event : history) {
    auto const id = std::stoull(text_at(event, "/Id"));
    EXPECT_GT(id, last);
    last = id;
  }
  // A replay from the middle is the rest of the history, the same over WebSocket and SSE.
  auto const middle = history.size() / 2;
  auto const since = text_at(history[middle], "/Id");
  web_socket socket(server().where(), "/deployments/" + name + "/events?since=" + since);
  event_source stream(server().where(), "/deployments/" + name + "/events", {{"Last-Event-ID", since}});
  ASSERT_EQ(socket.handshake().status, 101);
  ASSERT_EQ(stream.status(), 200);
  for (auto i = middle + 1; i < history.size(); ++i) {
    auto const wanted = text_at(history[i], "/Id");
    auto const text = socket.next();
    ASSERT_TRUE(text);
    EXPECT_EQ((answer{200, {}, *text}.at("/Id")), wanted);
    auto const event = stream.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->id, wanted);
  }
}

TEST_F(regression, log_lines_carry_no_frame_headers_and_come_from_both_streams) {
  auto const id = deploy(fresh("lines"), R"("image":"krane-test/lines","tag":"burst")");
  event_source output(server().where(), "/containers/" + id + "/events?tail=all");
  ASSERT_EQ(output.status(), 200);
  std::multiset<std::string> seen;
  while (seen.size() < 2000) {
    auto const event = output.next();
    ASSERT_TRUE(event) << "after " << seen.size() << " lines";
    seen.insert(event->data);
  }
  for (int i = 1; i <= 1000; ++i) {
    EXPECT_EQ(seen.count("out " + std::to_string(i)), 1u);
    EXPECT_EQ(seen.count("err " + std::to_string(i)), 1u);
  }
}

TEST_F(regression, the_output_of_an_unknown_container_is_404_at_once) {
  auto const began = std::chrono::steady_clock::now();
  event_source unknown(server().where(), "/containers/" + std::string(64, '0') + "/events");
  EXPECT_EQ(unknown.status(), 404);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  auto const got = unknown.rest();
  EXPECT_EQ(got.at("/success"), "false") << got.body;
}

TEST_F(regression, any_line_in_authorized_keys_leaves_the_other_keys_good) {
  auto const ed25519 = test::test_key::generate(test::key_kind::ed25519);
  auto const p256 = test::test_key::generate(test::key_kind::p256);
  auto const expired = test::test_key::generate(test::key_kind::ed25519);
  auto const weak = test::test_key::generate(test::key_kind::rsa1024);
  write_file(server().keys_file(), "# a comment\n\nnot a key at all\nssh-dss AAAAB3NzaC1kc3MAAACBA old\n" +
                                       ed25519.authorized_keys_line("ada") + "\n" + "expiry-time=\"20200101\" " +
                                       expired.authorized_keys_line("gone") + "\n" + weak.authorized_keys_line("weak") +
                                       "\n" + p256.authorized_keys_line("bob") + "\n" +
                                       server().key().authorized_keys_line("tester") + "\n");
  for (auto const* key : {&ed25519, &p256, &server().key()})
    EXPECT_TRUE(eventually([&] { return server().log_in(*key).status == 200; })) << key->natural_alg();
  EXPECT_EQ(server().log_in(ed25519).at("/data/session/user"), "ada");
  EXPECT_EQ(server().log_in(ed25519).at("/data/session/key_fingerprint"), ed25519.fingerprint());
  EXPECT_EQ(server().log_in(expired).status, 401);
  EXPECT_EQ(server().log_in(weak).status, 401);
}

TEST_F(regression, a_key_taken_out_of_authorized_keys_ends_its_sessions) {
  auto const other = test::test_key::generate(test::key_kind::ed25519);
  auto const both = server().key().authorized_keys_line("tester") + "\n" + other.authorized_keys_line("other") + "\n";
  write_file(server().keys_file(), both);
  answer session;
  ASSERT_TRUE(eventually([&] {
    session = server().log_in(other);
    return session.status == 200;
  }));
  fields const with_it = {{"Authorization", "Bearer " + session.at("/data/session/token")}};
  ASSERT_EQ(exchange(server().where(), "GET", "/deployments", with_it).status, 200);
  write_file(server().keys_file(), server().key().authorized_keys_line("tester") + "\n");
  EXPECT_TRUE(eventually([&] { return exchange(server().where(), "GET", "/deployments", with_it).status == 401; }));
  EXPECT_EQ(server().get("/deployments").status, 200) << "the other one's session stays";
}

TEST_F(regression, forged_logins_are_all_the_same_401) {
  auto const stranger = test::test_key::generate(test::key_kind::rsa2048);
  auto const& key = server().key();
  std::string words;
  auto const try_token = [&](std::string const& what, auto make) {
    auto const challenge = exchange(server().where(), "GET", "/login");
    auto const token = make(R"({"phrase":")" + challenge.at("/phrase") + R"("})");
    auto const got =
        exchange(server().where(), "POST", "/auth", {},
                 R"({"data":{"request_id":")" + challenge.at("/request_id") + R"(","token":")" + token + R"("}})");
    EXPECT_EQ(got.status, 401) << what << ": " << got.body;
    auto const said = got.at("/data");
    if (words.empty()) words = said;
    EXPECT_EQ(said, words) << what;
  };
  using text = std::string const&;
  try_token("a stranger's key", [&](text payload) { return stranger.sign_jws(payload); });
  try_token("no signature", [&](text payload) { return key.sign_jws(payload, "none"); });
  try_token("the public key as a secret", [&](text payload) { return key.sign_jws(payload, "HS256"); });
  try_token("PSS", [&](text payload) { return key.sign_jws(payload, "PS256"); });
  try_token("another phrase", [&](text) { return key.sign_jws(R"({"phrase":"krane-login:v1:x:y"})"); });
  try_token("no phrase", [&](text) { return key.sign_jws("{}"); });
  try_token("a key in the header",
            [&](text payload) { return key.sign_jws(payload, {}, R"({"alg":"RS256","jku":"http://127.0.0.1/"})"); });
  // HMAC with an empty key, as the original signed its own tokens.
  try_token("an empty key", [&](text payload) {
    return test::base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + test::base64url(payload) + "." +
           test::base64url(std::string(32, '\0'));
  });
  try_token("no token at all", [&](text) { return std::string(); });
}

TEST_F(regression, a_challenge_is_good_once) {
  auto const challenge = exchange(server().where(), "GET", "/login");
  auto const body = R"({"data":{"request_id":")" + challenge.at("/request_id") + R"(","token":")" +
                    server().key().sign_jws(R"({"phrase":")" + challenge.at("/phrase") + R"("})") + R"("}})";
  EXPECT_EQ(exchange(server().where(), "POST", "/auth", {}, body).status, 200);
  EXPECT_EQ(exchange(server().where(), "POST", "/auth", {}, body).status, 401);
}

TEST_F(regression, a_stale_authorization_header_on_login_does_not_matter) {
  EXPECT_EQ(exchange(server().where(), "GET", "/login", {{"Authorization", "Bearer undefined"}}).status, 200);
  EXPECT_EQ(exchange(server().where(), "GET", "/login", {{"Authorization", "Bearer"}}).status, 200);
}

TEST_F(regression, a_port_in_use_ends_the_server_with_a_reason) {
  silent_listener const taken(std::uint16_t{0});
  test::temp_folder const folder;
  auto const ended = run({program_folder() + "/krane-server"}, {{"KRANE_REST_PORT", std::to_string(taken.port())},
                                                                {"KRANE_PATH", folder / "state"},
                                                                {"DOCKER_HOST", engine().address()}});
  EXPECT_NE(ended.status, 0);
  EXPECT_THAT(ended.output, HasSubstr(std::to_string(taken.port())));
}

}  // namespace
}  // namespace krane::e2e
