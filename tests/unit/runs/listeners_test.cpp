#include "runs/listeners.hpp"

#include <gmock/gmock.h>

namespace krane {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char head[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

TEST(listeners, are_those_that_listen_but_for_the_name_server) {
  std::string const text = std::string(head) +
                           "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
                           "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
                           "   2: 0B00007F:A2C7 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
                           "   3: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0\n";
  EXPECT_THAT(parse_listeners(text), ElementsAre("127.0.0.1:8080", "0.0.0.0:80"));
}

TEST(listeners, have_addresses_of_either_family) {
  EXPECT_THAT(
      parse_listeners(std::string(head) +
                      "   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0\n"
                      "   1: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 0\n"),
      ElementsAre("[::]:443", "[::1]:3000"));
}

TEST(listeners, are_those_that_wait_for_datagrams_too) {
  std::string const text = std::string(head) +
                           "   0: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n"
                           "   1: 0B00007F:A2C7 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n"
                           "   2: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0\n";
  EXPECT_THAT(parse_listeners(text, listener_kind::udp), ElementsAre("0.0.0.0:53/udp"));
}

TEST(listeners, of_nonsense_are_none) {
  EXPECT_THAT(parse_listeners("0: x:y z 0A\n1: 0100007F 0 0A\n\n"), IsEmpty());
  EXPECT_FALSE(listeners_of(0));
  EXPECT_FALSE(listeners_of(-1));
}

}  // namespace
}  // namespace krane
