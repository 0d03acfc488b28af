#include "engine/create_body.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace krane::docker {
namespace {

boost::json::object made(container_spec const& what) {
  return boost::json::parse(create_body(what)).as_object();
}

container_spec plain() {
  return {.name = "web-1", .image = "x:1", .marks = {}, .network = "krane", .exposed = {}, .publish = {}};
}

void expect(boost::json::value const& found, char const* wanted) {
  EXPECT_EQ(found, boost::json::parse(wanted)) << boost::json::serialize(found);
}

TEST(create_body, a_published_port_is_exposed_and_bound) {
  container_spec what{.name = "web-1",
                      .image = "sha256:1",
                      .marks = {{"deployment.name", "web"}},
                      .network = "krane",
                      .exposed = 8080,
                      .publish = published_port{.host = 9002, .container = 8080}};
  expect(made(what), R"({
    "Image": "sha256:1", "Labels": {"deployment.name": "web"}, "Tty": false,
    "ExposedPorts": {"8080/tcp": {}},
    "NetworkingConfig": {"EndpointsConfig": {"krane": {}}},
    "HostConfig": {"Init": true, "NetworkMode": "krane", "RestartPolicy": {"Name": "unless-stopped"},
                   "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
                   "SecurityOpt": ["no-new-privileges"],
                   "PortBindings": {"8080/tcp": [{"HostPort": "9002"}]}}})");
}

TEST(create_body, a_container_without_ports_has_none) {
  auto const body = made(plain());
  EXPECT_FALSE(body.contains("ExposedPorts"));
  EXPECT_FALSE(body.at("HostConfig").as_object().contains("PortBindings"));
}

TEST(create_body, further_ports_are_published_beside_it) {
  auto what = plain();
  what.exposed = 80;
  what.service.ports = {{"127.0.0.1", 5353, 53, true}, {"", 5354, 53, true}, {"", 8443, 443, false}};
  auto const body = made(what);
  expect(body.at("ExposedPorts"), R"({"80/tcp": {}, "53/udp": {}, "443/tcp": {}})");
  expect(body.at("HostConfig").at("PortBindings"), R"({
    "53/udp": [{"HostPort": "5353", "HostIp": "127.0.0.1"}, {"HostPort": "5354"}], "443/tcp": [{"HostPort": "8443"}]})");
}

TEST(create_body, what_runs_is_as_it_is_asked_for) {
  auto what = plain();
  what.service.entrypoint = std::vector<std::string>{"/bin/sh", "-c"};
  what.service.command = std::vector<std::string>{"exec app"};
  what.service.user = "1000:1000";
  what.service.working_dir = "/srv";
  what.service.stop_signal = "SIGINT";
  what.service.stop_grace = std::chrono::milliseconds{1'500};
  what.environment = {{"A", "1"}, {"B", "x=y"}};
  auto const body = made(what);
  expect(body.at("Entrypoint"), R"(["/bin/sh", "-c"])");
  expect(body.at("Cmd"), R"(["exec app"])");
  expect(body.at("Env"), R"(["A=1", "B=x=y"])");
  EXPECT_EQ(body.at("User"), "1000:1000");
  EXPECT_EQ(body.at("WorkingDir"), "/srv");
  EXPECT_EQ(body.at("StopSignal"), "SIGINT");
  EXPECT_EQ(body.at("StopTimeout"), 2) << "whole seconds, never less than asked";
}

TEST(create_body, volumes_are_the_deployments_own) {
  auto what = plain();
  what.volume_prefix = "web_";
  what.marks_of_volumes = {{"deployment.name", "web"}};
  what.service.volumes = {{mount::kind::volume, "data", "/data", false}, {mount::kind::bind, "/srv/a", "/a", true}};
  what.service.tmpfs = {{"/run", "size=64M"}, {"/tmp", ""}};
  auto const body = made(what);
  expect(body.at("HostConfig").at("Mounts"), R"([
    {"Target": "/data", "ReadOnly": false, "Type": "volume", "Source": "web_data",
     "VolumeOptions": {"Labels": {"deployment.name": "web"}}},
    {"Target": "/a", "ReadOnly": true, "Type": "bind", "Source": "/srv/a"}])");
  expect(body.at("HostConfig").at("Tmpfs"), R"({"/run": "size=64M", "/tmp": ""})");
}

TEST(create_body, a_place_of_its_own_is_a_volume_that_goes_with_it) {
  auto what = plain();
  what.own_volumes = {"/run/secrets"};
  expect(made(what).at("Volumes"), R"({"/run/secrets": {}})");
}

TEST(create_body, limits_count_memory_without_swap) {
  auto what = plain();
  what.service.resources = {.nano_cpus = 500'000'000, .memory_bytes = 268'435'456, .pids = 100};
  auto const host = made(what).at("HostConfig").as_object();
  EXPECT_EQ(host.at("NanoCpus"), 500'000'000);
  EXPECT_EQ(host.at("Memory"), 268'435'456);
  EXPECT_EQ(host.at("MemorySwap"), 268'435'456);
  EXPECT_EQ(host.at("PidsLimit"), 100);
}

TEST(create_body, a_check_by_command_is_the_engines_and_others_are_ours) {
  auto what = plain();
  what.service.healthcheck = health_check{.is = health_check::kind::command,
                                          .command = {"pg_isready"},
                                          .in_shell = true,
                                          .interval = std::chrono::milliseconds{2'000},
                                          .retries = 5};
  expect(made(what).at("Healthcheck"),
         R"({"Test": ["CMD-SHELL", "pg_isready"], "Interval": 2000000000, "Retries": 5})");
  what.service.healthcheck = health_check{.is = health_check::kind::http, .path = "/up"};
  expect(made(what).at("Healthcheck"), R"({"Test": ["NONE"]})");
}

TEST(create_body, more_rights_are_given_only_when_asked_for) {
  auto what = plain();
  what.service.read_only = true;
  what.service.cap_drop = {"ALL"};
  what.service.cap_add = {"NET_ADMIN"};
  what.service.devices = {"/dev/fuse", "/dev/a:/dev/b:r"};
  auto const host = made(what).at("HostConfig").as_object();
  EXPECT_EQ(host.at("ReadonlyRootfs"), true);
  expect(host.at("CapDrop"), R"(["ALL"])");
  expect(host.at("CapAdd"), R"(["NET_ADMIN"])");
  expect(host.at("Devices"), R"([
    {"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse", "CgroupPermissions": "rwm"},
    {"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}])");
  EXPECT_FALSE(host.contains("Privileged"));
  what.service.privileged = true;
  EXPECT_FALSE(made(what).at("HostConfig").as_object().contains("SecurityOpt"));
}

TEST(create_body, a_container_in_the_hosts_network_is_in_no_other) {
  auto what = plain();
  what.service.host_network = true;
  auto const body = made(what);
  EXPECT_EQ(body.at("HostConfig").at("NetworkMode"), "host");
  EXPECT_FALSE(body.contains("NetworkingConfig"));
}

TEST(create_body, others_reach_it_by_its_aliases) {
  auto what = plain();
  what.aliases = {"web"};
  expect(made(what).at("NetworkingConfig"), R"({"EndpointsConfig": {"krane": {"Aliases": ["web"]}}})");
}

TEST(create_body, labels_of_the_person_never_replace_ours) {
  auto what = plain();
  what.marks = {{"krane.run", "1"}};
  what.service.labels = {{"krane.run", "2"}, {"team", "web"}};
  expect(made(what).at("Labels"), R"({"krane.run": "1", "team": "web"})");
}

}  // namespace
}  // namespace krane::docker
