// Streams as clients use them: resuming, ending, and who may read.
#include <gmock/gmock.h>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

class streams : public on_a_real_engine {
protected:
  std::string deploy(std::string const& name, std::string const& config) {
    server().create(name, config);
    auto const now = server().run(name);
    EXPECT_EQ(now.at("/data/status"), "running") << now.body;
    return now.at("/data/containers/0/Id");
  }
  static std::vector<std::string> lines(event_source& from, std::size_t count) {
    std::vector<std::string> out;
    while (out.size() < count) {
      auto const event = from.next();
      if (!event) break;
      if (event->name.empty()) out.push_back(event->data);
    }
    return out;
  }
};

TEST_F(streams, output_starts_with_the_last_50_lines_and_goes_on_live) {
  auto const id = deploy(fresh("tail"), R"("image":"krane-test/lines","tag":"burst")");
  event_source standard(server().where(), "/containers/" + id + "/events");
  EXPECT_EQ(lines(standard, 50).size(), 50u);
  EXPECT_FALSE(standard.next(std::chrono::milliseconds(300))) << "50, and then it waits for more";
  EXPECT_FALSE(standard.ended());
  event_source three(server().where(), "/containers/" + id + "/events?tail=3&follow=false");
  EXPECT_EQ(lines(three, 4).size(), 3u);
  EXPECT_TRUE(three.ended() || !three.next());
}

TEST_F(streams, output_resumes_after_the_last_event_id_without_gap_or_double) {
  auto const id = deploy(fresh("resume"), R"("image":"krane-test/lines")");
  std::vector<std::string> seen;
  std::string last;
  for (int round = 0; round < 4; ++round) {
    event_source output(server().where(), "/containers/" + id + "/events?tail=all",
                        last.empty() ? fields{} : fields{{"Last-Event-ID", last}});
    for (int i = 0; i < 7; ++i) {
      auto const event = output.next();
      ASSERT_TRUE(event);
      last = event->id;
      if (event->data.starts_with("out ")) seen.push_back(event->data);
    }
  }
  ASSERT_FALSE(seen.empty());
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], "out " + std::to_string(i + 1));
}

TEST_F(streams, output_ends_with_the_exit_code_when_the_container_is_removed) {
  auto const name = fresh("ends");
  auto const id = deploy(name, R"("image":"krane-test/sleep")");
  event_source output(server().where(), "/containers/" + id + "/events");
  ASSERT_EQ(lines(output, 1), std::vector<std::string>{"sleeping"});
  ASSERT_EQ(server().remove("/deployments/" + name).status, 200);
  std::optional<sse_event> last;
  while (auto event = output.next()) last = event;
  ASSERT_TRUE(last);
  EXPECT_EQ(last->name, "end");
  EXPECT_TRUE(output.ended());
}

TEST_F(streams, a_request_that_came_through_a_proxy_needs_a_token) {
  auto const name = fresh("proxy");
  auto const id = deploy(name, R"("image":"krane-test/sleep")");
  fields const proxied = {{"X-Forwarded-For", "203.0.113.9"}};
  EXPECT_EQ(web_socket(server().where(), "/deployments/" + name + "/events", proxied).handshake().status, 401);
  EXPECT_EQ(event_source(server().where(), "/containers/" + id + "/events", proxied).status(), 401);
  auto const with_token = "?access_token=" + server().token();
  EXPECT_EQ(web_socket(server().where(), "/deployments/" + name + "/events" + with_token, proxied).handshake().status,
            101);
  EXPECT_EQ(event_source(server().where(), "/containers/" + id + "/events" + with_token, proxied).status(), 200);
  fields by_protocol = proxied;
  by_protocol.emplace_back("Sec-WebSocket-Protocol", "bearer." + server().token());
  web_socket const by_subprotocol(server().where(), "/deployments/" + name + "/events", by_protocol);
  EXPECT_EQ(by_subprotocol.handshake().status, 101);
  EXPECT_EQ(by_subprotocol.handshake().header("sec-websocket-protocol"), "bearer." + server().token());
}

TEST_F(streams, events_of_a_finished_run_are_a_page_a_stream_and_frames_alike) {
  auto const name = fresh("forms");
  deploy(name, R"("image":"krane-test/sleep")");
  auto const page = server().events(name);
  ASSERT_FALSE(page.empty());
  web_socket socket(server().where(), "/deployments/" + name + "/events?since=0");
  event_source stream(server().where(), "/deployments/" + name + "/events?since=0");
  for (auto const& wanted : page) {
    auto const text = socket.next();
    ASSERT_TRUE(text);
    EXPECT_EQ((answer{200, {}, *text}.json()), wanted);
    auto const event = stream.next();
    ASSERT_TRUE(event);
    EXPECT_EQ((answer{200, {}, event->data}.json()), wanted);
  }
}

TEST_F(streams, a_revoked_session_ends_its_streams) {
  auto const name = fresh("revoked");
  auto const id = deploy(name, R"("image":"krane-test/lines")");
  auto const other = server().log_in(server().key());
  event_source output(
      server().where(), "/containers/" + id + "/events",
      {{"Authorization", "Bearer " + other.at("/data/session/token")}, {"X-Forwarded-For", "203.0.113.9"}});
  ASSERT_EQ(output.status(), 200);
  ASSERT_TRUE(output.next());
  ASSERT_LT(server().remove("/sessions/" + other.at("/data/session/id")).status, 300);
  auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!output.ended() && std::chrono::steady_clock::now() < until) output.next(std::chrono::milliseconds(200));
  EXPECT_TRUE(output.ended());
}

}  // namespace
}  // namespace krane::e2e
