// What a service asks for beside its image and its port, as the real engine then has it.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;

class service_field_test : public on_a_real_engine {
protected:
  // Deploys `further` beside an image that answers on 8080, and gives its container as the engine has it.
  boost::json::value deployed(std::string const& further, std::string const& of = {}) {
    if (of.empty()) port_ = free_port();
    name_ = of.empty() ? fresh("svc") : of;
    server().create(name_, R"("image":"krane-test/web","tag":"1","container_port":"8080","host_port":")" +
                               std::to_string(port_) + R"(",)" + further);
    auto const now = server().run(name_);
    EXPECT_EQ(now.at("/data/status"), "running") << now.body << server().last_error(name_);
    return engine().inspect(now.at("/data/containers/0/Id"));
  }
  // The same, but it must not come up: the failure's message, with its reason before it.
  std::string failed(std::string const& further) {
    name_ = fresh("svc");
    server().create(name_, R"("image":"krane-test/web","tag":"1",)" + further);
    auto const now = server().run(name_);
    EXPECT_EQ(now.at("/data/status"), "failed") << now.body;
    return now.at("/data/run/failure/reason") + ": " + now.at("/data/run/failure/message");
  }
  answer refused(std::string const& further) {
    return server().post("/deployments",
                         R"({"data":{"name":"svc","config":{"image":"krane-test/web",)" + further + "}}}");
  }
  // What the program answers at that path.
  std::string served(std::string const& path = "/index.html") const {
    return exchange(endpoint::tcp(port_), "GET", path).body;
  }

  std::uint16_t port_ = 0;
  std::string name_;
};

// Writes what a test asks for where the web server shows it, and then serves.
std::string shows(std::string const& script) {
  return R"("command":["sh","-c",")" + script + R"( >/tmp/index.html; exec httpd -f -p 8080 -h /tmp"])";
}

TEST_F(service_field_test, environment_is_what_the_program_sees) {
  deployed(R"("environment":{"GREETING":"good day","COUNT":3,"AT":"@@home"},)" + shows("echo $GREETING $COUNT $AT"));
  EXPECT_EQ(served(), "good day 3 @home\n");
}

TEST_F(service_field_test, user_folder_and_command_are_as_asked) {
  auto const made = deployed(R"("user":"1000:1001","working_dir":"/tmp","init":false,"stop_signal":"SIGINT",)"
                             R"("stop_grace_period":"3s","labels":{"team":"web"},)" +
                             shows("(id -u; id -g; pwd)"));
  EXPECT_EQ(served(), "1000\n1001\n/tmp\n");
  EXPECT_EQ(made.at_pointer("/Config/StopSignal"), "SIGINT");
  EXPECT_EQ(made.at_pointer("/Config/StopTimeout"), 3);
  EXPECT_EQ(made.at_pointer("/Config/Labels/team"), "web");
  EXPECT_EQ(made.at_pointer("/HostConfig/Init"), false);
}

// What is accepted is what the container has, whatever characters it is made of.
TEST_F(service_field_test, values_reach_the_container_as_they_were_given) {
  auto const made =
      deployed(R"("environment":{"PEM":"-----BEGIN\nEND-----\n","ODD NAME":" ü日本 \t$x \"'\\ = ","EMPTY":""},)"
               R"("labels":{"com.example.rule":"Host(`a`) && b\nc","empty":""},"tmpfs":["/scratch:size=1M,mode=1777"],)"
               R"("logging":{"driver":"local","options":{"max-size":"1m"}},"resources":{"cpus":1.015},)" +
               shows("printf %s \\\"$PEM\\\""));
  EXPECT_EQ(served(), "-----BEGIN\nEND-----\n");
  auto const env = boost::json::serialize(made.at_pointer("/Config/Env"));
  EXPECT_THAT(env, HasSubstr(boost::json::serialize(boost::json::value("ODD NAME= ü日本 \t$x \"'\\ = "))));
  EXPECT_THAT(env, HasSubstr(R"("EMPTY=")"));
  EXPECT_EQ(made.at_pointer("/Config/Labels").at("com.example.rule"), "Host(`a`) && b\nc");
  EXPECT_EQ(made.at_pointer("/HostConfig/Tmpfs").at("/scratch"), "size=1M,mode=1777");
  EXPECT_EQ(made.at_pointer("/HostConfig/LogConfig/Type"), "local");
  EXPECT_EQ(made.at_pointer("/HostConfig/NanoCpus"), 1'015'000'000);
}

