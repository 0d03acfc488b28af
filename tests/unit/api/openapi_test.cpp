// The document tells the truth: every route, status and field in it is met by a real answer, and no answer has what is
// not in it.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "api_world.hpp"
#include "base/json.hpp"
#include "schema_check.hpp"

namespace krane {
namespace {

using boost::json::value;

constexpr char some_spec[] = R"({"name":"app","config":{"image":"krane-test/web","container_port":"8080"}})";
constexpr char json[] = "application/json";

class document : public test::api_test {
protected:
  document() : api_test(1'000, 5'000, std::uint64_t{1} << 60), told(*parse_json(served->document())) {
    world.set_storage_folder("/");
  }

  struct sent {
    std::string method, path, target;  // the path as the document has it
    std::string body{};
    test::header_pairs headers{};
    bool with_token = true;
  };

  // Sends it, and checks the answer against what the document says of it.
  void expect(int status, sent const& what) {
    auto headers = what.headers;
    if (what.with_token) headers.emplace_back("Authorization", "Bearer " + token);
    auto const reply = reply_to(test::make_request(what.method, what.target, what.body, headers));
    std::string const name = what.method + " " + what.path + " " + std::to_string(status);
    met.insert(name);
    auto const& answers = told.at("paths").at(what.path).at(lower(what.method)).at("responses").as_object();
    auto const* const documented = answers.if_contains(std::to_string(status));
    ASSERT_NE(documented, nullptr) << name << " is not documented";
    if (std::holds_alternative<http::websocket_response>(reply)) {
      EXPECT_EQ(status, 101) << name;
    } else if (auto const* const stream = std::get_if<http::stream_response>(&reply)) {
      EXPECT_EQ(status, stream->status) << name;
      EXPECT_TRUE(documented->at("content").as_object().contains(stream->content_type)) << name;
    } else {
      check(std::get<http::response>(reply), status, *documented, name);
    }
  }

  void check(http::response const& answer, int status, value const& documented, std::string const& name) {
    ASSERT_EQ(answer.status, status) << name << ": " << *answer.body;
    auto const body = parse_json(*answer.body);
    ASSERT_TRUE(body) << name;
    auto const& schema = documented.at("content").at(answer.content_type).at("schema");
    for (auto const& fault : test::schema_faults(*body, schema, told)) ADD_FAILURE() << name << ": " << fault;
    note_fields(*body);
    if (auto const* const headers = documented.as_object().if_contains("headers"))
      for (auto const& [header, ignored] : headers->as_object())
        EXPECT_TRUE(answer.headers.find(header)) << name << " lacks " << header;
  }

  void note_fields(value const& v) {
    if (v.is_array())
      for (auto const& one : v.get_array()) note_fields(one);
    if (!v.is_object()) return;
    for (auto const& [key, member] : v.get_object()) {
      fields_met.insert(key);
      note_fields(member);
    }
  }

  static void note_properties(value const& v, std::set<std::string>& into) {
    if (v.is_array())
      for (auto const& one : v.get_array()) note_properties(one, into);
    if (!v.is_object()) return;
    if (auto const* const properties = v.get_object().if_contains("properties"))
      for (auto const& [key, ignored] : properties->as_object()) into.insert(key);
    for (auto const& [key, member] : v.get_object()) note_properties(member, into);
  }

  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  }

  static std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return out;
  }

  std::string signed_phrase() {
    auto const asked = ask_as_stranger("GET", "/login").json();
    std::string const phrase(asked.at("phrase").as_string());
    return boost::json::serialize(boost::json::object{{"request_id", asked.at("request_id")},
                                                      {"token", key.sign_jws(R"({"phrase":")" + phrase + R"("})")}});
  }

  void expect_body_refusals(std::string const& path, std::string const& target, std::string const& method = "POST") {
    expect(400, {method, path, target, "no json"});
    expect(415, {method, path, target, "{}", {{"Content-Type", "text/plain"}}});
    expect(422, {method, path, target, R"({"colour":1})"});
  }

