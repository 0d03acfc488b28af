// One look at a program's port, on real sockets.
#include "runs/port_check.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "support/run_coroutine.hpp"
#include "support/tagged_server.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using what = port_seen::what;

port_seen look(port_check wanted) {
  asio::io_context loop;
  wanted.address = "127.0.0.1";
  return test::run_coroutine(loop, look_at_port(std::move(wanted)));
}

TEST(port_check, tells_a_refusal_from_silence) {
  port const free = test::tagged_server("127.0.0.1", 0, "").port();
  EXPECT_EQ(look({.address = {}, .number = free}).is, what::refuses);
  EXPECT_EQ(look({.address = {}, .number = free, .path = "/up"}).is, what::refuses);
  // It accepts, and says nothing.
  test::tagged_server const mute("127.0.0.1", 0, "");
  EXPECT_EQ(look({.address = {}, .number = mute.port()}).is, what::answers);
  auto const seen = look({.address = {}, .number = mute.port(), .path = "/up", .limit = 50ms});
  EXPECT_EQ(seen.is, what::silent);
  EXPECT_THAT(seen.text, HasSubstr("/up → no answer within 50 ms"));
}

TEST(port_check, gives_a_first_answer_its_time) {
  EXPECT_EQ(port_check{}.limit, 5s);
}

}  // namespace
}  // namespace krane
