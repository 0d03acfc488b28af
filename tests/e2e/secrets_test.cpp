// A secret reaches the container, and nothing else: no answer, no event, no file of the state folder, no log line.
#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char sentinel[] = "sentinel-9c41d7";
constexpr char sentinel_lines[] = "-----BEGIN SENTINEL-----\nsentinelMIIEvQIBADAN\n-----END SENTINEL-----\n";

class secrets : public on_a_real_engine {
protected:
  // All that the server can be asked about it.
  std::string told(std::string const& name) {
    std::string all = log();
    for (std::string const& target :
         {std::string("/deployments"), "/deployments/" + name, "/deployments/" + name + "/runs",
          "/deployments/" + name + "/events", "/deployments/" + name + "/secrets", std::string("/events?since=0"),
          std::string("/system")})
      all += server().get(target).body;
    return all;
  }
  std::string log() { return server().log(); }
  std::string state_bytes() {
    std::string all;
    for (auto const& one : std::filesystem::recursive_directory_iterator(server().state_folder()))
      if (one.is_regular_file()) all += read_file(one.path().string());
    return all;
  }
  std::string output_of(std::string const& container) {
    std::string all;
    event_source output(server().where(), "/containers/" + container + "/events?follow=false&tail=all",
                        server().authorized());
    while (auto const line = output.next()) all += line->data + "\n";
    return all;
  }
  // What the engine itself has of it, before anything of ours.
  std::string written_by(std::string const& container) {
    return engine().call("GET", "/containers/" + container + "/logs?stdout=1&stderr=1").body;
  }
  std::string config(std::string const& tag) const {
    return R"("image":"krane-test/secret","container_port":"8080","tag":")" + tag +
           R"(","environment":{"PASSWORD":"@password"},"secrets":["tls","password"])";
  }
  void set(std::string const& name, std::string const& key, std::string const& value) {
    auto const kept = server().call("PUT", "/deployments/" + name + "/secrets/" + key,
                                    boost::json::serialize(boost::json::object{{"value", value}}));
    ASSERT_TRUE(kept.status == 200 || kept.status == 201) << kept.body;
  }
};

TEST_F(secrets, reach_the_container_and_nothing_else) {
  auto const name = fresh("secret");
  set(name, "password", sentinel);
  set(name, "tls", sentinel_lines);
  server().create(name, config("latest"));
  auto const now = server().run(name);
  ASSERT_EQ(now.at("/data/status"), "running") << now.body << server().last_error(name);

  std::string const container = now.at("/data/containers/0/Id");
  auto const printed = written_by(container);
  EXPECT_THAT(printed, HasSubstr("PASSWORD=" + std::string(sentinel)));
  EXPECT_THAT(printed, HasSubstr("/run/secrets/password: " + std::string(sentinel)));
  EXPECT_THAT(printed, HasSubstr("sentinelMIIEvQIBADAN"));
  EXPECT_THAT(printed, HasSubstr("-r--r--r--    1 0        0"));

  auto const shown = output_of(container);
  EXPECT_THAT(shown,
              AllOf(HasSubstr("PASSWORD=***"), HasSubstr("/run/secrets/password: ***"), Not(HasSubstr("entinel"))));
  EXPECT_THAT(told(name), Not(HasSubstr("sentinel")));

  // It breaks, and what it prints becomes the failure's output.
  server().create(name, config("crash"));
  ASSERT_EQ(server().post("/deployments/" + name + "/run").status, 202);
  server().settled(name);
  auto const runs = server().get("/deployments/" + name + "/runs").body;
  EXPECT_THAT(runs, AllOf(HasSubstr("container_exited"), HasSubstr("PASSWORD=***")));
  EXPECT_THAT(told(name), Not(HasSubstr("sentinel")));
  EXPECT_EQ(server().stop(), 0);
  EXPECT_THAT(log(), Not(HasSubstr("sentinel")));
  auto const kept = state_bytes();
  EXPECT_THAT(kept.size(), testing::Gt(1000u));
  EXPECT_EQ(kept.find("sentinel"), std::string::npos);
  server().start();
  EXPECT_EQ(server().remove("/deployments/" + name).status, 200);
}