  void expect_secrets() {
    std::string const path = "/deployments/{name}/secrets/{key}";
    std::string const db = "/deployments/secretive/secrets/db";
    expect(201, {"PUT", path, db, R"({"value":"correct horse"})"});
    expect(200, {"PUT", path, db, R"({"value":"battery staple"})"});
    expect_body_refusals(path, db, "PUT");
    expect(200, {"GET", "/deployments/{name}/secrets", "/deployments/secretive/secrets"});
    expect(422, {"GET", "/deployments/{name}/secrets", "/deployments/Secretive/secrets"});
    ask("POST", "/deployments", R"({"name":"secretive","config":{"image":"a/b","environment":{"A":"@db"}}})");
    expect(409, {"DELETE", path, db});
    ask("POST", "/deployments", R"({"name":"secretive","config":{"image":"a/b"}})");
    expect(200, {"DELETE", path, db});
    expect(404, {"DELETE", path, db});
    expect(422, {"DELETE", path, "/deployments/Secretive/secrets/db"});
  }

  void expect_registries() {
    std::string const path = "/registries/{registry}";
    expect(201, {"PUT", path, "/registries/ghcr.io", R"({"username":"ada","password":"correct horse"})"});
    expect(200, {"PUT", path, "/registries/ghcr.io", R"({"username":"ada","password":"battery staple"})"});
    expect_body_refusals(path, "/registries/ghcr.io", "PUT");
    expect(200, {"GET", "/registries", "/registries"});
    expect(200, {"DELETE", path, "/registries/ghcr.io"});
    expect(404, {"DELETE", path, "/registries/ghcr.io"});
  }

  // While "one" holds port 9002.
  void expect_patches() {
    std::string const path = "/deployments/{name}";
    expect(200, {"PATCH", path, "/deployments/app", R"({"hold":null})"});
    expect(404, {"PATCH", path, "/deployments/none", R"({"hold":null})"});
    expect(409, {"PATCH", path, "/deployments/app", R"({"host_port":"9002"})"});
    expect(412, {"PATCH", path, "/deployments/app", R"({"hold":null})", {{"If-Match", "\"stale\""}}});
    expect_body_refusals(path, "/deployments/app", "PATCH");
    auto const& content = told.at("paths").at(path).at("patch").at("requestBody").at("content").as_object();
    EXPECT_TRUE(content.contains("application/merge-patch+json"));
    EXPECT_TRUE(content.contains(json));
  }

  // While "app" serves, and for one that would fail.
  void expect_plans() {
    std::string const path = "/deployments/{name}/plan";
    expect(200, {"POST", path, "/deployments/app/plan", R"({"tag":"v2"})"});
    expect(200, {"POST", path, "/deployments/app/plan", R"({"config":{"image":"a/b","privileged":true}})"});
    expect(404, {"POST", path, "/deployments/none/plan"});
    expect_body_refusals(path, "/deployments/app/plan");
  }

  value const told;
  std::set<std::string> met;
  std::set<std::string> fields_met;
};

TEST_F(document, is_served_as_it_is) {
  auto const answer = ask_as_stranger("GET", "/openapi.json");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, json);
  EXPECT_EQ(answer.text, served->document());
  EXPECT_EQ(told.at("openapi"), "3.1.0");
  EXPECT_EQ(told.at("info").at("version"), "1.2.3");
}

TEST_F(document, says_who_may_ask) {
  auto const security = [&](char const* path, char const* method) {
    return boost::json::serialize(told.at("paths").at(path).at(method).at("security"));
  };
  EXPECT_EQ(security("/login", "get"), "[]");
  EXPECT_EQ(security("/deployments", "get"), R"([{"token":[]}])");
  EXPECT_EQ(security("/deployments/{name}/events", "get"), R"([{},{"token":[]}])");
}

