// The addresses and ports that are opened: IPv6 beside IPv4, and ports that only a service manager's HAProxy may open.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "front/child_process.hpp"
#include "front/host_ports.hpp"
#include "unit/front/front_test.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::local;
using test::tagged_server;
using test::tcp_client;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char local_ipv6[] = "::1";

// A stranger's program on every IPv6 address, and on no other.
class ipv6_holder {
public:
  explicit ipv6_holder(port at) : fd_(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int const on = 1;
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    sockaddr_in6 where{};
    where.sin6_family = AF_INET6;
    where.sin6_port = htons(at);
    works = bind(fd_, reinterpret_cast<sockaddr const*>(&where), sizeof where) == 0 && listen(fd_, 1) == 0;
  }
  ~ipv6_holder() { close(fd_); }
  ipv6_holder(ipv6_holder const&) = delete;
  bool works = false;

private:
  int fd_;
};

class haproxy_address_test : public test::front_test {
protected:
  void SetUp() override {
    close();
    open_everywhere();
    if (!try_every_ipv6_address(host)) GTEST_SKIP() << "this machine has no IPv6";
  }
  void restart() {
    close();
    open_everywhere();
  }
  std::string configuration() {
    std::ifstream file(folder.path() + "/haproxy.cfg");
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(haproxy_address_test, a_port_answers_on_ipv4_and_on_ipv6) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  EXPECT_EQ(tcp_client(local, host).read(), "web");
  EXPECT_EQ(tcp_client(local_ipv6, host).read(), "web");
  EXPECT_THAT(ports->addresses(host), ElementsAre("0.0.0.0", "::"));
  auto const before = processes();
  restart();
  adopt({route(to("c1", server))});
  EXPECT_EQ(processes(), before) << "a restart finds it as it is";
  EXPECT_THAT(ports->addresses(host), ElementsAre("0.0.0.0", "::"));
  EXPECT_EQ(tcp_client(local_ipv6, host).read(), "web");
}

TEST_F(haproxy_address_test, a_port_that_a_program_has_on_ipv6_is_not_free) {
  ipv6_holder const stranger(host);
  ASSERT_TRUE(stranger.works);
  auto const free = ports->check(deployment_name{"web"}, host);
  ASSERT_FALSE(free);
  EXPECT_EQ(free.error().reason, reason::port_in_use);
  EXPECT_THAT(free.error().message, HasSubstr("unit_front"));
}

TEST_F(haproxy_address_test, what_a_program_has_on_ipv6_does_not_close_ipv4) {
  ipv6_holder const stranger(host);
  ASSERT_TRUE(stranger.works);
  tagged_server const server(local, 0, "web");
  adopt({route(to("c1", server))});
  EXPECT_EQ(tcp_client(local, host).read(), "web");
  EXPECT_THAT(ports->addresses(host), ElementsAre("0.0.0.0"));
}

TEST_F(haproxy_address_test, a_haproxy_that_is_started_again_holds_what_is_left) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  close();
  folder.end_haproxy();
  ipv6_holder const stranger(host);
  ASSERT_TRUE(stranger.works);
  open_everywhere();
  adopt({route(to("c1", server))});
  EXPECT_EQ(tcp_client(local, host).read(), "web");
}

TEST_F(haproxy_address_test, ports_are_opened_on_an_ipv6_address_alone_when_that_is_wanted) {
  tagged_server const server(local, 0, "web");
  close();
  open_as_told({.folder = {}, .address = "0::1"});
  lead(route(to("c1", server)));
  EXPECT_EQ(tcp_client(local_ipv6, host).read(), "web");
  EXPECT_FALSE(tcp_client(local, host).connected());
  EXPECT_THAT(ports->addresses(host), ElementsAre("::1"));
}

TEST_F(haproxy_address_test, every_ipv6_address_is_every_address) {
  tagged_server const server(local, 0, "web");
  close();
  open_as_told({.folder = {}, .address = "::"});
  lead(route(to("c1", server)));
  EXPECT_EQ(tcp_client(local_ipv6, host).read(), "web");
  EXPECT_EQ(tcp_client(local, host).read(), "web");
}

