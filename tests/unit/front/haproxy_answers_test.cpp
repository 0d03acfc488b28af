#include "front/haproxy_answers.hpp"

#include <gtest/gtest.h>

namespace krane::haproxy {
namespace {

using namespace std::chrono_literals;

TEST(haproxy_answers, names_the_master_its_worker_and_those_that_only_finish) {
  auto const seen = parse_processes(
      "#<PID>          <type>          <reloads>       <uptime>        <version>      \n"
      "10579           master          1 [failed: 2]   0d00h11m13s     2.6.12-1+deb12u4\n"
      "# workers\n"
      "13563           worker          0               0d00h00m00s     2.6.12-1+deb12u4\n"
      "# old workers\n"
      "10582           worker          1               0d00h11m13s     2.6.12-1+deb12u4\n"
      "# programs\n\n");
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_EQ(
      *seen,
      (processes{.master = 10579, .reloads = 1, .failed_reloads = 2, .workers = {13563}, .old_workers = {10582}}));
}

TEST(haproxy_answers, a_list_without_a_master_is_none) {
  EXPECT_FALSE(parse_processes(""));
  EXPECT_FALSE(parse_processes("Unknown command: 'show proc'\n"));
}

TEST(haproxy_answers, loads_are_found_by_the_names_of_the_columns) {
  auto const loads = parse_loads(
      "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin\n"
      "p9002,a,0,0,3,9,,120,55\n"
      "p9002,b,0,0,0,0,,7,\n"
      "p9002,BACKEND,0,0,3,9,,127,55\n\n");
  EXPECT_EQ(loads,
            (std::vector<place_load>{{"p9002", 'a', 3, 120}, {"p9002", 'b', 0, 7}, {"p9002", whole_proxy, 3, 127}}));
}

TEST(haproxy_answers, loads_of_a_port_it_does_not_know_are_none) {
  EXPECT_TRUE(parse_loads("No such proxy.\n").empty());
}

TEST(haproxy_answers, a_connection_that_waited_tells_how_long) {
  EXPECT_EQ(parse_connection("conn p9102 b 1409 1 +7 --\n"), (unusual_connection{9102, 1410ms, false}));
}

TEST(haproxy_answers, a_connection_that_nothing_took_is_refused) {
  EXPECT_EQ(parse_connection("conn p9102 a 10063 -1 50 SC"), (unusual_connection{9102, 10063ms, true}));
  EXPECT_EQ(parse_connection("conn p9102 a 400 -1 +2 sC"), (unusual_connection{9102, 400ms, true}));
}

TEST(haproxy_answers, other_messages_are_not_connections_that_waited) {
  EXPECT_FALSE(parse_connection("Server p9102/b is UP/READY (leaving forced maintenance).\n"));
  EXPECT_FALSE(parse_connection("conn p9102 a 0 1 0 SD")) << "its container broke it off later";
  EXPECT_FALSE(parse_connection("conn p9102 a 600 -1 3 CC")) << "the client went away";
  EXPECT_FALSE(parse_connection("conn p99999 a 600 1 3 --"));
  EXPECT_FALSE(parse_connection("conn"));
  EXPECT_FALSE(parse_connection(""));
}

TEST(haproxy_answers, its_alerts_are_its_words) {
  EXPECT_EQ(words_of("[NOTICE]   (1) : haproxy version is 2.6.12\n"
                     "[ALERT]    (1) : Starting proxy p9002: cannot bind socket (Address already in use)\n"
                     "[ALERT]    (1) : [haproxy.main()] Some protocols failed to start their listeners! Exiting.\n"),
            "Starting proxy p9002: cannot bind socket (Address already in use); [haproxy.main()] Some protocols failed "
            "to start their listeners! Exiting.");
  EXPECT_EQ(words_of("Segmentation fault\n"), "Segmentation fault");
  EXPECT_EQ(words_of(""), "it says nothing");
}

}  // namespace
}  // namespace krane::haproxy
