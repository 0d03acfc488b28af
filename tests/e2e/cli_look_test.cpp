// krane list, status, history, events, whoami and sessions: for people, for programs, at terminals of several sizes.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <sstream>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class cli_look : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    ada.sets("KRANE_ENDPOINT", server().url());
    ada.sets("KRANE_TOKEN", server().token());
    ada.sets("TZ", "UTC");
  }
  static std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> out;
    std::istringstream from(text);
    for (std::string line; std::getline(from, line);) out.push_back(line);
    return out;
  }
  std::string last_id(std::string const& name) { return text_at(server().events(name).back(), "/Id"); }

  person ada;
};

TEST_F(cli_look, lists_deployments_in_every_form) {
  server().create("alpha", R"("image":"davidcasta/docker-to-node","container_port":"8080","host_port":"9002")");
  server().create("beta", R"("registry":"ghcr.io","image":"a/b","tag":"v2")");
  EXPECT_EQ(ada.types({"ls"}).out,
            "NAME    STATUS   IMAGE                              PORTS\n"
            "alpha   idle     davidcasta/docker-to-node:latest   9002:8080\n"
            "beta    idle     ghcr.io/a/b:v2                     -\n");
  EXPECT_EQ(ada.types({"list", "-o", "name"}).out, "alpha\nbeta\n");
  auto const json = boost::json::parse(ada.types({"ls", "-o", "json"}).out);
  EXPECT_EQ(text_at(json, "/0/name"), "alpha");
  EXPECT_EQ(text_at(json, "/1/config/registry"), "ghcr.io");
  EXPECT_THAT(ada.types({"ls", "-o", "yaml"}).out, StartsWith("- name: alpha\n  config:\n"));
}

TEST_F(cli_look, says_what_to_do_where_nothing_is_deployed) {
  auto const said = ada.types({"ls"});
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.out, IsEmpty());
  EXPECT_THAT(said.err, HasSubstr("krane init"));
  EXPECT_EQ(ada.types({"ls", "-o", "json"}).out, "[]\n");
}

TEST_F(cli_look, fits_the_terminal_that_there_is) {
  server().create("alpha", R"("image":"davidcasta/docker-to-node","container_port":"8080","host_port":"9002")");
  auto const narrow = ada.sits_at({"ls"}, {.columns = 44, .rows = 20});
  EXPECT_EQ(narrow->wait(), 0);
  EXPECT_THAT(narrow->output(), HasSubstr("\x1b[1mNAME\x1b[0m"));
  EXPECT_THAT(narrow->output(), HasSubstr("davidcasta/doc…")) << narrow->output();
  auto const wide = ada.sits_at({"ls"}, {.columns = 120, .rows = 20});
  EXPECT_EQ(wide->wait(), 0);
  EXPECT_THAT(wide->output(), HasSubstr("davidcasta/docker-to-node:latest"));
  auto const plain = ada.sits_at({"ls"}, {.columns = 120, .rows = 20}, {{"NO_COLOR", "1"}});
  EXPECT_EQ(plain->wait(), 0);
  EXPECT_THAT(plain->output(), Not(HasSubstr("\x1b[")));
  auto const asked = ada.sits_at({"ls", "--no-color"});
  EXPECT_EQ(asked->wait(), 0);
  EXPECT_THAT(asked->output(), Not(HasSubstr("\x1b[")));
}

TEST_F(cli_look, shows_a_deployment_with_what_serves_and_its_containers) {
  auto const name = fresh("shown");
  server().create(name, R"("image":"krane-test/web","tag":"1","container_port":"8080")");
  EXPECT_THAT(ada.types({"status", name}).out, ContainsRegex("^" + name +
                                                             ": idle\n  image     krane-test/web:1\n  ports     8080\n"
                                                             "  serves    nothing\n  created   [a-z0-9 ]+\n$"));
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  auto const served = ada.types({"status", name});
  EXPECT_THAT(served.out, ContainsRegex("^" + name + ": running\n"));
  EXPECT_THAT(served.out, ContainsRegex("\n  serves    run 1 \\(tag 1\\), since [a-z0-9 ]+\n"));
  EXPECT_THAT(served.out, Not(HasSubstr("last run"))) << "it is the one that serves";
  EXPECT_THAT(served.out, ContainsRegex("\nCONTAINER +STATE +STATUS +PORTS\n" + name + "-[0-9a-f]{8} +running +Up "));
  server().run(name, "?tag=nope");
  EXPECT_THAT(ada.types({"status", name}).out, HasSubstr("\n  last run  run 2 (tag nope): failed, "));
  auto const json = boost::json::parse(ada.types({"status", name, "-o", "json"}).out);
  EXPECT_EQ(text_at(json, "/template/name"), name);
  EXPECT_THAT(text_at(json, "/containers/0/HostConfig/NetworkMode"), testing::StartsWith("krane"))
      << "all that the engine says";
  EXPECT_EQ(ada.types({"status", "no-such-thing"}).status, 3);
}

TEST_F(cli_look, shows_the_history_of_releases) {
  auto const name = fresh("history");
  server().create(name, R"("image":"krane-test/sleep")");
  EXPECT_THAT(ada.types({"history", name}).err, HasSubstr("never ran"));
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  server().run(name, "?tag=nope");
  auto const rows = lines_of(ada.types({"history", name}).out);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0], ContainsRegex("^RELEASE +STATE +IMAGE +STARTED +TOOK +WHY$"));
  EXPECT_THAT(rows[1], ContainsRegex("^2 +failed +krane-test/sleep:nope +.*(ago|now) +[0-9.]+ s +.*nope"));
  EXPECT_THAT(rows[2], ContainsRegex("^1 +serving +krane-test/sleep:latest "));
  EXPECT_EQ(lines_of(ada.types({"history", name, "-n", "1"}).out).size(), 2u);
  EXPECT_EQ(text_at(boost::json::parse(ada.types({"history", name, "-o", "json"}).out), "/1/number"), "1");
  EXPECT_EQ(ada.types({"history", name, "-n", "none"}).status, 2);
}

