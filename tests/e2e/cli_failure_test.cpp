// What goes wrong between krane and a server: one sentence, the next step, and an exit code; never a stack or raw JSON.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// Gives every request the same answer.
class rude_server {
public:
  rude_server(int status, std::string const& data) {
    std::string const body = std::string(R"({"success":)") + (status < 300 ? "true" : "false") + R"(,"code":)" +
                             std::to_string(status) + R"(,"data":)" + data + "}";
    answer_ = "HTTP/1.1 " + std::to_string(status) +
              " As It Is\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\nConnection: close\r\n\r\n" + body;
    sockaddr_in at{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof at;
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    answers_ = std::thread([this] { run(); });
  }
  ~rude_server() {
    shutdown(listener_, SHUT_RDWR);
    answers_.join();
    close(listener_);
  }
  rude_server(rude_server const&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
  void run() const {
    for (int one = accept(listener_, nullptr, nullptr); one >= 0; one = accept(listener_, nullptr, nullptr)) {
      std::array<char, 8192> asked;
      if (recv(one, asked.data(), asked.size(), 0) > 0) (void)send(one, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      close(one);
    }
  }

  std::string answer_;
  int listener_ = -1;
  int port_ = 0;
  std::thread answers_;
};

class cli_failure : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    ada.sets("KRANE_TOKEN", "krs_of_nobody");
  }
  person::said lists(std::string const& endpoint) { return ada.types({"ls"}, {{"KRANE_ENDPOINT", endpoint}}); }
  static void is_a_sentence_and_a_step(person::said const& said) {
    EXPECT_THAT(said.out, IsEmpty());
    EXPECT_THAT(said.err, StartsWith("krane: "));
    EXPECT_THAT(said.err, HasSubstr("\n  next: krane ")) << said.err;
    EXPECT_EQ(std::ranges::count(said.err, '\n'), 2) << said.err;
    EXPECT_THAT(said.err, Not(HasSubstr("{")));
    EXPECT_THAT(said.err, Not(HasSubstr("<")));
  }

  person ada;
};

TEST_F(cli_failure, a_server_that_is_down) {
  auto const said = lists("http://127.0.0.1:" + std::to_string(free_port()));
  EXPECT_EQ(said.status, 6);
  is_a_sentence_and_a_step(said);
  EXPECT_THAT(said.err, HasSubstr("connection refused"));
}

TEST_F(cli_failure, a_host_that_does_not_exist) {
  auto const said = lists("http://no-such-host.invalid:8080");
  EXPECT_EQ(said.status, 6);
  is_a_sentence_and_a_step(said);
  EXPECT_THAT(said.err, HasSubstr("no-such-host.invalid"));
}

TEST_F(cli_failure, a_unix_socket_that_is_not_there) {
  auto const said = lists("unix:///no/such/socket");
  EXPECT_EQ(said.status, 6);
  is_a_sentence_and_a_step(said);
}

TEST_F(cli_failure, another_program_on_that_port) {
  // The registry speaks HTTP, and is no krane server.
  auto const said = lists("http://" + docker::registry());
  EXPECT_EQ(said.status, 6);
  is_a_sentence_and_a_step(said);
  EXPECT_THAT(said.err, HasSubstr("no krane server"));
}

TEST_F(cli_failure, tls_where_there_is_none) {
  auto const said = lists("https://127.0.0.1:" + std::to_string(server().port()));
  EXPECT_EQ(said.status, 6);
  is_a_sentence_and_a_step(said);
}

TEST_F(cli_failure, a_session_that_is_over) {
  auto const said = lists(server().url());
  EXPECT_EQ(said.status, 4);
  is_a_sentence_and_a_step(said);
  EXPECT_THAT(said.err, EndsWith("next: krane login " + server().url() + "\n"));
}

TEST_F(cli_failure, an_engine_that_is_down) {
  krane_server lonely(
      {.engine = "unix:///no/such/docker.sock", .environment = {}, .arguments = {}, .wait_until_ready = false});
  lonely.create("web", R"("image":"a/b")");
  auto said = ada.types({"status", "web"}, {{"KRANE_ENDPOINT", lonely.url()}, {"KRANE_TOKEN", lonely.token()}});
  EXPECT_EQ(said.status, 1) << "the server was reached";
  EXPECT_THAT(said.out, StartsWith("web: idle\n")) << "what it knows by itself";
  said.out.clear();
  is_a_sentence_and_a_step(said);
  EXPECT_THAT(said.err, HasSubstr("engine"));
}

TEST_F(cli_failure, a_command_line_that_is_wrong) {
  auto const said = ada.types({"satus", "web"});
  EXPECT_EQ(said.status, 2);
  EXPECT_EQ(said.err, "krane: \"krane satus\" is no command; was \"krane status\" meant?\n");
  EXPECT_EQ(ada.types({"status"}).status, 2);
  EXPECT_EQ(ada.types({"--endpoint", "x", "ls"}).status, 2);
  EXPECT_EQ(ada.types({"ls", "--context", "nowhere"}).status, 3);
}

TEST_F(cli_failure, help_is_no_failure) {
  for (auto const& line : std::vector<person::words>{{}, {"--help"}, {"help", "deploy"}, {"deploy", "-h"}}) {
    auto const said = ada.types(line);
    EXPECT_EQ(said.status, 0);
    EXPECT_THAT(said.out, HasSubstr("Usage: krane "));
    EXPECT_THAT(said.err, IsEmpty());
  }
}

TEST_F(cli_failure, the_program_needs_nothing_but_openssl_and_the_runtime) {
  auto const said = run({"ldd", program_folder() + "/krane"});
  if (said.status != 0) GTEST_SKIP() << "no ldd here, or a build with sanitizers of its own";
  for (auto const* const library : {"boost", "fmt", "spdlog", "yaml", "sqlite", "sodium"})
    EXPECT_THAT(said.output, Not(HasSubstr(library)));
}

TEST_F(cli_failure, a_rude_server_has_no_power_over_the_terminal) {
  std::string const rude = R"(\u001b]52;c;aGk=\u0007\u001b[2J\u009b2J\u202e)";
  std::string const listed = R"([{"name":"web)" + rude + R"(","config":{"registry":"docker.io","image":"a)" + rude +
                             R"(","tag":"","container_port":"","host_port":""},"status":"running)" + rude + R"("}])";
  rude_server const lists_things(200, listed);
  rude_server const refuses(404, R"({"error":"no such thing)" + rude + R"(","reason":"not_found)" + rude + R"("})");
  struct typed {
    person::words line;
    std::string to;
  };
  for (auto const& [line, to] :
       {typed{{"ls"}, lists_things.url()}, typed{{"ls", "-o", "json"}, lists_things.url()},
        typed{{"ls", "-o", "yaml"}, lists_things.url()}, typed{{"ls", "-o", "name"}, lists_things.url()},
        typed{{"ls"}, refuses.url()}, typed{{"status", "web", "--verbose"}, refuses.url()},
        typed{{"logs", "web"}, refuses.url()}}) {
    auto const screen = ada.sits_at(line, {}, {{"KRANE_ENDPOINT", to}});
    ASSERT_TRUE(screen->wait()) << screen->output();
    EXPECT_THAT(screen->output(), HasSubstr("]52;c;aGk=")) << line.front();
    EXPECT_THAT(screen->output(), Not(HasSubstr("\x1b]"))) << line.front();
    EXPECT_THAT(screen->output(), Not(HasSubstr("\x1b[2J"))) << line.front();
    EXPECT_THAT(screen->output(), Not(HasSubstr("\xC2\x9B"))) << line.front();
    EXPECT_THAT(screen->output(), Not(HasSubstr("\xE2\x80\xAE"))) << line.front();
  }
}

}  // namespace
}  // namespace krane::e2e
