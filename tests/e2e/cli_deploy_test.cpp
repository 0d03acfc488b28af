// krane deploy, run, cancel and rm: to the end, to a failure, interrupted, and without a terminal.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <csignal>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class cli_deploy : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    ada.sets("KRANE_ENDPOINT", server().url());
    ada.sets("KRANE_TOKEN", server().token());
  }
  void writes(std::string const& name, std::string const& text) { write_file(ada.file(name), text); }
  // The newest run of a deployment, as the API has it.
  std::string newest_run(std::string const& name, std::string const& field) {
    return server().get("/deployments/" + name).at("/data/run/" + field);
  }

  person ada;
};

TEST_F(cli_deploy, brings_up_the_services_of_a_compose_file_or_none_where_one_is_refused) {
  auto const web = fresh("web");
  auto const store = fresh("store");
  writes("compose.yaml", "services:\n  " + web + ":\n    image: krane-test/web:1\n    depends_on: [" + store +
                             "]\n    expose: [8080]\n    environment: {PASSWORD: '@DB'}\n  " + store +
                             ":\n    image: krane-test/web:2\n    expose: [8080]\n");
  auto const refused = ada.types({"deploy", "-f", "compose.yaml"});
  EXPECT_EQ(refused.status, 1) << refused.all();
  EXPECT_THAT(refused.err, HasSubstr("krane secrets set " + web + " DB"));
  EXPECT_EQ(server().get("/deployments/" + store + "/runs").at("/data"), "[]") << "nothing runs yet";
  EXPECT_EQ(ada.types({"secrets", "set", web, "DB"}, {}, "correct horse").status, 0);
  auto const said = ada.types({"deploy", "-f", "compose.yaml"});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_THAT(said.out, ContainsRegex("^" + store + " runs [^\n]+\n" + web + " runs [^\n]+\n$"));
}

TEST_F(cli_deploy, brings_up_what_the_file_of_the_folder_says) {
  auto const name = fresh("file");
  auto const port = free_port();
  writes("krane.yaml", "name: " + name + "\nimage: krane-test/web\ntag: 1\ncontainer_port: 8080\nhost_port: " +
                           std::to_string(port) + "\n");
  auto const said = ada.types({"deploy"});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_THAT(said.out, ContainsRegex("^" + name + " runs docker.io/krane-test/web:1 on port " + std::to_string(port) +
                                      " \\(run 1, [0-9.]+ s\\)\n$"));
  EXPECT_THAT(said.err, StartsWith("Deploying the new " + name + ": krane-test/web:1 on " + server().url() +
                                   ", from krane.yaml\n"));
  for (auto const* const phase : {"  ✓ pull  ", "  ✓ create  ", "  ✓ start  ", "  ✓ check  "})
    EXPECT_THAT(said.err, HasSubstr(phase));
  EXPECT_THAT(said.err, Not(HasSubstr("\x1b"))) << "no colours where there is no terminal";
  EXPECT_EQ(exchange(endpoint::tcp(port), "GET", "/").body, "web 1\n");

  auto const again = ada.types({"deploy", "--tag", "2"});
  EXPECT_EQ(again.status, 0) << again.all();
  EXPECT_THAT(again.err, StartsWith("Deploying " + name + ": krane-test/web:2 on "));
  EXPECT_EQ(exchange(endpoint::tcp(port), "GET", "/").body, "web 2\n");

  auto const back = ada.types({"run", name, "1"});
  EXPECT_EQ(back.status, 0) << back.all();
  EXPECT_EQ(exchange(endpoint::tcp(port), "GET", "/").body, "web 1\n");
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/template/config/tag"), "2") << "a run stores nothing";
}

TEST_F(cli_deploy, needs_no_file_where_the_options_say_all) {
  auto const name = fresh("options");
  auto const said = ada.types({"deploy", name, "--image", "krane-test/web:2", "--port", "8080", "-o", "name"});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_EQ(said.out, name + "\n");
  auto const config = server().get("/deployments/" + name);
  EXPECT_EQ(config.at("/data/template/config/tag"), "2");
  EXPECT_EQ(config.at("/data/template/config/container_port"), "8080");
  EXPECT_EQ(config.at("/data/template/config/host_port"), "");
}

TEST_F(cli_deploy, says_nothing_but_the_result_when_quiet_and_gives_it_as_json) {
  auto const said = ada.types({"deploy", fresh("quiet"), "--image", "krane-test/sleep", "-q", "-o", "json"});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_THAT(said.err, IsEmpty());
  auto const run = boost::json::parse(said.out);
  EXPECT_EQ(text_at(run, "/state"), "done");
  EXPECT_EQ(text_at(run, "/number"), "1");
}