TEST_F(haproxy_address_test, an_address_that_was_chosen_gets_no_ipv6_beside_it) {
  close();
  open();
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  EXPECT_THAT(configuration(), Not(HasSubstr("[::]")));
  EXPECT_FALSE(tcp_client(local_ipv6, host).connected());
}

// Asked by a process that may not open ports below 1024.
std::string try_without_rights(port low, port_opener who) {
  std::array<int, 2> answer{};
  if (pipe(answer.data()) != 0) return "no pipe";
  pid_t const child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) _exit(1);
    auto const free = try_host_port(local, low, who);
    std::string const said = free ? "free" : free.error().reason;
    _exit(write(answer[1], said.data(), said.size()) < 0 ? 1 : 0);
  }
  close(answer[1]);
  std::string said(64, '\0');
  auto const size = read(answer[0], said.data(), said.size());
  said.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  close(answer[0]);
  waitpid(child, nullptr, 0);
  return said;
}

constexpr port low_port = 81;

TEST(a_port_below_1024, is_refused_only_to_who_may_not_open_it) {
  std::string const like_us = try_without_rights(low_port, port_opener::like_us);
  if (like_us == "free") GTEST_SKIP() << "everybody may open port " << low_port << " here";
  if (like_us == reason::port_in_use) GTEST_SKIP() << "port " << low_port << " is in use";
  EXPECT_EQ(like_us, reason::port_not_allowed);
  EXPECT_EQ(try_without_rights(low_port, port_opener::privileged), "free");
}

TEST(a_port_below_1024, that_a_program_listens_on_is_in_use_for_a_privileged_opener_too) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can listen on port " << low_port;
  if (try_without_rights(low_port, port_opener::like_us) != reason::port_not_allowed)
    GTEST_SKIP() << "everybody may open port " << low_port << " here, or it is in use";
  tagged_server const stranger(local, low_port, "stranger");
  EXPECT_EQ(try_without_rights(low_port, port_opener::privileged), reason::port_in_use);
}

class haproxy_unit_test : public test::front_test {
protected:
  void SetUp() override {
    close();
    open({.folder = {}, .start = front_start::unit});
  }
  void start_manager() {
    std::string const at = folder.path();
    auto const started = start_program({find_program("haproxy"), "-W", "-f", at + "/haproxy.cfg", "-p",
                                        at + "/haproxy.pid", "-S", at + "/master.sock,mode,600"},
                                       files / "manager.log");
    ASSERT_TRUE(started) << started.error().message;
  }
};

TEST_F(haproxy_unit_test, a_missing_one_is_waited_for_once_and_then_told_at_once) {
  tagged_server const server(local, 0, "web");
  EXPECT_FALSE(ports->trouble()) << "it may be about to start";
  auto const first = try_to_lead(route(to("c1", server)));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().reason, reason::front_unavailable);
  EXPECT_THAT(first.error().message, HasSubstr("systemctl status krane-front"));
  auto const began = std::chrono::steady_clock::now();
  auto const second = try_to_lead(route(to("c1", server)));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, first.error().message);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s) << "it is not waited for again";
  ASSERT_TRUE(ports->trouble());
  EXPECT_EQ(ports->trouble()->message, first.error().message);
  start_manager();
  EXPECT_TRUE(eventually([&] { return !ports->trouble(); }));
  lead(route(to("c1", server)));
  EXPECT_EQ(answer(), "web");
}

TEST_F(haproxy_unit_test, holds_what_it_was_told_before_it_was_there) {
  tagged_server const server(local, 0, "web");
  front_route served = route(to("c1", server));
  ASSERT_FALSE(test::run_coroutine(loop, ports->adopt({served})));
  start_manager();
  EXPECT_TRUE(eventually_answers("web"));
  EXPECT_TRUE(eventually([&] { return !ports->trouble(); }));
}

}  // namespace
}  // namespace krane
