#include "front/haproxy_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace krane::haproxy {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

file_options const options{
    .address = "0.0.0.0", .log_socket = "/s/connections.sock", .idle_socket = "/s/idle.sock", .connections = 5000};

held_port held(port host, std::string owner, std::string address) {
  held_port p;
  p.route.host = host;
  p.route.owner = deployment_name{std::move(owner)};
  lead_to(p, {{container_id{"c1"}, std::move(address), 8080}});
  return p;
}

TEST(haproxy_config, opens_each_port_and_leads_it_to_its_container) {
  auto const text = config_text(options, {{9002, held(9002, "web", "172.18.0.3")}});
  EXPECT_THAT(text, HasSubstr("listen p9002\n  bind 0.0.0.0:9002\n"));
  EXPECT_THAT(text, HasSubstr("  server a 172.18.0.3:8080\n"));
  EXPECT_THAT(text, HasSubstr("  server b 127.255.255.254:1 disabled\n"));
}

TEST(haproxy_config, tries_as_long_as_the_port_holds_connections) {
  auto p = held(9002, "web", "172.18.0.3");
  EXPECT_THAT(config_text(options, {{9002, p}}), HasSubstr("  retries 50\n")) << "10 s, a try each 200 ms";
  p.route.hold = 300ms;
  EXPECT_THAT(config_text(options, {{9002, p}}), HasSubstr("  retries 2\n"));
  p.route.hold = 0ms;
  EXPECT_THAT(config_text(options, {{9002, p}}), HasSubstr("  retries 0\n"));
}

TEST(haproxy_config, lets_connections_wait_at_an_address_where_nothing_listens) {
  auto const text = config_text(options, {{9002, held(9002, "web", "")}});
  EXPECT_THAT(text, HasSubstr("  server a 127.255.255.254:1\n"));
}

TEST(haproxy_config, always_has_something_to_listen_on) {
  EXPECT_THAT(config_text(options, {}), HasSubstr("  bind unix@/s/idle.sock mode 600\n"));
  EXPECT_THAT(config_text(options, {{9002, held(9002, "web", "")}}), Not(HasSubstr("idle.sock")));
}

TEST(haproxy_config, is_read_back_as_it_was_written) {
  auto first = held(9002, "web", "172.18.0.3");
  first.route.hold = 1500ms;
  lead_to(first, {{container_id{"c2"}, "172.18.0.4", 8081}});
  auto second = held(9003, "api", "");
  port_table const ports{{9002, first}, {9003, second}};
  EXPECT_EQ(remembered_ports(config_text(options, ports)), ports);
}

TEST(haproxy_config, reads_no_port_from_a_file_of_somebody_else) {
  EXPECT_TRUE(remembered_ports("global\n  maxconn 5\n").empty());
  EXPECT_TRUE(remembered_ports("# krane {\"host\":0}\n# krane nonsense\n# krane {\"host\":9002}\n").empty());
}

}  // namespace
}  // namespace krane::haproxy