TEST_F(cli_look, shows_events_of_one_and_of_all) {
  auto const name = fresh("events");
  server().create(name, R"("image":"krane-test/sleep")");
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  auto const rows = lines_of(ada.types({"events", name}).out);
  ASSERT_GE(rows.size(), 4u);
  EXPECT_THAT(rows.front(), ContainsRegex("^[0-9-]{10} [0-9:]{8}  accepted    Run 1 accepted"));
  auto const of_all = ada.types({"events"});
  EXPECT_THAT(of_all.out, HasSubstr(name)) << of_all.all();
  auto const since = ada.types({"events", name, "--since", last_id(name)});
  EXPECT_EQ(since.status, 0);
  EXPECT_THAT(since.out, IsEmpty());
  EXPECT_EQ(lines_of(ada.types({"events", name, "--since", "10m"}).out).size(), rows.size());
  EXPECT_EQ(lines_of(ada.types({"events", name, "-n", "1"}).out).size(), 1u);
  EXPECT_EQ(ada.types({"events", name, "--since", "yesterday"}).status, 2);
  for (auto const& line : lines_of(ada.types({"events", name, "-o", "json"}).out))
    EXPECT_EQ(text_at(boost::json::parse(line), "/Deployment/Name"), name);
}

TEST_F(cli_look, follows_events_over_broken_connections_without_gap_or_double) {
  auto const name = fresh("followed");
  server().create(name, R"("image":"krane-test/sleep")");
  auto const follower =
      ada.starts({"events", name, "-f", "--since", "0", "-o", "json"}, ada.file("out"), ada.file("err"));
  auto const ids = [&] {
    std::vector<std::string> out;
    for (auto const& line : lines_of(read_file(ada.file("out"))))
      if (line.ends_with('}')) out.push_back(text_at(boost::json::parse(line), "/Id"));
    return out;
  };
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(server().run(name).at("/data/status"), "running");
    auto const last = last_id(name);
    ASSERT_TRUE(eventually([&] { return !ids().empty() && ids().back() == last; })) << read_file(ada.file("err"));
    server().kill();
    server().start();
  }
  ASSERT_EQ(server().remove("/deployments/" + name).status, 200);
  EXPECT_EQ(follower->wait(std::chrono::seconds(15)), 0) << "it ends with the deployment";
  EXPECT_THAT(read_file(ada.file("err")), HasSubstr("The server is there again"));
  auto const seen = ids();
  auto sorted = seen;
  std::ranges::sort(sorted, {}, [](std::string const& id) { return std::stoull(id); });
  EXPECT_EQ(seen, sorted) << "in order";
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end()) << "none twice";
}

TEST_F(cli_look, tells_who_is_logged_in) {
  auto const said = ada.types({"whoami"});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_THAT(said.out, StartsWith("tester on " + server().url() + "\n"));
  EXPECT_THAT(said.out, HasSubstr("\n  key      SHA256:"));
  EXPECT_THAT(said.out, ContainsRegex("\n  expires  in [0-9]+ weeks, 20[0-9 :-]+\n"));
  auto const json = boost::json::parse(ada.types({"whoami", "-o", "json"}).out);
  EXPECT_EQ(text_at(json, "/endpoint"), server().url());
  EXPECT_EQ(text_at(json, "/token"), "(missing)") << "a token is shown once only";
}

TEST_F(cli_look, makes_lists_and_ends_sessions_for_programs) {
  auto const made = ada.types({"sessions", "create", "--name", "ci", "--ttl", "90d"});
  ASSERT_EQ(made.status, 0) << made.all();
  EXPECT_THAT(made.out, ContainsRegex("^krs_[A-Za-z0-9_-]+\n$")) << "nothing but the token";
  EXPECT_THAT(made.err, HasSubstr("this once only"));
  auto const token = made.out.substr(0, made.out.size() - 1);
  EXPECT_EQ(ada.types({"ls"}, {{"KRANE_TOKEN", token}}).status, 0);

  auto const list = ada.types({"sessions", "ls"});
  EXPECT_THAT(list.out, ContainsRegex("^ID +NAME +USER +CREATED +EXPIRES\n"));
  EXPECT_THAT(list.out, ContainsRegex("ci +tester +.* +in (2|3) months"));
  EXPECT_THAT(list.out, HasSubstr("this one"));
  EXPECT_THAT(list.out, Not(HasSubstr("krs_")));
  auto const json = boost::json::parse(ada.types({"sessions", "ls", "-o", "json"}).out).as_array();
  ASSERT_EQ(json.size(), 2u);
  auto const ci = std::ranges::find(json, "ci", [](auto const& one) { return text_at(one, "/name"); });
  ASSERT_NE(ci, json.end());
  auto const id = text_at(*ci, "/id");
  EXPECT_EQ(ada.types({"sessions", "rm", id}).out, "Ended session " + id + "\n");
  auto const refused = ada.types({"ls"}, {{"KRANE_TOKEN", token}});
  EXPECT_EQ(refused.status, 4);
  EXPECT_EQ(ada.types({"sessions", "rm", id}).status, 3);
  EXPECT_EQ(ada.types({"sessions", "create"}).status, 2) << "a session without a name cannot be told from others";
  EXPECT_EQ(ada.types({"sessions", "create", "--name", "ci", "--ttl", "long"}).status, 2);
}

}  // namespace
}  // namespace krane::e2e
