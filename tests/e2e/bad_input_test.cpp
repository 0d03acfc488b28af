// Bad input gets its status and one clear sentence, and changes nothing.
#include <gmock/gmock.h>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;

// {"data":{"name":…,"config":{…}}} with the parts as JSON texts.
std::string body_with(std::string const& name, std::string const& config) {
  return R"({"data":{"name":)" + name + R"(,"config":)" + config + "}}";
}

class bad_input : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    server().create("kept", R"("image":"krane-test/sleep","container_port":"8080","host_port":"9011")");
    before_ = server().get("/deployments").body;
  }
  void TearDown() override {
    if (server_) {
      EXPECT_EQ(server().get("/deployments").body, before_) << "bad input may change nothing";
    }
    on_a_real_engine::TearDown();
  }

  // The error's detail for a path; "" when there is none.
  static std::string detail(answer const& got, std::string const& path) {
    boost::system::error_code failed;
    auto const all = got.json();
    auto const* list = all.find_pointer("/data/details", failed);
    if (list == nullptr) return "";
    for (auto const& one : list->as_array())
      if (text_at(one, "/path") == path) return text_at(one, "/error");
    return "";
  }

  void expect_error(answer const& got, int status, std::string const& what) {
    EXPECT_EQ(got.status, status) << what << ": " << got.body;
    if (got.status != status) return;
    EXPECT_EQ(got.at("/success"), "false") << what;
    EXPECT_EQ(got.at("/code"), std::to_string(status)) << what;
    EXPECT_GT(got.error().size(), 8u) << what << ": " << got.body;
    EXPECT_NE(got.reason(), "(missing)") << what;
    EXPECT_NE(got.header("x-request-id"), "") << what;
  }

private:
  std::string before_;
};

TEST_F(bad_input, what_is_not_json_is_400) {
  for (std::string const body : {"", "{", "hello", "{\"data\": }", "{\"data\":{}} trailing", "{\"a\":1,\"a\":2}",
                                 "{\"name\":\"\xff\xfe\"}", "'single'", "[1,2"})
    expect_error(server().post("/deployments", body), 400, "body: " + body);
}

TEST_F(bad_input, a_body_that_is_no_object_or_of_wrong_types_is_422_with_each_path) {
  expect_error(server().post("/deployments", "[]"), 422, "a list");
  expect_error(server().post("/deployments", R"({"data":7})"), 422, "data is a number");
  auto const got = server().post("/deployments", body_with("5", R"({"image":["a"],"tag":{},"registry":true})"));
  expect_error(got, 422, "wrong types");
  for (std::string const path : {"name", "config.image", "config.tag", "config.registry"})
    EXPECT_NE(detail(got, path), "") << path << ": " << got.body;
}

TEST_F(bad_input, unknown_fields_are_named_with_the_nearest_known_one) {
  auto const got = server().post("/deployments", body_with(R"("x")", R"({"imgae":"krane-test/web","image":"a/b"})"));
  expect_error(got, 422, "imgae");
  EXPECT_THAT(detail(got, "config.imgae"), HasSubstr("image")) << got.body;
  auto const far = server().post("/deployments", R"({"data":{"name":"x","config":{"image":"a/b"},"zzz":1}})");
  expect_error(far, 422, "zzz");
  EXPECT_NE(detail(far, "zzz"), "") << far.body;
}

TEST_F(bad_input, bad_names_are_422) {
  std::string const too_long(64, 'a');
  for (std::string const& name : std::vector<std::string>{"", "Upper", "-x", "x-", "a b", "a/b", "../x", "ümlaut",
                                                          "x\\u0000y", too_long, "a.b", "_"})
    expect_error(server().post("/deployments", body_with("\"" + name + "\"", R"({"image":"krane-test/web"})")), 422,
                 "name: " + name);
}

TEST_F(bad_input, bad_references_and_tags_are_422) {
  for (std::string const image : {"", "UPPER/x", "a//b", "/a", "a/", "a:b:c", "a@sha256:12", "http://a/b", "a b"})
    expect_error(server().post("/deployments", body_with(R"("x")", R"({"image":")" + image + R"("})")), 422,
                 "image: " + image);
  std::string const too_long(129, 'a');
  for (std::string const& tag : std::vector<std::string>{"-x", ".x", "a/b", "a b", too_long})
    expect_error(server().post("/deployments", body_with(R"("x")", R"({"image":"a/b","tag":")" + tag + R"("})")), 422,
                 "tag: " + tag);
  for (std::string const registry : {"http://docker.io", "a/b", "a:99999", "a b", "-"})
    expect_error(
        server().post("/deployments", body_with(R"("x")", R"({"image":"a/b","registry":")" + registry + R"("})")), 422,
        "registry: " + registry);
  expect_error(server().post("/deployments/kept/run?tag=-no"), 422, "the run's tag");
}