TEST_F(secrets, are_the_same_in_a_container_that_comes_back_after_a_restart_of_the_server) {
  auto const name = fresh("secret");
  set(name, "password", sentinel);
  set(name, "tls", sentinel_lines);
  server().create(name, config("latest"));
  auto const now = server().run(name);
  ASSERT_EQ(now.at("/data/status"), "running") << now.body << server().last_error(name);
  std::string const before = now.at("/data/containers/0/Id");
  set(name, "password", "another-value");
  EXPECT_EQ(server().stop(), 0);
  engine().remove(before);
  server().start();
  std::string after;
  ASSERT_TRUE(eventually([&] {
    after = server().get("/deployments/" + name).at("/data/containers/0/Id");
    return after != before && after != "(missing)" &&
           written_by(after).contains("/run/secrets/password: " + std::string(sentinel));
  })) << server().get("/deployments/" + name).body;
  EXPECT_THAT(written_by(after), HasSubstr("PASSWORD=" + std::string(sentinel)));
  EXPECT_EQ(server().remove("/deployments/" + name).status, 200);
}

TEST_F(secrets, are_all_there_when_the_server_was_killed_between_creation_and_start) {
  for (std::string const point : {"pulled.saved", "create.half"}) {
    SCOPED_TRACE(point);
    auto const name = fresh("secret");
    set(name, "password", sentinel);
    set(name, "tls", sentinel_lines);
    server().create(name, config("latest"));
    server().arm_failpoint(point + ":1");
    ASSERT_EQ(server().post("/deployments/" + name + "/run").status, 202);
    ASSERT_TRUE(eventually([&] { return !server().runs(); }));
    server().disarm_failpoint();
    server().start();
    auto const now = server().settled(name);
    ASSERT_EQ(now.at("/data/status"), "running") << now.body << server().last_error(name);
    auto const printed = written_by(now.at("/data/containers/0/Id"));
    EXPECT_THAT(printed, HasSubstr("PASSWORD=" + std::string(sentinel)));
    EXPECT_THAT(printed, HasSubstr("/run/secrets/password: " + std::string(sentinel)));
    EXPECT_EQ(server().remove("/deployments/" + name).status, 200);
  }
}

TEST_F(secrets, are_set_from_a_pipe_listed_and_removed_by_the_command) {
  person ada;
  ada.sets("KRANE_ENDPOINT", server().url());
  ada.sets("KRANE_TOKEN", server().token());
  auto const name = fresh("secret");
  auto const set_it = ada.types({"secrets", "set", name, "password"}, {}, std::string(sentinel) + "\n");
  EXPECT_EQ(set_it.status, 0) << set_it.all();
  EXPECT_THAT(set_it.out, HasSubstr("Secret password of " + name + " is set (version 1)"));
  EXPECT_EQ(ada.types({"secrets", "set", name, "password"}, {}, sentinel).all(), set_it.all())
      << "one newline at the end is not meant";
  auto const listed = ada.types({"secrets", "ls", name});
  EXPECT_THAT(listed.out, AllOf(HasSubstr("KEY"), HasSubstr("password")));
  EXPECT_EQ(ada.types({"secrets", "set", name, "password"}, {}, "").status, 2);
  EXPECT_EQ(ada.types({"secrets", "rm", name, "password"}).status, 0);
  EXPECT_EQ(ada.types({"secrets", "rm", name, "password"}).status, 3);
}

TEST_F(secrets, are_asked_for_at_the_terminal_without_being_shown) {
  person ada;
  ada.sets("KRANE_ENDPOINT", server().url());
  ada.sets("KRANE_TOKEN", server().token());
  auto const name = fresh("secret");
  auto const terminal = ada.sits_at({"secrets", "set", name, "password"});
  ASSERT_TRUE(terminal->shows("Value of password: ")) << terminal->output();
  terminal->types(std::string(sentinel) + "\n");
  EXPECT_EQ(terminal->wait(), 0) << terminal->output();
  EXPECT_THAT(terminal->output(), AllOf(HasSubstr("is set (version 1)"), Not(HasSubstr(sentinel))));
}

TEST_F(secrets, without_their_key_the_server_does_not_start_and_names_the_file) {
  set(fresh("secret"), "password", sentinel);
  EXPECT_EQ(server().stop(), 0);
  std::string const key = server().state_folder() + "/secrets.key";
  std::filesystem::rename(key, key + ".away");
  EXPECT_FALSE(server().try_start());
  EXPECT_THAT(log(), HasSubstr(key + ", does not exist"));
  std::filesystem::rename(key + ".away", key);
  server().start();
}

}  // namespace
}  // namespace krane::e2e
