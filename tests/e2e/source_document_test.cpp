// krane-rest-api.md, paragraph by paragraph: what it shows works as it shows it.
#include <gmock/gmock.h>

#include <regex>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The body of the document's `POST /deployments`, letter by letter.
constexpr char example[] = R"({
  "data": {
    "name": "docker-to-node",
    "config": {
      "registry": "docker.io",
      "image": "davidcasta/docker-to-node",
      "container_port": "8080",
      "host_port": "9002"
    }
  }
}
)";

class source_document : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    host_port_ = documented_host_port();
    example_.replace(example_.find("9002"), 4, std::to_string(host_port_));
  }
  std::string served() { return exchange(endpoint::tcp(host_port_), "GET", "/").body; }

  std::uint16_t host_port_ = 9002;
  std::string example_ = example;

  std::string id_of_the_container() { return server().get("/deployments/docker-to-node").at("/data/containers/0/Id"); }
  void deploy_the_example() {
    ASSERT_EQ(server().post("/deployments", example_).status, 201);
    auto const got = server().run("docker-to-node");
    ASSERT_EQ(got.at("/data/status"), "running") << got.body << server().last_error("docker-to-node");
  }
};

TEST_F(source_document, get_login_returns_a_unique_id_and_phrase) {
  auto const first = exchange(server().where(), "GET", "/login");
  auto const second = exchange(server().where(), "GET", "/login");
  ASSERT_EQ(first.status, 200);
  EXPECT_NE(first.at("/request_id"), second.at("/request_id"));
  EXPECT_NE(first.at("/phrase"), second.at("/phrase"));
  EXPECT_NE(first.at("/phrase"), "(missing)");
  // Released clients read them there.
  EXPECT_EQ(first.at("/data/request_id"), first.at("/request_id"));
  EXPECT_EQ(first.at("/data/phrase"), first.at("/phrase"));
}

TEST_F(source_document, post_auth_takes_the_signed_phrase_and_returns_a_session) {
  auto const challenge = exchange(server().where(), "GET", "/login");
  auto const token = server().key().sign_jws(R"({"phrase":")" + challenge.at("/phrase") + R"("})");
  auto const got =
      exchange(server().where(), "POST", "/auth", {},
               R"({"data": {"request_id": ")" + challenge.at("/request_id") + R"(", "token": ")" + token + R"("}})");
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_NE(got.at("/data/session/id"), "(missing)");
  EXPECT_THAT(got.at("/data/session/token"), StartsWith("krs_"));
  EXPECT_TRUE(std::regex_match(got.at("/data/session/expires_at"), std::regex("[01][0-9]/[0-3][0-9]/20[0-9]{2}")))
      << got.body;
  // "to authenticate subsequent requests"
  auto const list =
      exchange(server().where(), "GET", "/deployments", {{"Authorization", "Bearer " + got.at("/data/session/token")}});
  EXPECT_EQ(list.status, 200) << list.body;
}

TEST_F(source_document, post_auth_takes_a_body_without_data_as_the_released_client_sends_it) {
  auto const challenge = exchange(server().where(), "GET", "/login");
  auto const token = server().key().sign_jws(R"({"phrase":")" + challenge.at("/phrase") + R"("})");
  auto const got = exchange(server().where(), "POST", "/auth", {},
                            R"({"request_id": ")" + challenge.at("/request_id") + R"(", "token": ")" + token + R"("})");
  EXPECT_EQ(got.status, 200) << got.body;
}

TEST_F(source_document, the_routes_marked_yes_take_a_token_and_those_marked_no_do_not) {
  ASSERT_EQ(server().post("/deployments", example_).status, 201);
  struct row {
    char const* method;
    char const* path;
  };
  for (auto const& [method, path] :
       {row{"GET", "/deployments"}, row{"POST", "/deployments"}, row{"POST", "/deployments/docker-to-node/run"},
        row{"GET", "/deployments/docker-to-node"}, row{"DELETE", "/deployments/docker-to-node"},
        row{"GET", "/sessions"}}) {
    auto const got = exchange(server().where(), method, path);
    EXPECT_EQ(got.status, 401) << method << ' ' << path << ' ' << got.body;
    EXPECT_EQ(got.header("www-authenticate"), "Bearer") << path;
  }
  EXPECT_EQ(exchange(server().where(), "GET", "/login").status, 200);
  EXPECT_NE(exchange(server().where(), "POST", "/auth", {}, "{}").status, 404);
  web_socket events(server().where(), "/deployments/docker-to-node/events");
  EXPECT_EQ(events.handshake().status, 101) << events.handshake().body;
  // Open, so the answer is about the container, not about the caller.
  EXPECT_EQ(event_source(server().where(), "/containers/nonesuch/events").status(), 404);
  EXPECT_EQ(server().get("/deployments/docker-to-node").status, 200) << "nothing above may have deleted it";
}

