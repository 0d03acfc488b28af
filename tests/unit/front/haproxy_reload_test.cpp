// Servers that end in the middle of what HAProxy does for them, and what a server before this version has left.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "front/child_process.hpp"
#include "unit/front/front_test.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::local;
using test::tagged_server;
using test::tcp_client;
using testing::HasSubstr;

// Clients that connect without a pause.
class load {
public:
  explicit load(port host) : host_(host) {
    for (int i = 0; i < 3; ++i) clients_.emplace_back([this](std::stop_token const& stop) { run(stop); });
  }
  unsigned served() const { return served_; }
  unsigned refused() const { return refused_; }

private:
  void run(std::stop_token const& stop) {
    while (!stop.stop_requested()) ++(tcp_client(local, host_).read().empty() ? refused_ : served_);
  }
  port host_;
  std::atomic<unsigned> served_ = 0;
  std::atomic<unsigned> refused_ = 0;
  std::vector<std::jthread> clients_;
};

class haproxy_reload_test : public test::front_test {
protected:
  front_route second_port(tagged_server const& server) {
    front_route other = route(to("c2", server));
    other.host = second;
    other.owner = deployment_name{"api"};
    return other;
  }
  void restart() {
    close();
    open();
  }
  port const second = free_port();
};

constexpr char folder_variable[] = "KRANE_TEST_FRONT";
constexpr char ports_variable[] = "KRANE_TEST_FRONT_PORTS";

// Not a test: a server that opens and closes a port until somebody kills it.
TEST(server_that_is_killed, opens_and_closes_a_port) {
  char const* const at = std::getenv(folder_variable);
  if (at == nullptr) GTEST_SKIP() << "it is a part of another test";
  std::istringstream numbers(std::getenv(ports_variable));
  front_route kept{.host = 0, .owner = deployment_name{"web"}};
  front_route other{.host = 0, .owner = deployment_name{"api"}};
  port app = 0;
  numbers >> kept.host >> other.host >> app;
  kept.to.push_back({container_id{"c1"}, local, app});
  other.to.push_back({container_id{"c2"}, local, app});
  asio::io_context loop;
  auto const ports = make_haproxy_front(loop.get_executor(), {.folder = at, .address = local});
  ASSERT_TRUE(test::run_coroutine(loop, ports->adopt({kept})));
  std::ofstream(std::string(at) + "/ready") << "ready";
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(test::run_coroutine(loop, ports->lead(other)));
    ASSERT_TRUE(test::run_coroutine(loop, ports->let_go(other.owner, other.host)));
  }
}

TEST_F(haproxy_reload_test, a_server_that_is_killed_during_a_reload_costs_no_connection) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  pid_t const master = folder.master();
  setenv(folder_variable, folder.path().c_str(), 1);
  setenv(ports_variable,
         (std::to_string(host) + " " + std::to_string(second) + " " + std::to_string(server.port())).c_str(), 1);
  char const* const wanted = std::getenv("KRANE_TEST_ROUNDS");
  int const rounds = wanted == nullptr ? 6 : std::atoi(wanted);
  std::mt19937 dice(4711);
  std::string const ready = folder.path() + "/ready";
  {
    load const clients(host);
    for (int round = 0; round < rounds; ++round) {
      close();
      std::filesystem::remove(ready);
      auto const child =
          start_program({std::filesystem::read_symlink("/proc/self/exe"), "--gtest_filter=server_that_is_killed.*"},
                        files / "child.log");
      ASSERT_TRUE(child) << child.error().message;
      for (int i = 0; i < 3'000 && !std::filesystem::exists(ready); ++i) std::this_thread::sleep_for(10ms);
      ASSERT_TRUE(std::filesystem::exists(ready));
      std::this_thread::sleep_for(std::chrono::milliseconds{std::uniform_int_distribution{0, 400}(dice)});
      kill(*child, SIGKILL);
      waitpid(*child, nullptr, 0);
      open();
      adopt({route(to("c1", server))});
      EXPECT_EQ(answer(), "web");
      EXPECT_FALSE(tcp_client(local, second).connected()) << "nobody wants this port any more";
    }
    EXPECT_EQ(clients.refused(), 0u) << "of " << clients.served();
    EXPECT_GT(clients.served(), 0u);
  }
  unsetenv(folder_variable);
  EXPECT_EQ(folder.master(), master) << "it is the same HAProxy";
}

TEST_F(haproxy_reload_test, a_haproxy_that_restarts_itself_is_waited_for) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  tcp_client client(local, host);
  ASSERT_EQ(client.read(), "web");
  pid_t const master = folder.master();
  close();
  // Between its end as one program and its beginning as the next it answers nobody, and its file is empty.
  std::filesystem::rename(folder.path() + "/master.sock", folder.path() + "/hidden.sock");
  std::ofstream(folder.path() + "/haproxy.pid", std::ios::trunc) << "";
  open();
  std::jthread const later([&] {
    std::this_thread::sleep_for(300ms);
    std::filesystem::rename(folder.path() + "/hidden.sock", folder.path() + "/master.sock");
    std::ofstream(folder.path() + "/haproxy.pid", std::ios::trunc) << master << "\n";
  });
  adopt({route(to("c1", server))});
  EXPECT_EQ(folder.master(), master);
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(answer(), "web");
}

