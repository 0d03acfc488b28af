// The front on a real HAProxy; servers of the test's own stand in for containers.
#include "unit/front/front_test.hpp"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::local;
using test::tagged_server;
using test::tcp_client;
using testing::HasSubstr;

class haproxy_front_test : public test::front_test {};

TEST_F(haproxy_front_test, fails_where_haproxy_refuses_what_it_is_told) {
  tagged_server const one(local, 0, "one");
  lead(route(to("c1", one)));
  auto const led = try_to_lead(route({container_id{"c2"}, "10.0.0.300", 8080}));
  ASSERT_FALSE(led) << "else nobody knows that connections still go to the container before";
  EXPECT_EQ(led.error().reason, reason::front_refused);
}

TEST_F(haproxy_front_test, leads_new_connections_elsewhere_and_leaves_open_ones_where_they_are) {
  tagged_server const old_one(local, 0, "old");
  tagged_server const new_one(local, 0, "new");
  lead(route(to("c1", old_one)));
  tcp_client client(local, host);
  ASSERT_EQ(client.read(), "old");

  lead(route(to("c2", new_one)));
  EXPECT_EQ(answer(), "new");
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(open_on("c1"), 1u);
  auto const tally = test::run_coroutine(loop, ports->tally(host));
  ASSERT_TRUE(tally) << tally.error().message;
  EXPECT_EQ(tally->taken, (std::map<container_id, std::uint64_t>{{container_id{"c2"}, 1}}));
  EXPECT_EQ(tally->held, 0u);
}

TEST_F(haproxy_front_test, lets_a_connection_wait_until_there_is_a_container) {
  lead(route({}));
  auto waiting = ask_beside();
  ASSERT_TRUE(eventually([&] { return test::run_coroutine(loop, ports->waiting(host)).value_or(0) == 1; }));
  tagged_server const server(local, 0, "here");
  lead(route(to("c1", server)));
  EXPECT_EQ(waiting.get(), "here");
  EXPECT_TRUE(eventually([&] { return test::run_coroutine(loop, ports->tally(host))->held == 1; }));
  auto const tally = test::run_coroutine(loop, ports->tally(host));
  EXPECT_GT(tally->longest_wait, 0ms);
  EXPECT_EQ(tally->refused, 0u);
}

TEST_F(haproxy_front_test, lets_a_connection_that_waits_for_a_crashed_container_find_it_at_its_new_address) {
  auto crashed = std::make_unique<tagged_server>(local, 0, "before");
  lead(route(to("c1", *crashed)));
  EXPECT_EQ(answer(), "before");
  crashed.reset();
  auto waiting = ask_beside();
  tagged_server const restarted("127.0.0.2", 0, "after");
  lead(route(to("c1", restarted)));
  EXPECT_EQ(waiting.get(), "after");
}

TEST_F(haproxy_front_test, refuses_a_connection_that_waited_as_long_as_it_may) {
  lead(route({}, 400ms));
  EXPECT_EQ(answer(), "");
  EXPECT_TRUE(eventually([&] { return test::run_coroutine(loop, ports->tally(host))->refused == 1; }));
}

TEST_F(haproxy_front_test, holds_the_same_ports_again_after_haproxy_was_killed) {
  tagged_server const server(local, 0, "web");
  lead(route({}));
  lead(route(to("c1", server)));
  pid_t const before = folder.master();
  ASSERT_GT(before, 0);
  kill(before, SIGKILL);
  // Its worker answers for a moment yet.
  EXPECT_TRUE(eventually([&] { return folder.master() != 0 && folder.master() != before; }));
  EXPECT_TRUE(eventually_answers("web"));
}

TEST_F(haproxy_front_test, replaces_a_haproxy_that_hangs) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  auto const before = processes();
  ASSERT_EQ(before.workers.size(), 1u);
  kill(before.workers[0], SIGSTOP);
  EXPECT_TRUE(eventually([&] { return folder.master() != 0 && folder.master() != before.master; }));
  EXPECT_TRUE(eventually_answers("web"));
}

TEST_F(haproxy_front_test, goes_on_without_closing_a_port_when_its_socket_was_deleted) {
  tagged_server const old_one(local, 0, "old");
  tagged_server const new_one(local, 0, "new");
  lead(route(to("c1", old_one)));
  tcp_client client(local, host);
  ASSERT_EQ(client.read(), "old");
  std::filesystem::remove(folder.path() + "/master.sock");
  lead(route(to("c2", new_one)));
  EXPECT_EQ(answer(), "new");
  EXPECT_FALSE(client.closed());
}