TEST_F(source_document, get_deployments_lists_all_with_name_and_config) {
  for (std::string const name : {"app2", "app1"}) {
    auto const got = server().post(
        "/deployments", R"({"data":{"name":")" + name + R"(","config":{"image":"krane-test/web","tag":"1"}}})");
    ASSERT_EQ(got.status, 201) << got.body;
  }
  auto const got = server().get("/deployments");
  ASSERT_EQ(got.status, 200);
  EXPECT_EQ(got.json().at("data").as_array().size(), 2u);
  EXPECT_EQ(got.at("/data/0/name"), "app1");
  EXPECT_EQ(got.at("/data/1/name"), "app2");
  EXPECT_EQ(got.at("/data/0/config/registry"), "docker.io");
  EXPECT_EQ(got.at("/data/0/config/image"), "krane-test/web");
  EXPECT_EQ(got.at("/data/0/config/tag"), "1");
  EXPECT_EQ(got.at("/data/0/config/container_port"), "");
  EXPECT_EQ(got.at("/data/0/config/host_port"), "");
}

TEST_F(source_document, post_deployments_creates_the_example) {
  auto const got = server().post("/deployments", example_);
  ASSERT_EQ(got.status, 201) << got.body;
  EXPECT_EQ(got.header("location"), "/deployments/docker-to-node");
  EXPECT_EQ(got.at("/success"), "true");
  EXPECT_EQ(got.at("/code"), "201");
  EXPECT_EQ(got.at("/data/name"), "docker-to-node");
  EXPECT_EQ(got.at("/data/config/registry"), "docker.io");
  EXPECT_EQ(got.at("/data/config/image"), "davidcasta/docker-to-node");
  EXPECT_EQ(got.at("/data/config/container_port"), "8080");
  EXPECT_EQ(got.at("/data/config/host_port"), std::to_string(host_port_));
  EXPECT_EQ(server().post("/deployments", example_).status, 200) << "the released client posts on every deploy";
}

TEST_F(source_document, post_run_answers_accepted_at_once_and_the_status_is_in_the_deployment) {
  ASSERT_EQ(server().post("/deployments", example_).status, 201);
  auto const began = std::chrono::steady_clock::now();
  auto const got = server().post("/deployments/docker-to-node/run");
  auto const took = std::chrono::steady_clock::now() - began;
  ASSERT_EQ(got.status, 202) << got.body;
  EXPECT_LT(took, std::chrono::milliseconds(500)) << "it may not wait for the engine";
  EXPECT_NE(got.header("location"), "");
  EXPECT_EQ(got.at("/data/run/deployment"), "docker-to-node");
  EXPECT_EQ(got.at("/data/run/tag"), "latest") << "the tag defaults to latest";
  auto const now = server().settled("docker-to-node");
  EXPECT_EQ(now.at("/data/status"), "running") << now.body;
  EXPECT_EQ(now.at("/data/containers/0/State"), "running");
}

TEST_F(source_document, post_run_takes_the_tag_from_the_query) {
  ASSERT_EQ(server().post("/deployments", example_).status, 201);
  auto const got = server().run("docker-to-node", "?tag=v2");
  EXPECT_EQ(got.at("/data/containers/0/Image"), "docker.io/davidcasta/docker-to-node:v2") << got.body;
  EXPECT_EQ(served(), "Hello from docker-to-node, version 2.0.0\n");
}

