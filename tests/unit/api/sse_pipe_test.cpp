#include "api/sse_pipe.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "support/run_coroutine.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;

std::string text_of(sse_event const& e) {
  std::string out;
  append_sse(out, e);
  return out;
}

class counting_writer final : public http::body_writer {
public:
  task<void> write(std::string bytes) override {
    ++writes;
    text += bytes;
    if (fails) co_return make_error(errc::cancelled, "gone");
    co_return result<void>{};
  }
  coroutine<void> closed() override { co_return; }
  std::string text;
  int writes = 0;
  bool fails = false;
};

coroutine<void> put_all(sse_pipe& pipe, std::vector<std::string> texts) {
  for (auto& text : texts)
    if (!co_await pipe.put(std::move(text))) co_return;
  pipe.finish();
}

TEST(append_sse, writes_only_the_fields_there_are) {
  EXPECT_EQ(text_of({.data = "x"}), "data: x\n\n");
  EXPECT_EQ(text_of({.id = "7", .data = "x"}), "id: 7\ndata: x\n\n");
  EXPECT_EQ(text_of({.name = "end", .data = ""}), "event: end\ndata: \n\n");
}

TEST(append_sse, keeps_line_ends_out_of_a_field) {
  EXPECT_EQ(text_of({.data = "a\nb\r\nc\rd"}), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(text_of({.data = "10%\r20%\r"}), "data: 10%\ndata: 20%\ndata: \n\n");
}

TEST(sse_pipe, sends_what_came_together_in_one_write_and_ends_when_all_is_out) {
  asio::io_context loop;
  counting_writer out;
  sse_pipe pipe(loop.get_executor(), out, 1h);
  asio::co_spawn(loop, put_all(pipe, {"a", "b", "c"}), [](std::exception_ptr) {});
  test::run_coroutine(loop, pipe.run());
  EXPECT_EQ(out.text, "abc");
  EXPECT_EQ(out.writes, 1);
}

TEST(sse_pipe, says_that_it_is_alive) {
  asio::io_context loop;
  counting_writer out;
  sse_pipe pipe(loop.get_executor(), out, 10ms);
  bool ended = false;
  asio::co_spawn(loop, pipe.run(), [&](std::exception_ptr) { ended = true; });
  while (out.writes < 2) loop.run_one_for(1s);
  pipe.finish();
  while (!ended) loop.run_one_for(1s);
  EXPECT_TRUE(out.text.starts_with(": ping\n\n: ping\n\n"));
}

TEST(sse_pipe, ends_when_the_client_is_gone_and_takes_nothing_more) {
  asio::io_context loop;
  counting_writer out;
  out.fails = true;
  sse_pipe pipe(loop.get_executor(), out, 1h);
  ASSERT_TRUE(test::run_coroutine(loop, pipe.put("a")));
  test::run_coroutine(loop, pipe.run());
  EXPECT_FALSE(test::run_coroutine(loop, pipe.put("b")));
}

}  // namespace
}  // namespace krane
