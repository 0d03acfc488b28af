// The store of a krane 0.1.0 that holds every value that is refused today: all of it is listed, each is refused where
// its container would be made, and nothing else stops working.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "model/reason.hpp"
#include "store/database.hpp"
#include "store/schema.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t schema_of_0_1_0 = 6;

struct old_value {
  char const* name;
  char const* service;  // as 0.1.0 stored it
  char const* said;     // by the run that fails
};

// \u0000 is what it took in a text and then could not read in a list.
constexpr std::array old_values{
    old_value{"nul-command", R"({"command":["a\u0000b"]})", "config.command[0] must not contain a NUL"},
    old_value{"nul-entrypoint", R"({"entrypoint":["a\u0000b"]})", "config.entrypoint[0] must not contain a NUL"},
    old_value{"nul-check", R"({"healthcheck":{"test":["CMD-SHELL","a\u0000b"]}})",
              "config.healthcheck.test[1] must not contain a NUL"},
    old_value{"line-in-name", R"({"environment":{"A\nB":"1"}})", "config.environment has a name with"},
    old_value{"above-the-root", R"({"working_dir":"/../../x"})", "config.working_dir must not contain"},
    old_value{"line-in-dir", R"({"working_dir":"/x\ny"})", "config.working_dir must not contain control"},
    old_value{"label-of-docker", R"({"labels":{"com.docker.compose.project":"x"}})",
              "config.labels.com.docker.compose"},
    old_value{"tmpfs-option", R"({"tmpfs":["/x:huge=always"]})", "config.tmpfs[0] has the option \"huge\""},
    old_value{"signal", R"({"stop_signal":"SIGRTMIN+zz"})", "config.stop_signal"},
    old_value{"line-in-tag", R"({"logging":{"driver":"json-file","options":{"tag":"a\r\nFLUSHALL"}}})",
              "config.logging.options.tag must not contain control"},
    old_value{"redis", R"({"logging":{"driver":"syslog","options":{"syslog-address":"tcp://127.0.0.1:6379"}}})",
              "config.logging.driver syslog is not allowed here"},
    old_value{"default-driver", R"({"logging":{"options":{"syslog-address":"tcp://127.0.0.1:6379"}}})",
              "config.logging.options.syslog-address is not a known option"},
    old_value{"plug-in", R"({"logging":{"driver":"somebody/plugin:1"}})", "config.logging.driver"},
    old_value{"line-in-volume", R"({"volumes":["data:/a\nb"]})", "config.volumes[0] must not contain control"},
    old_value{"hidden-folder", R"({"volumes":["/srv:/x"]})", "config.volumes[0] mounts /srv"},
};

std::string quoted(std::string const& text) {
  std::string out = "'";
  for (char const c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string spec_text(std::string const& name, std::string const& service) {
  return R"({"version":1,"name":")" + name +
         R"(","registry":"docker.io","image":"krane-test/web","container_port":8080,"service":)" + service + "}";
}

class old_store : public testing::Test {
protected:
  void SetUp() override {
    std::string const path = w.folder / "krane.db";
    std::ofstream(path).flush();
    ::chmod(path.c_str(), 0600);
    {
      database db(path, database::mode::open, "");
      db.execute("PRAGMA application_id = 1802658158");  // "kran"
      upgrade_schema(db, known_steps().first(schema_of_0_1_0));
      db.execute("INSERT INTO meta VALUES ('instance', '0123456789abcdef0123456789abcdef')");
      for (auto const& [name, service, said] : old_values) add(db, name, spec_text(name, service));
      add(db, "plain", spec_text("plain", "{}"));
      add(db, "lost", "{\"name\":");
      add(db, "lost-run", spec_text("lost-run", "{}"));
      db.execute(
          "INSERT INTO runs (id, deployment, number, kind, step, ended, cancel_requested, body) "
          "VALUES ('abc', 'lost-run', 1, 'deploy', 'accepted', 0, 0, '{\"id\"')");
      db.execute("UPDATE deployments SET last_run = 1, status = 'deploying' WHERE name = 'lost-run'");
      // Half way when the server could not be started any more.
      db.execute(
          "INSERT INTO runs (id, deployment, number, kind, step, ended, cancel_requested, body) VALUES ('abd', "
          "'nul-command', 1, 'deploy', 'accepted', 0, 0, " +
          quoted(R"({"version":1,"id":"abd","number":1,"kind":"deploy","tag":"latest","step":"accepted","what":)" +
                 spec_text("nul-command", old_values[0].service) + "}") +
          ")");
      db.execute("UPDATE deployments SET last_run = 1, status = 'deploying' WHERE name = 'nul-command'");
      db.execute(
          "INSERT INTO events (deployment, phase, level, message, at, spec) VALUES ('nul-command', 'accepted', "
          "'info', 'Run 1 accepted', 1, " +
          quoted(spec_text("nul-command", old_values[0].service)) + ")");
    }
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  }
  static void add(database& db, std::string const& name, std::string const& spec) {
    db.execute("INSERT INTO deployments (name, spec, status, created_at, updated_at) VALUES (" + quoted(name) + ", " +
               quoted(spec) + ", 'idle', 1, 1)");
  }
  result<run> ask(std::string const& name) {
    return test::run_coroutine(w.loop, w.service->deploy(deployment_name{name}, std::nullopt));
  }
  test::run_world w;
};