TEST_F(haproxy_front_test, knows_connections_from_before_another_port_was_opened) {
  tagged_server const old_one(local, 0, "old");
  tagged_server const new_one(local, 0, "new");
  lead(route(to("c1", old_one)));
  tcp_client client(local, host);
  ASSERT_EQ(client.read(), "old");
  lead(route(to("c2", new_one)));
  front_route other = route(to("c3", new_one));
  other.host = free_port();
  other.owner = deployment_name{"api"};
  lead(other);
  EXPECT_EQ(processes().old_workers.size(), 1u);
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(open_on("c1"), 1u);
  EXPECT_EQ(answer(), "new");
}

TEST_F(haproxy_front_test, a_connection_that_waited_while_another_port_was_opened_finds_its_container) {
  lead(route({}));
  auto waiting = ask_beside();
  ASSERT_TRUE(eventually([&] { return test::run_coroutine(loop, ports->waiting(host)).value_or(0) == 1; }));
  tagged_server const server(local, 0, "here");
  front_route other = route(to("c3", server));
  other.host = free_port();
  other.owner = deployment_name{"api"};
  bool opened = false;
  auto open_beside = [](front& all, front_route r, bool& done) -> coroutine<void> {
    done = (co_await all.lead(std::move(r))).has_value();
  };
  task_group beside(loop.get_executor());
  beside.spawn("the other port", open_beside(*ports, other, opened));
  lead(route(to("c1", server)));
  EXPECT_EQ(waiting.get(), "here");
  EXPECT_TRUE(eventually([&] { return opened; }));
  EXPECT_EQ(tcp_client(local, other.host).read(), "here");
  test::run_coroutine(loop, beside.stop());
}

TEST_F(haproxy_front_test, outlives_the_server_and_is_found_again) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  tcp_client client(local, host);
  ASSERT_EQ(client.read(), "web");
  pid_t const before = folder.master();
  close();
  EXPECT_EQ(answer(), "web") << "no server runs";

  open();
  adopt({route({container_id{"c1"}, "", server.port()})});
  EXPECT_EQ(folder.master(), before);
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(answer(), "web") << "its address was remembered";
}

TEST_F(haproxy_front_test, leads_back_to_the_release_that_serves_when_the_server_died_while_it_switched) {
  tagged_server const old_one(local, 0, "old");
  tagged_server const new_one(local, 0, "new");
  lead(route(to("c1", old_one)));
  lead(route(to("c2", new_one)));
  close();
  open();
  adopt({route({container_id{"c1"}, "", old_one.port()})});
  EXPECT_EQ(answer(), "old");
}

TEST_F(haproxy_front_test, a_port_that_it_should_not_hold_any_more_is_closed) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  close();
  open();
  adopt({});
  EXPECT_FALSE(tcp_client(local, host).connected());
  EXPECT_EQ(folder.master(), 0) << "nothing to hold needs no HAProxy";
}

TEST_F(haproxy_front_test, names_who_holds_a_port_and_leaves_the_others_as_they_are) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  tagged_server const stranger(local, 0, "stranger");
  front_route taken = route(to("c2", server));
  taken.host = stranger.port();
  auto const led = try_to_lead(taken);
  ASSERT_FALSE(led);
  EXPECT_EQ(led.error().reason, reason::port_in_use);
  EXPECT_THAT(led.error().message, HasSubstr("unit_front"));
  EXPECT_THAT(led.error().message, HasSubstr(std::to_string(getpid())));
  EXPECT_EQ(answer(), "web");
  EXPECT_FALSE(ports->find_route(taken.host));
}

TEST_F(haproxy_front_test, a_port_belongs_to_one_deployment) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  front_route other = route(to("c2", server));
  other.owner = deployment_name{"api"};
  auto const led = try_to_lead(other);
  ASSERT_FALSE(led);
  EXPECT_EQ(led.error().reason, reason::port_in_use);
  EXPECT_THAT(led.error().message, HasSubstr("deployment web"));
  ASSERT_TRUE(test::run_coroutine(loop, ports->let_go(deployment_name{"api"}, host)));
  EXPECT_EQ(answer(), "web") << "letting go what is another's changes nothing";
}

TEST_F(haproxy_front_test, opens_a_port_that_was_taken_at_the_start_once_it_is_free) {
  tagged_server const server(local, 0, "web");
  auto stranger = std::make_unique<tagged_server>(local, host, "stranger");
  adopt({route(to("c1", server))});
  EXPECT_FALSE(ports->find_route(host));
  stranger.reset();
  EXPECT_TRUE(eventually_answers("web"));
}

TEST_F(haproxy_front_test, says_that_the_machine_has_no_such_address) {
  close();
  open({.folder = {}, .address = "192.0.2.1"});
  tagged_server const server(local, 0, "web");
  auto const led = try_to_lead(route(to("c1", server)));
  ASSERT_FALSE(led);
  EXPECT_EQ(led.error().reason, reason::address_not_available);
  EXPECT_THAT(led.error().message, HasSubstr("192.0.2.1"));
  EXPECT_THAT(led.error().message, HasSubstr("KRANE_PUBLISH_ADDRESS"));
}