TEST_F(document, takes_a_request_body_bare_or_in_data) {
  auto const& schema =
      told.at("paths").at("/auth").at("post").at("requestBody").at("content").at(json).at("schema").at("anyOf");
  EXPECT_TRUE(schema.at(0).at("properties").as_object().contains("data"));
  EXPECT_TRUE(schema.at(1).at("properties").as_object().contains("token"));
}

TEST_F(document, is_met_by_real_answers_route_by_route_status_by_status_field_by_field) {
  ASSERT_TRUE(becomes([&] { return service->recovered(); }));
  for (auto const* const path : {"/health", "/healthz", "/readyz", "/version", "/openapi.json", "/login"})
    expect(200, {.method = "GET", .path = path, .target = path, .with_token = false});

  expect(200, {"GET", "/system", "/system"});

  expect(200, {"POST", "/auth", "/auth", signed_phrase()});
  expect(401, {"POST", "/auth", "/auth", R"({"request_id":"a","token":"b"})"});
  expect_body_refusals("/auth", "/auth");

  expect(201, {"POST", "/sessions", "/sessions", R"({"name":"ci","ttl_seconds":3600})"});
  expect_body_refusals("/sessions", "/sessions");
  std::string const of_program(
      ask("POST", "/sessions", R"({"name":"ci"})").data().at("session").at("token").as_string());
  expect(403,
         {"POST", "/sessions", "/sessions", R"({"name":"more"})", {{"Authorization", "Bearer " + of_program}}, false});
  while (ask("POST", "/sessions", R"({"name":"ci"})").status == 201) continue;
  expect(409, {"POST", "/sessions", "/sessions", R"({"name":"ci"})"});
  expect(200, {"GET", "/sessions", "/sessions"});
  expect(200, {"DELETE", "/sessions/{id}", "/sessions/" + std::string(log_in().at("id").as_string())});
  expect(404, {"DELETE", "/sessions/{id}", "/sessions/none"});

  expect(201, {"POST", "/deployments", "/deployments", some_spec});
  expect(200, {"POST", "/deployments", "/deployments", some_spec});
  expect(412, {"POST", "/deployments", "/deployments", some_spec, {{"If-None-Match", "*"}}});
  expect_body_refusals("/deployments", "/deployments");
  std::string const with_port = R"(","config":{"image":"a/b","container_port":"1","host_port":"9002"}})";
  expect(201, {"POST", "/deployments", "/deployments", R"({"name":"one)" + with_port});
  expect(409, {"POST", "/deployments", "/deployments", R"({"name":"two)" + with_port});
  expect_patches();
  expect(200, {"GET", "/deployments", "/deployments"});

  expect(202, {"POST", "/deployments/{name}/run", "/deployments/app/run?tag=crash"});
  ASSERT_TRUE(becomes([&] { return ask("GET", "/deployments/app/runs/1").data().at("finished").as_bool(); }));
  expect(200, {"GET", "/deployments/{name}/runs/{id}", "/deployments/app/runs/1"});
  auto const ended = deploy("app");
  std::string const container = container_of(ended);
  expect_plans();
  expect(404, {"POST", "/deployments/{name}/run", "/deployments/none/run"});
  registries.has = remote_image{.digest = {}, .manifest_digest = {}, .id = {}, .layers = {{"a", 1}}, .diff_ids = {}};
  expect(507, {"POST", "/deployments/{name}/run", "/deployments/app/run"});
  registries.has.reset();
  expect_body_refusals("/deployments/{name}/run", "/deployments/app/run");

  expect(200, {"GET", "/deployments/{name}", "/deployments/app"});
  expect(404, {"GET", "/deployments/{name}", "/deployments/none"});
  expect(200, {"GET", "/deployments/{name}/runs", "/deployments/app/runs"});
  expect(404, {"GET", "/deployments/{name}/runs", "/deployments/none/runs"});
  expect(422, {"GET", "/deployments/{name}/runs", "/deployments/app/runs?limit=0"});
  expect(404, {"GET", "/deployments/{name}/runs/{id}", "/deployments/app/runs/77"});

  event_draft pulling{state->find_deployment(deployment_name{"app"})->config,
                      {},
                      "pull",
                      event_level::info,
                      "Downloaded",
                      time.now(),
                      transfer{1, 2}};
  ASSERT_TRUE(test::run_coroutine(loop, state->events().append({std::move(pulling)}, std::nullopt)));
  expect(200, {"GET", "/events", "/events"});
  expect(101, {"GET", "/events", "/events", "", {{"Upgrade", "websocket"}}});
  expect(422, {"GET", "/events", "/events?since=x"});
  std::string const events = "/deployments/{name}/events";
  expect(200, {"GET", events, "/deployments/app/events"});
  expect(101, {"GET", events, "/deployments/app/events", "", {{"Upgrade", "websocket"}}});
  expect(404, {"GET", events, "/deployments/none/events"});
  expect(422, {"GET", events, "/deployments/app/events?since=x"});
  for (std::string const root : {"/containers/", "/container/"}) {
    std::string const path = root + "{id}/events";
    expect(200, {"GET", path, root + container + "/events"});
    expect(404, {"GET", path, root + "none/events"});
    expect(422, {"GET", path, root + container + "/events?tail=x"});
  }

  expect_secrets();
  expect_registries();

  std::string const cancel = "/deployments/{name}/runs/{id}/cancel";
  expect(409, {"POST", cancel, "/deployments/app/runs/1/cancel"});
  expect(404, {"POST", cancel, "/deployments/app/runs/77/cancel"});
  expect_body_refusals(cancel, "/deployments/app/runs/1/cancel");
  std::string const cancel_all = "/deployments/{name}/cancel";
  expect(409, {"POST", cancel_all, "/deployments/app/cancel"});
  expect(404, {"POST", cancel_all, "/deployments/none/cancel"});
  expect_body_refusals(cancel_all, "/deployments/app/cancel");
  world.hang(test::route::create);
  auto const waiting = ask("POST", "/deployments/app/run").header("Location");
  auto const behind = ask("POST", "/deployments/app/run").header("Location");
  expect(200, {"GET", "/deployments/{name}/runs/{id}", behind});
  expect(202, {"POST", cancel, waiting + "/cancel"});
  expect(202, {"POST", cancel_all, "/deployments/app/cancel"});
  world.let_go(test::route::create);
  ASSERT_TRUE(becomes([&] { return ask("GET", waiting).data().at("finished").as_bool(); }));

  std::string const releases = "/deployments/{name}/releases";
  expect(200, {"GET", releases, "/deployments/app/releases"});
  expect(404, {"GET", releases, "/deployments/none/releases"});
  expect(422, {"GET", releases, "/deployments/app/releases?limit=0"});
  expect(200, {"GET", releases + "/{number}", "/deployments/app/releases/1"});
  expect(404, {"GET", releases + "/{number}", "/deployments/app/releases/77"});
  auto const settles = [&] {
    auto const finished = [&] { return ask("GET", "/deployments/app/runs").data().at(0).at("finished").as_bool(); };
    return becomes(finished);
  };
  ASSERT_EQ(ask("POST", "/deployments/app/run?tag=v2").status, 202);
  ASSERT_TRUE(settles());
  std::string const rollback = "/deployments/{name}/rollback";
  expect(202, {"POST", rollback, "/deployments/app/rollback"});
  ASSERT_TRUE(settles());
  expect(200, {"GET", releases, "/deployments/app/releases"});
  expect(404, {"POST", rollback, "/deployments/app/rollback", R"({"release":77})"});
  expect(409, {"POST", rollback, "/deployments/app/rollback", R"({"release":1})"});
  expect_body_refusals(rollback, "/deployments/app/rollback");
  for (std::string const what : {"stop", "start", "restart"}) {
    std::string const path = "/deployments/{name}/" + what;
    expect(202, {"POST", path, "/deployments/app/" + what});
    ASSERT_TRUE(settles());
    expect(404, {"POST", path, "/deployments/none/" + what});
    expect(409, {"POST", path, "/deployments/one/" + what});
    expect_body_refusals(path, "/deployments/app/" + what);
  }
  std::string const scale = "/deployments/{name}/scale";
  expect(202, {"POST", scale, "/deployments/app/scale", R"({"replicas":2})"});
  ASSERT_TRUE(settles());
  expect(422, {"POST", scale, "/deployments/app/scale", R"({"replicas":21})"});
  expect(404, {"POST", scale, "/deployments/none/scale", R"({"replicas":2})"});
  expect(409, {"POST", scale, "/deployments/one/scale", R"({"replicas":2})"});
  expect_body_refusals(scale, "/deployments/app/scale");

  world.hang(test::route::stop);
  expect(202, {"DELETE", "/deployments/{name}", "/deployments/app?wait=0"});
  expect(409, {"POST", "/deployments/{name}/run", "/deployments/app/run"});
  expect(409, {"PUT", "/deployments/{name}/secrets/{key}", "/deployments/app/secrets/db", R"({"value":"x"})"});
  world.let_go(test::route::stop);
  expect(200, {"DELETE", "/deployments/{name}", "/deployments/one"});
  expect(404, {"DELETE", "/deployments/{name}", "/deployments/none"});
  expect(422, {"DELETE", "/deployments/{name}", "/deployments/none?wait=x"});
  ASSERT_TRUE(becomes([&] { return state->find_deployment(deployment_name{"app"}) == nullptr; }));

  expect_body_refusals("/deployments", "/deployments");
  expect(201, {"POST", "/deployments", "/deployments", some_spec});
  world.down();
  expect(503, {"GET", "/deployments/{name}", "/deployments/app"});
  expect(503, {"POST", "/deployments/{name}/plan", "/deployments/app/plan"});
  expect(503, {"GET", "/containers/{id}/events", "/containers/" + container + "/events"});
  expect(503, {"GET", "/container/{id}/events", "/container/" + container + "/events"});
  ASSERT_TRUE(becomes([&] { return ask_as_stranger("GET", "/readyz").status == 503; }));
  expect(503, {"GET", "/readyz", "/readyz"});

  use({.streams = open_streams::never});
  for (auto const& [path, methods] : told.at("paths").as_object())
    for (auto const& [method, operation] : methods.as_object())
      if (operation.at("responses").as_object().contains("401") && path != "/auth")
        expect(401, {.method = upper(method), .path = path, .target = path, .with_token = false});

  auth->set_login_limit(1);
  for (int tries = 0; tries < 10; ++tries) {
    ask_as_stranger("GET", "/login");
    ask_as_stranger("POST", "/auth", R"({"request_id":"a","token":"b"})");
  }
  expect(429, {"GET", "/login", "/login"});
  expect(429, {"POST", "/auth", "/auth", R"({"request_id":"a","token":"b"})"});

  for (auto const& [path, methods] : told.at("paths").as_object())
    for (auto const& [method, operation] : methods.as_object())
      for (auto const& [status, ignored] : operation.at("responses").as_object()) {
        std::string const name = upper(method) + " " + std::string(path) + " " + std::string(status);
        EXPECT_TRUE(status == "default" || met.contains(name)) << name << " was never met";
      }

  std::set<std::string> documented;
  for (auto const& [path, methods] : told.at("paths").as_object())
    for (auto const& [method, operation] : methods.as_object()) note_properties(operation.at("responses"), documented);
  note_properties(told.at("components").at("schemas"), documented);
  for (auto const& field : documented) EXPECT_TRUE(fields_met.contains(field)) << field << " was never met";
}

}  // namespace
}  // namespace krane
