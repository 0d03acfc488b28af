// What a client of krane reads from whoever answers: HTTP, events, the envelope. The same bytes must mean the same
// however they are cut, and whatever they are there is an answer or one error with a sentence.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "client/answers.hpp"
#include "client/http_connection.hpp"
#include "client/sse_reader.hpp"
#include "fuzz/property.hpp"

namespace krane::client {
namespace {

using test::must_hold;

class canned_stream final : public byte_stream {
public:
  canned_stream(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  task<std::size_t> read_some(std::span<char> into) override {
    auto const taken = std::min({into.size(), piece_, bytes_.size() - at_});
    std::copy_n(bytes_.data() + at_, taken, into.data());
    at_ += taken;
    co_return taken;
  }
  task<void> write(std::string_view) override { co_return result<void>{}; }
  bool looks_alive() override { return false; }

private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

struct outcome {
  int status = 0;
  std::string body{};
  bool failed = false;
};

coroutine<void> fetch(std::string bytes, std::size_t piece, outcome& out) {
  endpoint const where;
  http_connection link(std::make_unique<canned_stream>(std::move(bytes), piece), where);
  auto const asked = co_await link.exchange({.target = "/"});
  out.failed = !asked;
  if (!asked) {
    must_hold(!asked.error().message.empty() && asked.error().code == errc::unavailable, "a failure has its sentence");
    co_return;
  }
  out.status = link.head().status;
  for (;;) {
    auto const more = co_await link.read_some(out.body);
    out.failed = !more;
    if (!more || !*more) break;
  }
  if (out.failed) co_return;
  auto const read = read_answer(link.head(), out.body, where, true);
  must_hold(read || !read.error().message.empty(), "a refusal has its sentence");
  must_hold(read || !read.error().reason.empty(), "a refusal has its reason");
}

outcome answer_in_pieces(std::string_view bytes, std::size_t piece) {
  asio::io_context loop{1};
  outcome out;
  bool ended = false;
  asio::co_spawn(loop, fetch(std::string(bytes), piece, out), [&](std::exception_ptr thrown) {
    must_hold(!thrown, "nothing is thrown");
    ended = true;
  });
  loop.run();
  must_hold(ended, "it ends");
  return out;
}

std::vector<sse_event> events_in_pieces(std::string_view bytes, std::size_t piece) {
  sse_reader reader;
  std::vector<sse_event> all;
  while (!bytes.empty()) {
    auto events = reader.feed(bytes.substr(0, piece));
    must_hold(events.has_value(), "so few bytes are never too many");
    for (sse_event& one : *events) all.push_back(std::move(one));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return all;
}

void try_bytes(std::string_view bytes) {
  auto const whole = answer_in_pieces(bytes, SIZE_MAX);
  for (std::size_t const piece : {1U, 7U}) {
    auto const cut = answer_in_pieces(bytes, piece);
    must_hold(cut.failed == whole.failed, "an answer is whole however it is cut");
    // Of one that breaks, how much was seen before depends on when it came.
    must_hold(whole.failed || (cut.status == whole.status && cut.body == whole.body),
              "an answer is the same however it is cut");
  }
  auto const events = events_in_pieces(bytes, SIZE_MAX);
  for (std::size_t const piece : {1U, 3U})
    must_hold(events_in_pieces(bytes, piece) == events, "events are the same however they are cut");
  auto const where = parse_endpoint(bytes);
  if (!where) return;
  auto const again = parse_endpoint(where->text());
  must_hold(again && *again == *where, "an endpoint is written as it is read");
}

}  // namespace
}  // namespace krane::client

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  krane::client::try_bytes(krane::test::as_text(data, size));
  return 0;
}
