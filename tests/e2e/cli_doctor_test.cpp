// krane doctor: what it finds, and that it names a way out of each trouble.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"
#include "support/scripted_engine.hpp"

namespace krane::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class cli_doctor : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    ada.has_key(server().key());
    auto const said = ada.types({"login", server().url()});
    ASSERT_EQ(said.status, 0) << said.all();
  }
  person ada;
};

TEST_F(cli_doctor, finds_all_well) {
  auto const port = free_port();
  auto const name = fresh("web");
  server().create(
      name, R"("image":"krane-test/web","tag":"1","container_port":"8080","host_port":")" + std::to_string(port) + '"');
  server().run(name);
  auto const said = ada.types({"doctor"});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_THAT(said.out, Not(HasSubstr("FAIL")));
  for (std::string const line :
       {"ok   contexts  1 known", "ok   keys      can sign a login: ", "ok   server    http://", "ok   version   ",
        "ok   clock     ", "ok   session   it ends in ", "ok   access    1 key may log in",
        "ok   store     takes changes", "ok   engine    Docker Engine "})
    EXPECT_THAT("\n" + said.out, HasSubstr("\n" + line));
  EXPECT_THAT("\n" + said.out, ContainsRegex("\n(ok  |warn) disk +.* for state, in " + server().state_folder()));
  EXPECT_THAT(said.out, HasSubstr("ports     answering at 127.0.0.1: " + std::to_string(port) + " (" + name + ")"));
  server().remove("/deployments/" + name);
}

TEST_F(cli_doctor, says_that_the_server_is_down) {
  server().stop();
  auto const said = ada.types({"doctor"});
  EXPECT_EQ(said.status, 6) << said.all();
  EXPECT_THAT(said.out, ContainsRegex("FAIL server +no krane server can be reached at .*; to mend it: .*krane-server"));
}

TEST_F(cli_doctor, says_that_something_else_listens_there) {
  silent_listener const strange(0);
  auto const said = ada.types({"doctor"}, {{"KRANE_ENDPOINT", "http://" + engine().registry()}});
  EXPECT_NE(said.status, 0);
  EXPECT_THAT(said.out, ContainsRegex("FAIL server +.*no krane server"));
}

TEST_F(cli_doctor, says_that_nobody_is_logged_in_and_how_to) {
  ASSERT_EQ(ada.types({"logout"}).status, 0);
  auto const said = ada.types({"doctor"});
  EXPECT_EQ(said.status, 1) << said.all();
  EXPECT_THAT(said.out, HasSubstr("FAIL session   nobody is logged in to " + server().url() +
                                  "; to mend it: krane login " + server().url() + "\n"));
  EXPECT_THAT(said.out, HasSubstr("ok   ready     "));
}

TEST_F(cli_doctor, says_that_the_engine_does_not_answer) {
  krane_server alone(server_options{
      .engine = "unix:///nonexistent/engine.sock", .environment = {}, .arguments = {}, .wait_until_ready = false});
  ASSERT_EQ(ada.types({"login", alone.url()}).status, 0);
  auto const said = ada.types({"doctor", "-o", "name"});
  EXPECT_EQ(said.status, 1) << said.all();
  EXPECT_EQ(said.out, "store\nengine\n") << "recovery waits for the engine";
  EXPECT_THAT(ada.types({"doctor"}).out, ContainsRegex("FAIL engine +.*; to mend it: .*systemctl status docker"));
}

TEST_F(cli_doctor, says_that_nothing_answers_at_a_host_port) {
  // An engine whose containers run, and whose published ports lead nowhere.
  test::scripted_engine broken;
  broken.registry_has("docker.io/krane-test/web:latest", {.listens = {8080}});
  krane_server alone(server_options{.engine = broken.address(), .environment = {}, .arguments = {}});
  auto const port = std::to_string(free_port());
  alone.create("web",
               R"("image":"krane-test/web","container_port":"8080","publish":"engine","host_port":")" + port + '"');
  ASSERT_EQ(alone.run("web").at("/data/status"), "running");
  ASSERT_EQ(ada.types({"login", alone.url()}).status, 0);
  auto const said = ada.types({"doctor"});
  EXPECT_EQ(said.status, 1) << said.all();
  EXPECT_THAT(said.out, ContainsRegex("FAIL ports +nothing answers at 127.0.0.1:" + port +
                                      ", the port of web: connection refused; to mend it: "));
}

TEST_F(cli_doctor, says_that_a_tokens_file_is_open_to_others) {
  auto const file = ada.home() + "/.config/krane/tokens.json";
  chmod(file.c_str(), 0644);
  auto const said = ada.types({"doctor"});
  EXPECT_NE(said.status, 0);
  EXPECT_THAT(said.out, HasSubstr("FAIL contexts"));
  EXPECT_THAT(said.out, HasSubstr("chmod 600 " + file));
}

TEST_F(cli_doctor, says_that_there_is_no_key) {
  person bob;
  auto const said = bob.types({"doctor"}, {{"KRANE_ENDPOINT", server().url()}});
  EXPECT_THAT(said.out, ContainsRegex("warn keys +no key .*; to mend it: ssh-keygen -t ed25519"));
}

}  // namespace
}  // namespace krane::e2e