TEST_F(haproxy_reload_test, a_configuration_that_nobody_took_over_is_taken_over_by_the_next_server) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  tcp_client client(local, host);
  ASSERT_EQ(client.read(), "web");
  std::ifstream before(folder.path() + "/haproxy.cfg");
  std::string const first{std::istreambuf_iterator<char>(before), {}};
  lead(second_port(server));
  std::ifstream after(folder.path() + "/haproxy.cfg");
  std::string const both{std::istreambuf_iterator<char>(after), {}};
  ASSERT_TRUE(test::run_coroutine(loop, ports->let_go(deployment_name{"api"}, second)));
  close();
  // As a server leaves it that is killed after it wrote the file and before it asked for the reload.
  std::ofstream(folder.path() + "/haproxy.cfg", std::ios::trunc) << both;
  open();
  adopt({route(to("c1", server)), second_port(server)});
  EXPECT_EQ(tcp_client(local, second).read(), "web");
  EXPECT_EQ(answer(), "web");
  EXPECT_FALSE(client.closed());
}

// What version 0.1.0 writes.
std::string first_version_of(std::string const& folder, std::string const& address, port host, port app) {
  auto const number = std::to_string(host);
  auto const to = std::to_string(app);
  return "# Written by krane-server, and written anew whenever a port or a release changes: do not edit.\n"
         "global\n  maxconn 5000\n  noreuseport\n  httpclient.ssl.verify none\n  log " +
         folder +
         "/connections.sock len 512 format raw local0\n"
         "defaults\n  mode tcp\n  balance leastconn\n  log global\n  log-format \"conn %f %s %Tw %Tc %rc %ts\"\n"
         "  option dontlog-normal\n  option logasap\n  option redispatch 1\n  option clitcpka\n  option srvtcpka\n"
         "  timeout connect 200ms\n  timeout client 24d\n  timeout server 24d\n"
         "# krane {\"host\":" +
         number +
         ",\"owner\":\"web\",\"hold_ms\":10000,\"places\":[{\"container\":\"c1\",\"address\":\"127.0.0.1\","
         "\"number\":" +
         to +
         ",\"active\":true},{\"container\":\"\",\"address\":\"\",\"number\":0,\"active\":false},"
         "{\"container\":\"\",\"address\":\"\",\"number\":0,\"active\":false}],\"active\":null}\n"
         "listen p" +
         number + "\n  bind " + address + ":" + number + "\n  retries 50\n  server a 127.0.0.1:" + to +
         "\n  server b 127.255.255.254:1 disabled\n  server c 127.255.255.254:1 disabled\n";
}

TEST_F(haproxy_reload_test, an_upgrade_from_the_first_version_costs_no_connection) {
  tagged_server const server(local, 0, "web");
  close();
  std::filesystem::create_directories(folder.path());
  std::string const at = folder.path();
  std::ofstream(at + "/haproxy.cfg") << first_version_of(at, "0.0.0.0", host, server.port());
  auto const started = start_program({find_program("haproxy"), "-W", "-f", at + "/haproxy.cfg", "-p",
                                      at + "/haproxy.pid", "-S", at + "/master.sock,mode,600"},
                                     at + "/haproxy.log");
  ASSERT_TRUE(started) << started.error().message;
  for (int i = 0; i < 1'000 && !tcp_client(local, host).connected(); ++i) std::this_thread::sleep_for(10ms);
  {
    load const clients(host);
    tcp_client client(local, host);
    ASSERT_EQ(client.read(), "web");
    open_everywhere();
    front_route two = route_to_all({{container_id{"c1"}, "", server.port()}, {container_id{"c9"}, "", server.port()}});
    adopt({two});
    EXPECT_EQ(answer(), "web");
    EXPECT_FALSE(client.closed());
    EXPECT_EQ(folder.master(), *started);
    EXPECT_TRUE(eventually([&] { return clients.served() > 50; }));
    EXPECT_EQ(clients.refused(), 0u) << "of " << clients.served();
  }
  if (ports->addresses(host).size() > 1) EXPECT_EQ(tcp_client("::1", host).read(), "web") << "and IPv6 is there too";
}

TEST_F(haproxy_reload_test, adopting_what_is_as_it_should_be_reloads_nothing) {
  tagged_server const server(local, 0, "web");
  tagged_server const next(local, 0, "next");
  lead(route(to("c1", server)));
  auto const before = processes();
  restart();
  adopt({route(to("c2", next))});
  EXPECT_EQ(answer(), "next") << "it was told";
  EXPECT_EQ(processes(), before);
}

}  // namespace
}  // namespace krane