TEST_F(old_store, is_listed_whole_and_what_is_refused_today_fails_when_it_starts) {
  EXPECT_EQ(w.state->list_deployments().size(), old_values.size() + 3);
  for (deployment const* one : w.state->list_deployments())
    if (!one->config.name.str().starts_with("lost")) {
      EXPECT_NE(one->status, deployment_status::unreadable) << one->config.name.str() << ": " << one->trouble;
    }
  auto const half_way = test::run_coroutine(w.loop, w.state->runs().find(run_id{"abd"}));
  ASSERT_TRUE(half_way && *half_way);
  EXPECT_EQ(w.end_of(**half_way).step, run_step::failed) << "the run that was half way";

  for (auto const& [name, service, said] : old_values) {
    SCOPED_TRACE(name);
    run const r = w.deploy(name);
    EXPECT_EQ(r.step, run_step::failed);
    ASSERT_TRUE(r.why_failed);
    EXPECT_EQ(r.why_failed->reason, reason::not_allowed);
    EXPECT_THAT(r.why_failed->message, StartsWith(said));
  }
  EXPECT_EQ(w.engine_world.containers().size(), 0u) << "the engine never saw one of them";
  EXPECT_EQ(w.deploy("plain").step, run_step::done);
}

TEST_F(old_store, that_holds_what_cannot_be_read_loses_nothing_else) {
  EXPECT_EQ(w.now("lost").status, deployment_status::unreadable);
  EXPECT_EQ(w.now("lost-run").status, deployment_status::unreadable);
  auto const refused = ask("lost");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, reason::deployment_unreadable);
  EXPECT_THAT(refused.error().message, HasSubstr("krane rm lost"));
  EXPECT_EQ(w.deploy("lost-run").step, run_step::done);
  w.put("lost");
  EXPECT_EQ(w.deploy("lost").step, run_step::done);
  w.restart();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_EQ(w.now("lost").status, deployment_status::running);
  EXPECT_EQ(w.now("lost-run").status, deployment_status::running);
}

TEST_F(old_store, lets_what_cannot_be_read_be_removed) {
  auto const removal = test::run_coroutine(w.loop, w.service->remove(deployment_name{"lost"}));
  ASSERT_TRUE(removal) << removal.error().message;
  EXPECT_EQ(w.end_of(*removal).step, run_step::done);
  EXPECT_EQ(w.state->find_deployment(deployment_name{"lost"}), nullptr);
}

// As after a fault of the disk: what runs goes on running, whatever the row has become.
TEST_F(old_store, leaves_the_containers_of_what_cannot_be_read_alone) {
  run const r = w.deploy("plain");
  ASSERT_EQ(r.step, run_step::done);
  w.close();
  {
    database db(w.folder / "krane.db", database::mode::open, "");
    db.execute("UPDATE deployments SET spec = 'x' WHERE name = 'plain'");
  }
  w.open();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_EQ(w.now("plain").status, deployment_status::unreadable);
  ASSERT_EQ(w.engine_world.containers().size(), 1u);
  EXPECT_EQ(w.engine_world.containers()[0].status, "running");
  w.put("plain");
  EXPECT_EQ(w.now("plain").status, deployment_status::running);
  run const next = w.deploy("plain", "v2");
  EXPECT_EQ(next.step, run_step::done) << (next.why_failed ? next.why_failed->message : "");
  w.expect_only_serving("plain");
  auto const removal = test::run_coroutine(w.loop, w.service->remove(deployment_name{"plain"}));
  ASSERT_TRUE(removal);
  EXPECT_EQ(w.end_of(*removal).step, run_step::done);
}

}  // namespace
}  // namespace krane