TEST_F(bad_input, bad_ports_are_422) {
  for (std::string const port : {R"("0")", R"("65536")", R"("80-90")", R"("-1")", R"("http")", R"(" 80")", R"("080x")",
                                 R"("8080/tcp")", "0", "70000", "80.5", "-3", "true", "[80]"}) {
    expect_error(server().post("/deployments", body_with(R"("x")", R"({"image":"a/b","container_port":)" + port + "}")),
                 422, "container_port: " + port);
    expect_error(
        server().post("/deployments",
                      body_with(R"("x")", R"({"image":"a/b","container_port":"80","host_port":)" + port + "}")),
        422, "host_port: " + port);
  }
  auto const got = server().post("/deployments", body_with(R"("x")", R"({"image":"a/b","host_port":"9003"})"));
  expect_error(got, 422, "host_port without container_port");
  EXPECT_THAT(got.body, HasSubstr("container_port"));
}

TEST_F(bad_input, every_fault_comes_in_one_answer_with_its_path) {
  auto const got = server().post(
      "/deployments",
      body_with(R"("Bad Name")",
                R"({"registry":"http://x","image":"UP","tag":"-","container_port":"0","host_port":"x"})"));
  expect_error(got, 422, "everything wrong");
  for (std::string const path :
       {"name", "config.registry", "config.image", "config.tag", "config.container_port", "config.host_port"})
    EXPECT_NE(detail(got, path), "") << path << ": " << got.body;
}

// Each of these reached the engine once, or a row that could not be read again.
TEST_F(bad_input, values_that_the_engine_or_the_store_must_not_see_are_422_with_their_path) {
  struct row {
    char const* fields;
    char const* path;
  };
  for (auto const& [fields, path] : {
           row{R"("command":"a\u0000b")", "config.command[0]"},
           row{R"("entrypoint":"a\u0000b")", "config.entrypoint[0]"},
           row{R"("healthcheck":{"test":"a\u0000b"})", "config.healthcheck.test[1]"},
           row{R"("healthcheck":{"command":"a\u0000b"})", "config.healthcheck.test[1]"},
           row{R"("environment":{"A\nB":"1"})", "config.environment"},
           row{R"("working_dir":"/../../x")", "config.working_dir"},
           row{R"("labels":{"com.docker.compose.project":"x"})", "config.labels.com.docker.compose.project"},
           row{R"("tmpfs":["/x:huge=always"])", "config.tmpfs[0]"},
           row{R"("logging":{"driver":"syslog","options":{"syslog-address":"tcp://127.0.0.1:6379"}})",
               "config.logging.driver"},
           row{R"("logging":{"driver":"json-file","options":{"tag":"a\r\nSET a b"}})", "config.logging.options.tag"},
       }) {
    auto const got =
        server().post("/deployments", body_with(R"("x")", R"({"image":"krane-test/web",)" + std::string(fields) + "}"));
    expect_error(got, 422, fields);
    EXPECT_NE(detail(got, path), "") << got.body;
  }
}

TEST_F(bad_input, a_host_port_that_another_deployment_holds_is_409_naming_it) {
  auto const got = server().post(
      "/deployments", body_with(R"("other")", R"({"image":"a/b","container_port":"80","host_port":"9011"})"));
  expect_error(got, 409, "host_port");
  EXPECT_THAT(got.error(), HasSubstr("kept"));
}

TEST_F(bad_input, what_is_not_there_is_404_and_a_wrong_method_is_405_with_allow) {
  expect_error(server().get("/deployments/nonesuch"), 404, "get");
  expect_error(server().post("/deployments/nonesuch/run"), 404, "run");
  expect_error(server().remove("/deployments/nonesuch"), 404, "delete");
  expect_error(server().get("/deployments/nonesuch/events"), 404, "events");
  expect_error(server().get("/nonesuch"), 404, "path");
  expect_error(server().get("/deployments/..%2f..%2fetc%2fpasswd"), 404, "escaped slashes");
  auto const got = server().call("PATCH", "/deployments");
  expect_error(got, 405, "PATCH");
  EXPECT_THAT(got.header("allow"), HasSubstr("GET"));
  EXPECT_THAT(got.header("allow"), HasSubstr("POST"));
}

TEST_F(bad_input, another_content_type_is_415) {
  expect_error(server().call("POST", "/deployments", "name=x", {{"Content-Type", "application/x-www-form-urlencoded"}}),
               415, "a form");
}

TEST_F(bad_input, tokens_of_every_wrong_kind_are_401_with_the_same_words) {
  std::string const good = server().token();
  std::string words;
  for (std::string const& header :
       std::vector<std::string>{"Bearer", "Bearer ", "Bearer undefined", "Bearer null", "Basic dXNlcjpwYXNz", good,
                                "bearer" + good, "Bearer " + good + "x", "Bearer " + good.substr(0, good.size() - 1),
                                "Bearer krs_", "Bearer " + std::string(4000, 'a'), "Bearer eyJhbGciOiJub25lIn0.e30."}) {
    auto const got = exchange(server().where(), "GET", "/deployments", {{"Authorization", header}});
    expect_error(got, 401, header.substr(0, 60));
    EXPECT_EQ(got.header("www-authenticate"), "Bearer");
    auto const said = got.at("/data");
    if (words.empty()) words = said;
    EXPECT_EQ(said, words) << header;
  }
}

TEST_F(bad_input, a_body_over_1_mib_is_413_and_an_endless_one_is_not_read_to_its_end) {
  std::string const big = R"({"data":{"name":")" + std::string(1100 * 1024, 'a') + R"("}})";
  auto const got = answer_to_bytes(
      server().where(), "POST /deployments HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server().port()) +
                            "\r\nAuthorization: Bearer " + server().token() +
                            "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(big.size()) +
                            "\r\n\r\n" + big);
  expect_error(got, 413, "big");
  std::string endless;
  for (int i = 0; i < 40; ++i) endless += "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  auto const chunked = answer_to_bytes(
      server().where(), "POST /deployments HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server().port()) +
                            "\r\nAuthorization: Bearer " + server().token() +
                            "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + endless);
  expect_error(chunked, 413, "endless chunks");
}

TEST_F(bad_input, deep_nesting_is_refused) {
  auto const got = server().post("/deployments", std::string(5000, '[') + std::string(5000, ']'));
  EXPECT_TRUE(got.status == 400 || got.status == 422) << got.body;
}

TEST_F(bad_input, requests_that_are_no_http_are_400) {
  auto const host = "Host: 127.0.0.1:" + std::to_string(server().port()) + "\r\n";
  for (std::string const& bytes : std::vector<std::string>{
           std::string("hello\r\n\r\n"), "GET /login HTTP/1.1\r\n" + host + " folded: x\r\n\r\n",
           "POST /auth HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
           "POST /auth HTTP/1.1\r\n" + host + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST /auth HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n-2\r\n\r\n",
           "GET /login HTTP/1.1\r\n" + host + "Bad Name: x\r\n\r\n", "GET  /login HTTP/1.1\r\n" + host + "\r\n",
           std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8) + "\r\n\r\n"}) {
    auto const got = answer_to_bytes(server().where(), bytes);
    EXPECT_EQ(got.status, 400) << bytes;
  }
}

TEST_F(bad_input, a_header_over_16_kib_or_of_101_fields_is_431) {
  auto const host = "Host: 127.0.0.1:" + std::to_string(server().port()) + "\r\n";
  auto const long_one = answer_to_bytes(
      server().where(), "GET /login HTTP/1.1\r\n" + host + "X: " + std::string(20000, 'a') + "\r\n\r\n");
  EXPECT_EQ(long_one.status, 431) << long_one.body;
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  auto const got = answer_to_bytes(server().where(), "GET /login HTTP/1.1\r\n" + host + many + "\r\n");
  EXPECT_EQ(got.status, 431) << got.body;
}

TEST_F(bad_input, a_truncated_request_costs_only_its_connection) {
  auto const host = "Host: 127.0.0.1:" + std::to_string(server().port()) + "\r\n";
  answer_to_bytes(
      server().where(),
      "POST /auth HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"da", true);
  answer_to_bytes(server().where(), "GET /log", true);
  EXPECT_EQ(exchange(server().where(), "GET", "/login").status, 200);
}

TEST_F(bad_input, a_host_that_is_not_ours_is_refused) {
  auto const got = exchange(server().where(), "GET", "/login", {{"Host", "evil.example"}});
  EXPECT_TRUE(got.status == 403 || got.status == 421) << got.status << got.body;
  auto const browser = exchange(server().where(), "GET", "/login", {{"Origin", "http://evil.example"}});
  EXPECT_EQ(browser.status, 403) << browser.body;
}

TEST_F(bad_input, an_internal_path_or_stack_never_shows) {
  for (auto const& got :
       {server().get("/nonesuch"), server().post("/deployments", "{"), server().get("/deployments/x")}) {
    EXPECT_THAT(got.body, testing::Not(HasSubstr(server().folder())));
    EXPECT_THAT(got.body, testing::Not(HasSubstr(".cpp")));
  }
}

}  // namespace
}  // namespace krane::e2e