TEST_F(source_document, get_deployment_returns_the_template_and_the_engines_containers) {
  deploy_the_example();
  auto const got = server().get("/deployments/docker-to-node");
  EXPECT_EQ(got.at("/data/template/name"), "docker-to-node");
  EXPECT_EQ(got.at("/data/template/config/registry"), "docker.io");
  EXPECT_EQ(got.at("/data/template/config/image"), "davidcasta/docker-to-node");
  EXPECT_EQ(got.at("/data/template/config/container_port"), "8080");
  EXPECT_EQ(got.at("/data/template/config/host_port"), std::to_string(host_port_));

  auto const all = got.json();
  ASSERT_EQ(all.at_pointer("/data/containers").as_array().size(), 1u) << got.body;
  auto const& container = all.at_pointer("/data/containers/0");
  EXPECT_TRUE(std::regex_match(text_at(container, "/Id"), std::regex("[0-9a-f]{64}")));
  EXPECT_TRUE(std::regex_match(text_at(container, "/Names/0"), std::regex("/docker-to-node-[0-9a-f]{8}")));
  EXPECT_EQ(text_at(container, "/Image"), "docker.io/davidcasta/docker-to-node:latest");
  EXPECT_THAT(text_at(container, "/ImageID"), StartsWith("sha256:"));
  EXPECT_EQ(text_at(container, "/Command"), "npm run start");
  EXPECT_TRUE(container.at("Created").is_int64() || container.at("Created").is_uint64());
  bool published = false;
  for (auto const& port : container.at("Ports").as_array())
    published =
        published || (text_at(port, "/IP") == "0.0.0.0" && text_at(port, "/PrivatePort") == "8080" &&
                      text_at(port, "/PublicPort") == std::to_string(host_port_) && text_at(port, "/Type") == "tcp");
  EXPECT_TRUE(published) << text_at(container, "/Ports");
  EXPECT_EQ(text_at(container, "/Labels/deployment.name"), "docker-to-node");
  EXPECT_EQ(text_at(container, "/State"), "running");
  EXPECT_THAT(text_at(container, "/Status"), StartsWith("Up "));
  // "krane" for the first server of an engine, which others of these tests may be.
  auto const network = text_at(container, "/HostConfig/NetworkMode");
  EXPECT_TRUE(std::regex_match(network, std::regex("krane(-[0-9a-f]{8})?"))) << network;
  EXPECT_NE(text_at(container, "/NetworkSettings/Networks/" + network + "/NetworkID"), "(missing)");
  EXPECT_TRUE(std::regex_match(text_at(container, "/NetworkSettings/Networks/" + network + "/IPAddress"),
                               std::regex("[0-9]+(\\.[0-9]+){3}")));
  EXPECT_EQ(text_at(container, "/Mounts"), "[]");

  EXPECT_EQ(served(), "Hello from docker-to-node, version 1.0.0\n");
}

TEST_F(source_document, the_containers_are_the_engines_own_objects) {
  deploy_the_example();
  auto const got = server().get("/deployments/docker-to-node").json();
  auto ours = got.at_pointer("/data/containers/0").as_object();
  auto const list = engine().with_label("krane.run=" + text_at(ours, "/Labels/krane.run"));
  ASSERT_EQ(list.size(), 1u);
  auto theirs = list[0].as_object();
  // The engine words the running time anew each second.
  ours.erase("Status");
  theirs.erase("Status");
  // The front holds the port, and the engine does not know it. Where the machine has IPv6, another entry follows.
  EXPECT_EQ(ours.at("Ports").at(0),
            (boost::json::value{{"IP", "0.0.0.0"},
                                {"PrivatePort", 8080},
                                {"PublicPort", std::stoi(text_at(got, "/data/template/config/host_port"))},
                                {"Type", "tcp"}}));
  ours.erase("Ports");
  theirs.erase("Ports");
  EXPECT_EQ(boost::json::value(ours), boost::json::value(theirs));
}

TEST_F(source_document, the_websocket_sends_live_events_with_timestamp_message_and_deployment) {
  ASSERT_EQ(server().post("/deployments", example_).status, 201);
  web_socket events(server().where(), "/deployments/docker-to-node/events");
  ASSERT_EQ(events.handshake().status, 101) << events.handshake().body;
  ASSERT_EQ(server().post("/deployments/docker-to-node/run").status, 202);
  std::vector<std::string> messages;
  std::uint64_t last = 0;
  while (true) {
    auto const text = events.next(std::chrono::seconds(30));
    ASSERT_TRUE(text) << "after " << testing::PrintToString(messages);
    answer const event{200, {}, *text};
    EXPECT_TRUE(
        std::regex_match(event.at("/Timestamp"), std::regex("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}\\.[0-9]{6}Z")))
        << *text;
    EXPECT_EQ(event.at("/Deployment/Name"), "docker-to-node");
    EXPECT_EQ(event.at("/Deployment/Config/Registry"), "docker.io");
    EXPECT_EQ(event.at("/Deployment/Config/Image"), "davidcasta/docker-to-node");
    EXPECT_EQ(event.at("/Deployment/Config/ContainerPort"), "8080");
    EXPECT_EQ(event.at("/Deployment/Config/HostPort"), std::to_string(host_port_));
    EXPECT_GT(std::stoull(event.at("/Id")), last) << "ids only grow";
    last = std::stoull(event.at("/Id"));
    messages.push_back(event.at("/Message"));
    if (event.at("/Phase") == "done" || event.at("/Level") == "error") break;
  }
  EXPECT_EQ(server().settled("docker-to-node").at("/data/status"), "running");
  EXPECT_THAT(messages, testing::Contains(HasSubstr("docker.io/davidcasta/docker-to-node:latest")));
}

