#include "runs/service_policy.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

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