TEST_F(service_field_test, entrypoint_is_given_the_command) {
  deployed(R"("entrypoint":["httpd","-f"],"command":"-p 8080 -h /app/public")");
  EXPECT_EQ(served(), "web 1\n");
}

TEST_F(service_field_test, limits_are_the_engines) {
  auto const made = deployed(R"("resources":{"cpus":"0.5","memory":"64M","pids":50})");
  EXPECT_EQ(made.at_pointer("/HostConfig/NanoCpus"), 500'000'000);
  EXPECT_EQ(made.at_pointer("/HostConfig/Memory"), 64 * 1024 * 1024);
  EXPECT_EQ(made.at_pointer("/HostConfig/PidsLimit"), 50);
}

TEST_F(service_field_test, output_is_rotated_unless_said_otherwise) {
  auto const usual = deployed(R"("restart":"on-failure:3")");
  EXPECT_EQ(usual.at_pointer("/HostConfig/LogConfig/Config/max-size"), "10m");
  EXPECT_EQ(usual.at_pointer("/HostConfig/RestartPolicy/Name"), "on-failure");
  EXPECT_EQ(usual.at_pointer("/HostConfig/RestartPolicy/MaximumRetryCount"), 3);
  auto const asked = deployed(R"("logging":{"driver":"local"},"restart":"no")");
  EXPECT_EQ(asked.at_pointer("/HostConfig/LogConfig/Type"), "local");
  EXPECT_EQ(asked.at_pointer("/HostConfig/RestartPolicy/Name"), "no");
}

TEST_F(service_field_test, rights_are_no_more_than_asked) {
  auto const made = deployed(R"("read_only":true,"tmpfs":["/tmp:size=1M"],"cap_drop":["ALL"],)" +
                             shows("(touch /here && echo can || echo cannot)"));
  EXPECT_EQ(served(), "cannot\n");
  EXPECT_EQ(made.at_pointer("/HostConfig/SecurityOpt/0"), "no-new-privileges");
  EXPECT_EQ(made.at_pointer("/HostConfig/CapDrop/0"), "ALL");
}

TEST_F(service_field_test, extra_hosts_are_known) {
  deployed(R"("extra_hosts":["db.internal:10.1.2.3"],)" + shows("grep db.internal /etc/hosts"));
  EXPECT_THAT(served(), HasSubstr("10.1.2.3"));
}

TEST_F(service_field_test, one_deployment_reaches_another_by_its_name) {
  deployed(R"("user":"0")");
  std::string const first = name_;
  port_ = 0;
  deployed(shows("wget -q -O - http://" + first + ":8080/"));
  EXPECT_EQ(served(), "web 1\n");
}

TEST_F(service_field_test, further_ports_are_published_and_change_hands) {
  auto const port = std::to_string(free_port());
  std::string const config = R"("ports":["127.0.0.1:)" + port + R"(:8080"])";
  auto const first = deployed(config);
  auto const asked = [&] {
    return exchange(endpoint::tcp(static_cast<std::uint16_t>(std::stoi(port))), "GET", "/").body;
  };
  EXPECT_EQ(asked(), "web 1\n");
  auto const second = deployed(config, name_);
  EXPECT_NE(first.at("Id"), second.at("Id"));
  EXPECT_EQ(asked(), "web 1\n");
}

TEST_F(service_field_test, a_volume_keeps_what_is_written_over_releases) {
  std::string const config = R"("volumes":["data:/data"],)" + shows("(echo line >>/data/log; grep -c line /data/log)");
  deployed(config);
  EXPECT_EQ(served(), "1\n");
  deployed(config, name_);
  EXPECT_EQ(served(), "2\n");
  std::string const volume = "/volumes/" + name_ + "_data";
  EXPECT_EQ(server().remove("/deployments/" + name_).status, 200);
  EXPECT_EQ(engine().call("GET", volume).status, 200) << "what a deployment has written outlives it";
  EXPECT_EQ(engine().call("DELETE", volume).status, 204);
}