TEST_F(source_document, the_containers_events_are_its_output_under_both_spellings) {
  deploy_the_example();
  for (std::string const root : {"/containers/", "/container/"}) {
    event_source output(server().where(), root + id_of_the_container() + "/events");
    ASSERT_EQ(output.status(), 200) << root;
    EXPECT_EQ(output.head().header("content-type"), "text/event-stream");
    std::vector<std::string> lines;
    while (lines.empty() || lines.back() != "Listening on port 8080") {
      auto const event = output.next();
      ASSERT_TRUE(event) << testing::PrintToString(lines);
      EXPECT_EQ(event->name, "") << "a browser's onmessage gets unnamed events only";
      lines.push_back(event->data);
    }
    EXPECT_THAT(lines, testing::Contains("> docker-to-node@1.0.0 start /app"));
  }
}

TEST_F(source_document, get_sessions_lists_the_sessions_of_the_server) {
  ASSERT_EQ(server().log_in(server().key()).status, 200);
  auto const got = server().get("/sessions");
  ASSERT_EQ(got.status, 200);
  auto const all = got.json();
  auto const& list = all.at("data").as_array();
  ASSERT_EQ(list.size(), 2u) << got.body;
  int in_full = 0;
  for (auto const& one : list) {
    EXPECT_NE(text_at(one, "/id"), "(missing)");
    EXPECT_NE(text_at(one, "/expires_at"), "(missing)");
    if (text_at(one, "/token") == server().token()) {
      ++in_full;
    } else {
      EXPECT_TRUE(std::regex_match(text_at(one, "/token"), std::regex("krs_redacted_[0-9a-f]{8}"))) << got.body;
      auto const tried =
          exchange(server().where(), "GET", "/sessions", {{"Authorization", "Bearer " + text_at(one, "/token")}});
      EXPECT_EQ(tried.status, 401) << "listing may not let one user act as another";
    }
  }
  EXPECT_EQ(in_full, 1);
}

TEST_F(source_document, delete_removes_the_deployment_and_its_docker_resources) {
  deploy_the_example();
  auto const id = id_of_the_container();
  auto const image = text_at(engine().inspect(id), "/Image");
  auto const got = server().remove("/deployments/docker-to-node");
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_FALSE(engine().exists(id));
  if (!engine().uses_image(image)) {
    EXPECT_FALSE(engine().has_image("davidcasta/docker-to-node:latest")) << "no container uses it any more";
  }
  EXPECT_EQ(server().get("/deployments/docker-to-node").status, 404);
  EXPECT_EQ(server().get("/deployments").at("/data"), "[]");
  EXPECT_EQ(server().remove("/deployments/docker-to-node").status, 404);
}

// The document as one story, as a person goes through it.
TEST_F(source_document, works_from_login_to_deletion) {
  deploy_the_example();
  EXPECT_EQ(served(), "Hello from docker-to-node, version 1.0.0\n");
  auto const first = id_of_the_container();
  auto const now = server().run("docker-to-node", "?tag=v2");
  EXPECT_EQ(now.at("/data/status"), "running") << now.body;
  EXPECT_EQ(served(), "Hello from docker-to-node, version 2.0.0\n");
  EXPECT_NE(id_of_the_container(), first);
  EXPECT_FALSE(engine().exists(first)) << "the release before it is removed";
  EXPECT_EQ(now.json().at_pointer("/data/containers").as_array().size(), 1u);
  EXPECT_EQ(server().remove("/deployments/docker-to-node").status, 200);
}

}  // namespace
}  // namespace krane::e2e
