// What goes wrong between krane and a server: one sentence, the next step, and an exit code; never a stack or raw JSON.
#include <gmock/gmock.h>

#include <algorithm>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

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
  auto const said = ada.types({"status", "web"}, {{"KRANE_ENDPOINT", lonely.url()}, {"KRANE_TOKEN", lonely.token()}});
  EXPECT_EQ(said.status, 1) << "the server was reached";
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

}  // namespace
}  // namespace krane::e2e