TEST_F(service_field_test, two_releases_never_write_to_a_volume_at_once) {
  std::string const config =
      R"("volumes":["data:/data"],"command":["sh","-c","mkdir /data/lock || exit 9; trap 'rm -r /data/lock; exit 0' TERM; )"
      R"(httpd -p 8080 -h /app/public; while true; do sleep 0.1; done"])";
  deployed(config);
  deployed(config, name_);
  EXPECT_EQ(server().remove("/deployments/" + name_).status, 200);
  engine().call("DELETE", "/volumes/" + name_ + "_data");
}

TEST_F(service_field_test, an_http_check_decides) {
  deployed(R"("healthcheck":{"http":"/index.html"})");
  EXPECT_THAT(failed(R"("container_port":"8080","healthcheck":{"http":"/nowhere","start_period":"1s"})"),
              testing::AllOf(testing::StartsWith("unhealthy: "), HasSubstr("GET :8080/nowhere → 404; wanted 200–399")));
}

TEST_F(service_field_test, a_tcp_check_may_ask_another_port) {
  EXPECT_THAT(failed(R"("healthcheck":{"tcp":"8081","start_period":"500ms"})"),
              testing::AllOf(HasSubstr("port 8081"), HasSubstr("the app listens on [::]:8080")));
}

TEST_F(service_field_test, a_check_in_the_container_decides) {
  deployed(R"("healthcheck":{"test":"test -d /app","interval":"200ms"})");
  EXPECT_THAT(failed(R"("container_port":"8080","healthcheck":{"test":"echo no database; false","interval":"100ms",)"
                     R"("retries":2})"),
              testing::AllOf(testing::StartsWith("unhealthy: "), HasSubstr("its own health check fails (exit code 1)"),
                             HasSubstr("no database")));
}

TEST_F(service_field_test, what_the_settings_do_not_allow_is_refused_by_name) {
  auto const got = refused(R"("privileged":true,"volumes":["/:/host","/var/run/docker.sock:/docker.sock"])");
  EXPECT_EQ(got.status, 422) << got.body;
  EXPECT_THAT(got.body, testing::AllOf(HasSubstr("KRANE_ALLOW"), HasSubstr("KRANE_BIND_FOLDERS"),
                                       HasSubstr("config.volumes[1]")));
}

TEST_F(service_field_test, a_folder_of_the_machine_is_mounted_where_it_is_allowed) {
  test::temp_folder shared;
  std::ofstream(shared / "index.html") << "of the machine\n";
  std::filesystem::permissions(shared.path(), std::filesystem::perms::others_read | std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  krane_server allowing(
      server_options{.engine = {}, .environment = {{"KRANE_BIND_FOLDERS", shared.path().string()}}, .arguments = {}});
  std::string const name = fresh("bind");
  port_ = free_port();
  allowing.create(name, R"("image":"krane-test/web","tag":"1","container_port":"8080","host_port":")" +
                            std::to_string(port_) + R"(","command":"httpd -f -p 8080 -h /s","volumes":[")" +
                            shared.path().string() + R"(:/s:ro"])");
  auto const now = allowing.run(name);
  ASSERT_EQ(now.at("/data/status"), "running") << now.body << allowing.last_error(name);
  EXPECT_EQ(served(), "of the machine\n");
  EXPECT_EQ(allowing.remove("/deployments/" + name).status, 200);
}

TEST_F(service_field_test, a_field_that_is_not_known_is_named_with_what_was_meant) {
  auto const got = refused(R"("enviroment":{"A":"1"},"user":"a b")");
  EXPECT_EQ(got.status, 422) << got.body;
  EXPECT_THAT(got.body, testing::AllOf(HasSubstr(R"(was \"environment\" meant?)"), HasSubstr("config.user")));
}

TEST_F(service_field_test, all_of_it_is_shown_as_it_was_given) {
  deployed(R"("environment":{"A":"1"},"resources":{"memory":"64M"},"stop_grace_period":"1s")");
  auto const got = server().get("/deployments/" + name_);
  EXPECT_EQ(got.at("/data/template/config/environment/A"), "1");
  EXPECT_EQ(got.at("/data/template/config/resources/memory"), "64M");
  EXPECT_EQ(got.at("/data/template/config/stop_grace_period"), "1s");
  EXPECT_EQ(got.at("/data/template/config/container_port"), "8080");
}

}  // namespace
}  // namespace krane::e2e