TEST_F(haproxy_front_test, tells_haproxys_own_words_when_it_refuses_the_configuration) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  close();
  std::string const refuses = files / "haproxy";
  std::ofstream(refuses) << "#!/bin/sh\necho '[ALERT]    (1) : the moon is in the wrong house' >&2\nexit 1\n";
  std::filesystem::permissions(refuses, std::filesystem::perms::owner_all);
  open({.folder = {}, .program = refuses});
  adopt({route({container_id{"c1"}, "", server.port()})});
  front_route other = route(to("c2", server));
  other.host = free_port();
  auto const led = try_to_lead(other);
  ASSERT_FALSE(led);
  EXPECT_EQ(led.error().reason, reason::front_refused);
  EXPECT_THAT(led.error().message, HasSubstr("the moon is in the wrong house"));
  EXPECT_EQ(answer(), "web") << "what was held is held";
}

TEST_F(haproxy_front_test, is_missing_where_haproxy_is_not_installed) {
  close();
  ports = make_haproxy_front(loop.get_executor(), {.folder = folder.path(), .program = files / "nothing"});
  ASSERT_TRUE(ports->obstacle());
  EXPECT_THAT(ports->obstacle()->message, HasSubstr("not installed"));
}

TEST_F(haproxy_front_test, uses_the_haproxy_that_a_service_manager_runs) {
  close();
  open({.folder = {}, .start = front_start::unit});
  std::string const at = folder.path();
  result<pid_t> started = pid_t{0};
  std::jthread const manager([&](std::stop_token const& stop) {
    while (!stop.stop_requested() && !std::filesystem::exists(at + "/haproxy.cfg")) std::this_thread::yield();
    started = start_program({find_program("haproxy"), "-W", "-f", at + "/haproxy.cfg", "-p", at + "/haproxy.pid", "-S",
                             at + "/master.sock,mode,600"},
                            files / "manager.log");
  });
  adopt({});
  ASSERT_TRUE(started) << started.error().message;
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  EXPECT_EQ(answer(), "web");
  ASSERT_TRUE(test::run_coroutine(loop, ports->let_go(deployment_name{"web"}, host)));
  EXPECT_FALSE(tcp_client(local, host).connected());
  EXPECT_EQ(folder.master(), *started) << "it is the manager's to end";
}

TEST_F(haproxy_front_test, shares_connections_out_among_replicas) {
  tagged_server const one(local, 0, "one");
  tagged_server const two(local, 0, "two");
  tagged_server const three(local, 0, "three");
  lead(route(to("c1", one)));
  lead(route_to_all({to("c1", one), to("c2", two), to("c3", three)}));
  std::vector<std::unique_ptr<tcp_client>> clients;
  std::map<std::string, int> answers;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(std::make_unique<tcp_client>(local, host));
    ++answers[clients.back()->read()];
  }
  EXPECT_EQ(answers, (std::map<std::string, int>{{"one", 3}, {"two", 3}, {"three", 3}}))
      << "each has as many open connections as the others";
}

TEST_F(haproxy_front_test, leads_away_from_one_replica_and_leaves_what_is_open_on_the_others) {
  tagged_server const one(local, 0, "one");
  tagged_server const two(local, 0, "two");
  tagged_server const next(local, 0, "next");
  lead(route_to_all({to("c1", one), to("c2", two)}));
  tcp_client first(local, host);
  std::string const before = first.read();
  tcp_client second(local, host);
  ASSERT_NE(second.read(), before);
  lead(route_to_all({to("c3", next), to("c2", two)}));
  EXPECT_EQ(open_on("c1"), 1u);
  EXPECT_EQ(open_on("c2"), 1u);
  EXPECT_FALSE(first.closed());
  EXPECT_FALSE(second.closed());
  EXPECT_EQ(answer(), "next") << "it has the fewest";
}

TEST_F(haproxy_front_test, a_replica_that_cannot_be_reached_costs_no_connection) {
  tagged_server const two(local, 0, "two");
  front_target gone{container_id{"c1"}, local, free_port()};
  lead(route_to_all({gone, to("c2", two)}));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(answer(), "two") << "one that refuses is passed by";
  gone.address.clear();
  lead(route_to_all({gone, to("c2", two)}));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(answer(), "two");
}

TEST_F(haproxy_front_test, lets_nobody_else_read_its_files) {
  tagged_server const server(local, 0, "web");
  lead(route(to("c1", server)));
  using perms = std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder.path()).permissions(), perms::owner_all);
  for (char const* name : {"haproxy.cfg", "master.sock", "connections.sock"})
    EXPECT_EQ(
        std::filesystem::status(folder.path() + "/" + name).permissions() & (perms::group_all | perms::others_all),
        perms::none)
        << name;
}

}  // namespace
}  // namespace krane
