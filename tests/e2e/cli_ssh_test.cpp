// All of a deployment's life through a real sshd, to a server that listens on its loopback only.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"
#include "support/ssh_server.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class cli_ssh : public on_a_real_engine {
protected:
  void SetUp() override {
    if (!test::ssh_server::is_possible()) GTEST_SKIP() << "openssh-server is not installed";
    on_a_real_engine::SetUp();
    if (!server_) return;
    sshd = std::make_unique<test::ssh_server>(place.path() / "ssh");
    ada.has_key(server().key());
    ada.sets("PATH", sshd->programs() + ":" + getenv("PATH"));
  }
  std::string url() const {
    return "ssh://" + sshd->user() + "@127.0.0.1:" + std::to_string(sshd->port()) + "/" +
           std::to_string(server_->port());
  }
  void log_in() {
    auto const said = ada.types({"login", url()});
    ASSERT_EQ(said.status, 0) << said.all();
  }
  person::said does(person::words const& line) {
    auto said = ada.types(line);
    EXPECT_EQ(said.status, 0) << said.all();
    return said;
  }

  test::temp_folder place;
  std::unique_ptr<test::ssh_server> sshd;
  person ada;
};

TEST_F(cli_ssh, carries_a_deployment_from_nothing_to_running_and_back_to_nothing) {
  auto const name = fresh("far");
  auto const in = does({"login", url()});
  EXPECT_THAT(in.out, StartsWith("Logged in to " + url() + " as tester with "));
  EXPECT_THAT(does({"context", "show"}).out, HasSubstr(url()));
  EXPECT_THAT(does({"deploy", name, "--image", "krane-test/lines", "--tag", "burst"}).out, StartsWith(name + " runs "));
  EXPECT_THAT(does({"ls", "-o", "name"}).out, HasSubstr(name + "\n"));
  EXPECT_THAT(does({"status", name}).out, HasSubstr("running"));
  EXPECT_THAT(does({"logs", name, "--tail", "2"}).out, Not(IsEmpty()));
  EXPECT_THAT(does({"events", name}).out, HasSubstr(name));
  EXPECT_THAT(does({"history", name}).out, HasSubstr("serving"));
  EXPECT_THAT(does({"whoami"}).out, HasSubstr("tester"));
  does({"rm", "-y", name});
  EXPECT_EQ(ada.types({"status", name}).status, 3);
  does({"logout"});
  EXPECT_EQ(ada.types({"ls"}).status, 4);
}

TEST_F(cli_ssh, is_not_broken_by_control_c_at_the_terminal) {
  log_in();
  auto const name = fresh("stopped");
  auto const screen = ada.sits_at({"deploy", name, "--image", "krane-test/deaf", "--port", "8080"});
  ASSERT_TRUE(screen->shows("check")) << screen->output();
  screen->presses_control_c();
  ASSERT_TRUE(screen->shows("run 1 of " + name + " goes on")) << screen->output();
  EXPECT_EQ(screen->wait(), 130);
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/run/finished"), "false");
  EXPECT_EQ(ada.types({"cancel", name}).status, 0) << "and its connection does as well as before";
}

TEST_F(cli_ssh, lets_ssh_ask_for_its_passphrase_at_the_terminal) {
  log_in();
  sshd->lock_key("so secret");
  auto const screen = ada.sits_at({"ls"});
  ASSERT_TRUE(screen->shows("passphrase")) << screen->output();
  screen->types("so secret\n");
  EXPECT_EQ(screen->wait(), 0) << screen->output();
  EXPECT_THAT(screen->output(), Not(HasSubstr("so secret")));
}

TEST_F(cli_ssh, says_in_one_sentence_what_stands_in_the_way) {
  log_in();
  server().stop();
  auto const down = ada.types({"ls"});
  EXPECT_EQ(down.status, 6) << down.all();
  EXPECT_THAT(down.err, HasSubstr("ssh reached the host, but nothing answers there at 127.0.0.1:"));
  sshd->forget_key();
  auto const refused = ada.types({"ls"});
  EXPECT_EQ(refused.status, 6) << refused.all();
  EXPECT_THAT(refused.err, StartsWith("krane: ssh to 127.0.0.1 failed: "));
  EXPECT_THAT(refused.err, HasSubstr("Permission denied (publickey)"));
  server().start();
}

TEST_F(cli_ssh, leaves_no_ssh_running) {
  log_in();
  auto const name = fresh("lines");
  does({"deploy", name, "--image", "krane-test/lines"});
  auto const follower = ada.starts({"logs", name, "-f"}, ada.file("out"), ada.file("err"));
  ASSERT_TRUE(eventually([&] { return !read_file(ada.file("out")).empty(); })) << read_file(ada.file("err"));
  auto const ours = [&] {
    return run({"pgrep", "-f", "-c", "--", "-W 127.0.0.1:" + std::to_string(server().port())}, {}).output;
  };
  EXPECT_NE(ours(), "0\n");
  follower->signal(SIGKILL);
  follower->wait(std::chrono::seconds(5));
  EXPECT_TRUE(eventually([&] { return ours() == "0\n"; })) << ours();
}

}  // namespace
}  // namespace krane::e2e
