// ssh:// through a real sshd.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "client/http_client.hpp"
#include "client/reason.hpp"
#include "raw_server.hpp"
#include "support/run_coroutine.hpp"
#include "support/ssh_server.hpp"
#include "support/temp_folder.hpp"

namespace krane::client {
namespace {

using testing::HasSubstr;

class over_ssh : public testing::Test {
protected:
  void SetUp() override {
    if (!test::ssh_server::is_possible()) GTEST_SKIP() << "openssh-server is not installed";
    start();
  }
  void TearDown() override { setenv("PATH", path.c_str(), 1); }

  void start(std::string const& more = "") {
    sshd.reset();
    its_folder = folder.path() / ("ssh" + std::to_string(++starts));
    sshd = std::make_unique<test::ssh_server>(its_folder, more);
    setenv("PATH", (sshd->programs() + ":" + path).c_str(), 1);
  }
  endpoint to_server(std::uint16_t port) const {
    return {.type = endpoint::kind::ssh,
            .host = "127.0.0.1",
            .port = sshd->port(),
            .user = sshd->user(),
            .server_port = port};
  }
  result<whole_answer> ask(http_client& by) { return test::run_coroutine(loop, by.call({.target = "/x"})); }

  std::string const path = getenv("PATH");
  test::temp_folder folder;
  std::filesystem::path its_folder;
  int starts = 0;
  asio::io_context loop{1};
  std::unique_ptr<test::ssh_server> sshd;
};

TEST_F(over_ssh, reaches_a_server_that_listens_on_the_loopback_of_that_host) {
  test::raw_server server(loop);
  http_client client(to_server(server.where().port), {});
  for (int i = 0; i < 3; ++i) {
    server.answer(test::http_answer(200, "through ssh"));
    auto const answer = ask(client);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "through ssh");
  }
  EXPECT_EQ(server.connections(), 1) << "one log-in does for many requests";
  EXPECT_THAT(server.requests()[0], HasSubstr("Host: " + server.where().authority() + "\r\n"));
}

TEST_F(over_ssh, says_that_nothing_listens_there) {
  std::uint16_t const closed_port = test::raw_server(loop).where().port;
  http_client client(to_server(closed_port), {});
  auto const answer = ask(client);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, reason::unreachable);
  EXPECT_THAT(answer.error().message,
              HasSubstr("ssh reached the host, but nothing answers there at 127.0.0.1:" + std::to_string(closed_port)));
}

TEST_F(over_ssh, says_that_ssh_was_not_let_in) {
  sshd->forget_key();
  http_client client(to_server(1), {});
  auto const answer = ask(client);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, reason::ssh_failed);
  EXPECT_THAT(answer.error().message, HasSubstr("ssh to 127.0.0.1 failed: "));
  EXPECT_THAT(answer.error().message, HasSubstr("Permission denied (publickey)"));
}

TEST_F(over_ssh, says_that_forwarding_is_off) {
  start("AllowTcpForwarding no\n");
  http_client client(to_server(1), {});
  auto const answer = ask(client);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, reason::ssh_failed);
  EXPECT_THAT(answer.error().message, HasSubstr("AllowTcpForwarding"));
}

TEST_F(over_ssh, says_that_the_host_does_not_answer) {
  auto where = to_server(1);
  where.port = test::raw_server(loop).where().port;
  http_client client(where, {});
  auto const answer = ask(client);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, reason::ssh_failed);
  EXPECT_THAT(answer.error().message, HasSubstr("Connection refused"));
}

TEST_F(over_ssh, says_that_the_host_is_another_than_before) {
  test::raw_server server(loop);
  server.answer(test::http_answer(200, "1"));
  http_client client(to_server(server.where().port), {});
  ASSERT_TRUE(ask(client));
  std::ofstream(its_folder / "known_hosts")
      << "[127.0.0.1]:" << sshd->port()
      << " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE4/Bp+UoKqj5Zc9DrQvmLmGVnIV4iH0K6nOpAyy6Vsi\n";
  http_client later(to_server(server.where().port), {});
  auto const answer = ask(later);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("Host key verification failed"));
}

TEST_F(over_ssh, says_that_there_is_no_ssh) {
  setenv("PATH", (folder / "none").c_str(), 1);
  http_client client(to_server(1), {});
  auto const answer = ask(client);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("cannot run ssh: there is no such program"));
}

}  // namespace
}  // namespace krane::client