TEST_F(cli_deploy, that_fails_says_why_what_serves_and_what_to_try) {
  auto const name = fresh("fails");
  ASSERT_EQ(ada.types({"deploy", name, "--image", "krane-test/web", "--tag", "1", "--port", "8080"}).status, 0);
  auto const said = ada.types({"deploy", name, "--image", "krane-test/crash:latest"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.out, IsEmpty());
  EXPECT_THAT(said.err, HasSubstr("  ✗ check  "));
  EXPECT_THAT(said.err, HasSubstr("\nkrane: run 2 of " + name + " failed: "));
  EXPECT_THAT(said.err, HasSubstr("\n  reason     container_exited\n"));
  EXPECT_THAT(said.err, HasSubstr("\n  image      docker.io/krane-test/crash:latest\n"));
  EXPECT_THAT(said.err, ContainsRegex("\n  container  " + name + "-[0-9a-f]{8}, exit code 3\n"));
  // Two streams, whose order the engine does not promise.
  EXPECT_THAT(said.err, HasSubstr("\n  output     "));
  EXPECT_THAT(said.err, HasSubstr(" starting\n"));
  EXPECT_THAT(said.err, HasSubstr(" fatal: no database at db:5432\n"));
  EXPECT_THAT(said.err, HasSubstr("\n  serves     run 1 (tag 1), since "));
  EXPECT_THAT(said.err, HasSubstr("\n  next       mend what its last lines say"));
}

TEST_F(cli_deploy, that_fails_with_nothing_before_it_says_that_nothing_serves) {
  auto const name = fresh("none");
  auto const said = ada.types({"deploy", name, "--image", "krane-test/nothing", "-o", "json"});
  EXPECT_EQ(said.status, 1);
  EXPECT_EQ(text_at(boost::json::parse(said.out), "/failure/reason"), "command_not_found");
  EXPECT_THAT(said.err, HasSubstr("\n  serves     nothing\n"));
}

TEST_F(cli_deploy, without_a_file_says_how_to_make_one) {
  auto const said = ada.types({"deploy"});
  EXPECT_EQ(said.status, 3);
  EXPECT_THAT(said.err, HasSubstr("krane init"));
  EXPECT_EQ(ada.types({"deploy", "-f", "none.yaml"}).status, 3);
}

TEST_F(cli_deploy, with_wrong_fields_names_them_all_before_the_server_is_asked) {
  writes("krane.json", R"({"name": "Web!", "config": {"image": "a/b", "host_prot": "9002"}})");
  auto const said = ada.types({"deploy"}, {{"KRANE_ENDPOINT", "http://127.0.0.1:1"}});
  EXPECT_EQ(said.status, 1) << said.all();
  EXPECT_THAT(said.err, HasSubstr("name"));
  EXPECT_THAT(said.err, HasSubstr("host_prot"));
}

TEST_F(cli_deploy, detached_returns_at_once_and_the_run_goes_on) {
  auto const name = fresh("detached");
  auto const said = ada.types({"deploy", name, "--image", "krane-test/late", "--port", "8080", "--detach"});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_EQ(said.out, "Run 1 of " + name + " is accepted\n");
  EXPECT_THAT(said.err, HasSubstr("krane events " + name + " -f follows it"));
  EXPECT_EQ(server().settled(name).at("/data/status"), "running");
}

TEST_F(cli_deploy, that_takes_too_long_leaves_the_run_going) {
  auto const name = fresh("slow");
  auto const said = ada.types({"deploy", name, "--image", "krane-test/deaf", "--port", "8080", "--timeout", "2s"});
  EXPECT_EQ(said.status, 124);
  EXPECT_THAT(said.err, HasSubstr("run 1 of " + name + " goes on; krane events " + name + " -f follows it"));
  EXPECT_EQ(newest_run(name, "finished"), "false");
  EXPECT_EQ(ada.types({"deploy", name, "--image", "a/b", "--timeout", "soon"}).status, 2);
}

TEST_F(cli_deploy, is_cancelled_by_another_command) {
  auto const name = fresh("cancelled");
  auto const follower =
      ada.starts({"deploy", name, "--image", "krane-test/deaf", "--port", "8080"}, ada.file("out"), ada.file("err"));
  ASSERT_TRUE(eventually([&] { return newest_run(name, "state") == "started"; }));
  ASSERT_EQ(ada.types({"run", name, "-d"}).status, 0);
  auto const said = ada.types({"cancel", name});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_EQ(said.out, "Run 2 of " + name + " is cancelled\nRun 1 of " + name + " is cancelled\n");
  EXPECT_EQ(follower->wait(std::chrono::seconds(15)), 1);
  EXPECT_THAT(read_file(ada.file("err")), HasSubstr("krane: run 1 of " + name + " is cancelled"));
  auto const none = ada.types({"cancel", name});
  EXPECT_EQ(none.status, 5);
  EXPECT_EQ(none.err, "krane: no run of " + name + " is under way\n");
}

TEST_F(cli_deploy, that_is_overtaken_by_a_newer_run_says_so) {
  auto const name = fresh("overtaken");
  ASSERT_EQ(ada.types({"deploy", name, "--image", "krane-test/deaf", "--port", "8080", "-d"}).status, 0);
  ASSERT_TRUE(eventually([&] { return newest_run(name, "state") == "started"; }));
  auto const second = ada.starts({"run", name}, ada.file("out"), ada.file("err"));
  ASSERT_TRUE(eventually([&] { return newest_run(name, "number") == "2"; }));
  ASSERT_EQ(ada.types({"run", name, "--detach"}).status, 0);
  EXPECT_EQ(second->wait(std::chrono::seconds(15)), 5);
  EXPECT_THAT(read_file(ada.file("err")), HasSubstr("was replaced by a newer one before it began"));
  EXPECT_THAT(read_file(ada.file("err")), HasSubstr("Waiting for run 1"));
}

TEST_F(cli_deploy, at_a_terminal_shows_what_is_under_way_and_lets_control_c_leave_the_run_going) {
  auto const name = fresh("left");
  auto const screen = ada.sits_at({"deploy", name, "--image", "krane-test/deaf", "--port", "8080"});
  ASSERT_TRUE(screen->shows("check")) << screen->output();
  EXPECT_THAT(screen->output(), HasSubstr("\x1b[32m✓\x1b[0m pull")) << "colours at a terminal";
  screen->presses_control_c();
  ASSERT_TRUE(screen->shows("run 1 of " + name + " goes on")) << screen->output();
  ASSERT_TRUE(screen->shows("krane cancel " + name)) << screen->output();
  auto const pressed = std::chrono::steady_clock::now();
  EXPECT_EQ(screen->wait(), 130);
  EXPECT_LT(std::chrono::steady_clock::now() - pressed, std::chrono::seconds(2)) << "at once";
  EXPECT_EQ(newest_run(name, "finished"), "false");
  EXPECT_EQ(newest_run(name, "cancel_requested"), "false");
}

TEST_F(cli_deploy, with_options_alone_changes_the_stored_configuration_and_nothing_else) {
  auto const name = fresh("kept");
  auto const port = free_port();
  writes("other.yaml", "name: " + name + "\nimage: krane-test/web\ntag: 1\ncontainer_port: 8080\nhost_port: " +
                           std::to_string(port) + "\nenvironment: {MODE: prod}\n");
  writes("krane.yaml", "name: somebody-else\nimage: krane-test/web\n");
  ASSERT_EQ(ada.types({"deploy", "-f", "other.yaml"}).status, 0);
  auto const planned = ada.types({"plan", name, "--tag", "2"});
  EXPECT_EQ(planned.status, 2) << planned.all();
  EXPECT_THAT(planned.out, Not(HasSubstr("host_port")));
  EXPECT_THAT(planned.out, Not(HasSubstr("MODE")));
  auto const said = ada.types({"deploy", name, "--image", "krane-test/web:2"});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_THAT(said.err, StartsWith("Deploying " + name + ": krane-test/web:2 on " + server().url() +
                                   ", from options on the stored configuration of " + name +
                                   "\n  - tag: \"1\"\n  + tag: \"2\"\n"));
  EXPECT_EQ(exchange(endpoint::tcp(port), "GET", "/").body, "web 2\n") << "the port leads to it still";
  auto const config = "/data/template/config/";
  EXPECT_EQ(server().get("/deployments/" + name).at(std::string(config) + "environment/MODE"), "prod");
  EXPECT_EQ(server().get("/deployments/" + name).at(std::string(config) + "host_port"), std::to_string(port));
}

TEST_F(cli_deploy, at_a_terminal_shows_the_output_of_a_failure_without_carrying_it_out) {
  auto const name = fresh("rude");
  writes("krane.yaml", "name: " + name + "\nimage: krane-test/sleep\ncommand: [sh, -c, " +
                           R"("printf '\\033]52;c;aGk=\\007\\033[2Jbye\\n'; exit 3"])" + "\n");
  auto const screen = ada.sits_at({"deploy"}, {.columns = 200, .rows = 24});
  EXPECT_EQ(screen->wait(std::chrono::seconds(30)), 1);
  EXPECT_THAT(screen->output(), HasSubstr("\\e]52;c;aGk=\\x07\\e[2Jbye"));
  EXPECT_THAT(screen->output(), Not(HasSubstr("\x1b]")));
  EXPECT_THAT(screen->output(), Not(HasSubstr("\x1b[2J")));
}

TEST_F(cli_deploy, without_a_terminal_leaves_the_run_going_at_a_signal) {
  auto const name = fresh("signal");
  auto const follower =
      ada.starts({"deploy", name, "--image", "krane-test/deaf", "--port", "8080"}, ada.file("out"), ada.file("err"));
  ASSERT_TRUE(eventually([&] { return read_file(ada.file("err")).find("✓ start") != std::string::npos; }));
  follower->signal(SIGINT);
  EXPECT_EQ(follower->wait(std::chrono::seconds(5)), 130);
  EXPECT_THAT(read_file(ada.file("err")), HasSubstr("goes on; krane events"));
  EXPECT_EQ(newest_run(name, "finished"), "false");
}

TEST_F(cli_deploy, of_a_program_that_may_end_says_that_it_has) {
  auto const name = fresh("job");
  write_file(ada.file("job.yaml"), "name: " + name +
                                       "\nimage: krane-test/sleep\nentrypoint: [/bin/sh, -c]\ncommand: [sleep 1]\n"
                                       "restart: \"no\"\nsettle: 2s\n");
  auto const said = ada.types({"deploy", "-f", ada.file("job.yaml")});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_THAT(said.out, StartsWith(name + " has ended, and ran docker.io/krane-test/sleep:latest (run 1, "));
  EXPECT_THAT(said.err, HasSubstr("has ended, as its restart policy allows"));
}

TEST_F(cli_deploy, is_followed_over_a_restart_of_the_server) {
  auto const name = fresh("restart");
  auto const follower =
      ada.starts({"deploy", name, "--image", "krane-test/late", "--port", "8080"}, ada.file("out"), ada.file("err"));
  ASSERT_TRUE(eventually([&] { return read_file(ada.file("err")).find("✓ start") != std::string::npos; }));
  server().kill();
  server().start();
  EXPECT_EQ(follower->wait(std::chrono::seconds(30)), 0) << read_file(ada.file("err"));
  EXPECT_THAT(read_file(ada.file("out")), StartsWith(name + " runs docker.io/krane-test/late:latest"));
  EXPECT_THAT(read_file(ada.file("err")), HasSubstr("the server is there again"));
}

TEST_F(cli_deploy, removes_only_what_it_may) {
  auto const name = fresh("gone");
  ASSERT_EQ(ada.types({"deploy", name, "--image", "krane-test/sleep"}).status, 0);
  auto const unasked = ada.types({"rm", name});
  EXPECT_EQ(unasked.status, 2) << "nobody can be asked";
  EXPECT_THAT(unasked.err, HasSubstr("-y"));

  auto const unsure = ada.sits_at({"rm", name});
  ASSERT_TRUE(unsure->shows("Remove " + name + " with its containers and images? [y/N] ")) << unsure->output();
  unsure->types("n\n");
  EXPECT_EQ(unsure->wait(), 1);
  auto const frightened = ada.sits_at({"rm", name});
  ASSERT_TRUE(frightened->shows("[y/N]"));
  frightened->presses_control_c();
  EXPECT_EQ(frightened->wait(), 130);
  EXPECT_EQ(server().get("/deployments/" + name).status, 200);

  auto const sure = ada.sits_at({"rm", name});
  ASSERT_TRUE(sure->shows("[y/N]"));
  sure->types("y\n");
  EXPECT_TRUE(sure->shows("Removed " + name)) << sure->output();
  EXPECT_EQ(sure->wait(), 0);
  EXPECT_EQ(server().get("/deployments/" + name).status, 404);
}

TEST_F(cli_deploy, removes_what_is_there_of_several) {
  auto const one = fresh("one");
  auto const two = fresh("two");
  server().create(one, R"("image":"a/b")");
  server().create(two, R"("image":"a/b")");
  auto const said = ada.types({"rm", one, "no-such-thing", two, "-y"});
  EXPECT_EQ(said.status, 3);
  EXPECT_EQ(said.out, "Removed " + one + "\nRemoved " + two + "\n");
  EXPECT_EQ(said.err, "krane: there is no deployment named \"no-such-thing\"\n");
}

}  // namespace
}  // namespace krane::e2e
