#include "runs/service_policy.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/temp_folder.hpp"

namespace krane {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> forbidden(service_config service, service_policy const& policy) {
  spec wanted;
  wanted.service = std::move(service);
  std::vector<std::string> out;
  for (fault const& one : find_forbidden(wanted, policy)) out.push_back(one.path + ": " + one.error);
  return out;
}

service_config binds(std::string source) {
  return {.volumes = {{mount::kind::bind, std::move(source), "/x", false}}};
}

TEST(service_policy, allows_nothing_of_the_machine_unless_told_to) {
  EXPECT_THAT(forbidden({.privileged = true,
                         .cap_add = {"NET_ADMIN"},
                         .devices = {"/dev/fuse"},
                         .host_network = true,
                         .host_pid = true},
                        {}),
              ElementsAre(HasSubstr("config.privileged"), HasSubstr("config.cap_add"), HasSubstr("config.devices"),
                          HasSubstr("config.network_mode"), HasSubstr("config.pid")));
  EXPECT_THAT(forbidden({.privileged = true}, {}), ElementsAre(HasSubstr("KRANE_ALLOW")));
  EXPECT_THAT(forbidden({.privileged = true}, {.allowed = {permission::privileged}}), IsEmpty());
}

TEST(service_policy, lets_named_volumes_be) {
  EXPECT_THAT(forbidden({.volumes = {{mount::kind::volume, "data", "/x", false}}}, {}), IsEmpty());
}

TEST(service_policy, allows_a_folder_and_what_is_below_it) {
  test::temp_folder folder;
  std::filesystem::create_directories(folder.path().string() + "/a/b");
  service_policy const policy{.bind_folders = {folder.path().string() + "/a"}};
  EXPECT_THAT(forbidden(binds(folder.path().string() + "/a"), policy), IsEmpty());
  EXPECT_THAT(forbidden(binds(folder.path().string() + "/a/b/not-there-yet"), policy), IsEmpty());
  EXPECT_THAT(forbidden(binds(folder.path().string() + "/ab"), policy), ElementsAre(HasSubstr("KRANE_BIND_FOLDERS")));
  EXPECT_THAT(forbidden(binds(folder.path().string()), policy), ElementsAre(HasSubstr("config.volumes[0]")));
  EXPECT_THAT(forbidden(binds("/"), policy), ElementsAre(HasSubstr("KRANE_BIND_FOLDERS")));
}

TEST(service_policy, follows_a_link_out_of_what_is_allowed) {
  test::temp_folder folder;
  std::filesystem::create_directories(folder.path().string() + "/a");
  std::filesystem::create_directory_symlink("/etc", folder.path().string() + "/a/link");
  EXPECT_THAT(forbidden(binds(folder.path().string() + "/a/link"), {.bind_folders = {folder.path().string() + "/a"}}),
              ElementsAre(HasSubstr("KRANE_BIND_FOLDERS")));
}

TEST(service_policy, refuses_what_it_cannot_follow) {
  test::temp_folder folder;
  std::string const allowed = folder.path().string() + "/a";
  std::filesystem::create_directories(allowed + "/b");
  std::filesystem::create_symlink("/nowhere/at/all", allowed + "/dangling");
  std::filesystem::create_symlink(allowed + "/loop", allowed + "/loop");
  std::ofstream(allowed + "/file") << "x";
  service_policy const policy{.bind_folders = {allowed}};
  for (char const* const wrong : {"/dangling", "/dangling/below", "/loop", "/loop/below", "/file/below"})
    EXPECT_THAT(forbidden(binds(allowed + wrong), policy), ElementsAre(HasSubstr("cannot tell where that leads")))
        << wrong;
  EXPECT_THAT(forbidden(binds(allowed + "/file"), policy), IsEmpty());
  EXPECT_THAT(forbidden(binds(allowed + "/" + std::string(300, 'x')), policy),
              ElementsAre(HasSubstr("cannot tell where that leads")));
}

// As a server under ProtectHome, or any that may not look into a folder; root may, so this one gives that up.
TEST(service_policy, refuses_what_it_may_not_look_into) {
  test::temp_folder folder;
  std::string const allowed = folder.path().string() + "/a";
  std::filesystem::create_directories(allowed + "/closed");
  std::filesystem::create_directory_symlink("/etc", allowed + "/closed/link");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod((allowed + "/closed").c_str(), 0), 0);
  pid_t const child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(2);
    auto const said = forbidden(binds(allowed + "/closed/link"), {.bind_folders = {allowed}});
    ::_exit(said.size() == 1 && said[0].contains("Permission denied") ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ::chmod((allowed + "/closed").c_str(), 0700);
}

TEST(service_policy, allows_nothing_below_a_folder_that_it_does_not_see) {
  test::temp_folder folder;
  std::string const hidden = folder.path().string() + "/hidden";
  EXPECT_THAT(forbidden(binds(hidden + "/link"), {.bind_folders = {hidden}}),
              ElementsAre(HasSubstr("does not see that folder")));
  EXPECT_THAT(forbidden(binds(hidden), {.bind_folders = {hidden}}), ElementsAre(HasSubstr("does not see that folder")));
  std::filesystem::create_directory(hidden);
  EXPECT_THAT(forbidden(binds(hidden + "/new"), {.bind_folders = {hidden}}), IsEmpty());
}

TEST(service_policy, takes_log_drivers_that_write_on_this_machine_only) {
  using options = std::map<std::string, std::string>;
  auto const logs = [](std::string driver, options with) {
    return service_config{.logging = log_settings{std::move(driver), std::move(with)}};
  };
  EXPECT_THAT(forbidden(logs("json-file", {{"max-size", "50m"}, {"max-file", "2"}, {"tag", "{{.Name}}"}}), {}),
              IsEmpty());
  EXPECT_THAT(forbidden(logs("local", {{"compress", "false"}}), {}), IsEmpty());
  EXPECT_THAT(forbidden(logs("journald", {{"tag", "web"}, {"env", "A,B"}}), {}), IsEmpty());
  EXPECT_THAT(forbidden(logs("none", {}), {}), IsEmpty());
  EXPECT_THAT(forbidden(logs("", {{"max-size", "1m"}}), {}), IsEmpty());
  EXPECT_THAT(forbidden(logs("", {{"syslog-address", "tcp://127.0.0.1:6379"}}), {}),
              ElementsAre(HasSubstr("config.logging.options.syslog-address")));
  EXPECT_THAT(forbidden(logs("journald", {{"max-size", "1m"}}), {}), ElementsAre(HasSubstr("not a known option")));
  for (char const* const driver : {"syslog", "gelf", "fluentd", "splunk", "awslogs", "gcplogs", "some/plugin:1"}) {
    EXPECT_THAT(forbidden(logs(driver, {}), {}), ElementsAre(HasSubstr("KRANE_ALLOW"))) << driver;
    EXPECT_THAT(
        forbidden(logs(driver, {{"syslog-address", "tcp://127.0.0.1:6379"}}), {.allowed = {permission::logging}}),
        IsEmpty());
  }
  EXPECT_THAT(forbidden(logs("syslog", {{"tag", "a\nb"}}), {.allowed = {permission::logging}}),
              ElementsAre(HasSubstr("control characters")))
      << "that is nobody's to allow";
}

TEST(service_policy, has_one_rule_for_every_port_of_the_machine) {
  spec wanted;
  wanted.host_port = 80;
  wanted.service.ports = {{"127.0.0.1", 81, 8080, false}, {"", 53, 53, true}, {"", 1024, 80, false}};
  auto const said = find_forbidden(wanted, {.lowest_port = 1024});
  ASSERT_EQ(said.size(), 3u);
  EXPECT_EQ(said[0].path, "config.host_port");
  EXPECT_EQ(said[1].path, "config.ports[0]");
  EXPECT_EQ(said[2].path, "config.ports[1]");
  EXPECT_THAT(said[1].error, HasSubstr("port 81"));
  EXPECT_THAT(find_forbidden(wanted, {.allowed = {permission::low_ports}, .lowest_port = 1024}), IsEmpty());
  EXPECT_THAT(find_forbidden(wanted, {}), IsEmpty());
}

TEST(service_policy, wants_a_socket_named_itself) {
  test::temp_folder folder;
  std::string const path = folder.path().string() + "/engine.sock";
  int const listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
  ::close(listener);
  EXPECT_THAT(forbidden(binds(path), {.bind_folders = {folder.path().string()}}),
              ElementsAre(HasSubstr("engine.sock")));
  EXPECT_THAT(forbidden(binds(path), {.bind_folders = {path}}), IsEmpty());
}

}  // namespace
}  // namespace krane
