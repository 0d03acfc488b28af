#include "bench/paced_load.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "base/async.hpp"

namespace krane::bench {
namespace {

using clock = std::chrono::steady_clock;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using namespace std::chrono_literals;

constexpr auto one_every = 2ms;  // on a new connection, and as often on one that is kept
constexpr int kept_connections = 50;
constexpr auto answer_limit = 15s;
constexpr auto least_between_switches = 500ms;
constexpr std::string_view question = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";
constexpr std::string_view only_question = "GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
constexpr std::string_view answer_begin = "\r\n\r\nweb ";

double ms_of(clock::duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

task<void> open(tcp_socket& socket, std::uint16_t port) {
  auto [refused] = co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_tuple);
  if (refused) co_return make_error(errc::unavailable, "cannot connect: " + refused.message());
  socket.set_option(asio::ip::tcp::no_delay(true));
  co_return result<void>{};
}

// The version that answers. errc::not_found: the connection ended before the first byte of the answer.
task<char> ask(tcp_socket& socket, std::string_view text) {
  auto [cut, sent] = co_await asio::async_write(socket, asio::buffer(text), use_tuple);
  if (cut) co_return make_error(errc::not_found, "ended before the request: " + cut.message());
  std::array<char, 256> raw;
  std::size_t have = 0;
  while (true) {
    std::string_view const answer(raw.data(), have);
    auto const body = answer.find(answer_begin);
    if (body != std::string_view::npos && have >= body + answer_begin.size() + 2)
      co_return answer[body + answer_begin.size()];
    auto [ended, more] = co_await socket.async_read_some(asio::buffer(raw.data() + have, raw.size() - have), use_tuple);
    if (ended)
      co_return make_error(have == 0 ? errc::not_found : errc::unavailable,
                           "ended before the answer's end: " + ended.message());
    have += more;
  }
}

// Who closes first keeps the connection's two ports for a minute, and a client has 28,000 of them to one address.
task<void> wait_for_end(tcp_socket& socket) {
  std::array<char, 16> more;
  auto [ended, size] = co_await socket.async_read_some(asio::buffer(more), use_tuple);
  if (!ended) co_return make_error(errc::internal, "more than the answer");
  co_return result<void>{};
}

}  // namespace

struct paced_load::state {
  ~state() {
    stop = true;
    if (thread.joinable()) thread.join();
  }

  std::uint16_t port = 0;
  asio::io_context loop{1};
  std::atomic<bool> stop = false;
  std::array<std::atomic<std::size_t>, 256> answers{};
  clock::time_point const begin = clock::now();
  paced_result seen;  // on the loop's thread until it has ended
  std::thread thread;

  void record(clock::time_point due, result<char> const& got, bool kept = false) {
    sample one{.due = due, .took_ms = ms_of(clock::now() - due), .version = got.value_or('\0'), .kept = kept};
    seen.samples.push_back(one);
    if (got) {
      ++answers[static_cast<unsigned char>(*got)];
      return;
    }
    if (seen.failed++ == 0) seen.first_failure = got.error().message;
  }

  task<char> ask_anew(tcp_socket& socket, std::string_view text) {
    if (auto opened = co_await open(socket, port); !opened) co_return opened.error();
    co_return co_await ask(socket, text);
  }

  static error late() { return make_error(errc::timed_out, "no answer within 15 seconds"); }

  coroutine<void> ask_once() {
    auto const due = clock::now();
    tcp_socket socket{co_await asio::this_coro::executor};
    auto const got = co_await with_deadline(ask_anew(socket, only_question), answer_limit, late());
    record(due, got);
    if (got) (void)co_await with_deadline(wait_for_end(socket), answer_limit, late());
  }

  coroutine<void> open_again_and_again() {
    auto const ex = co_await asio::this_coro::executor;
    task_group requests{ex};
    timer pace{ex};
    auto next = clock::now();
    while (!stop) {
      requests.spawn("request", ask_once());
      pace.expires_at(next += one_every);
      co_await pace.async_wait(use_tuple);
    }
    // Those under way are answered first.
    while (requests.size() > 0) co_await sleep_for(1ms);
    co_await requests.stop();
  }

  task<char> ask_on(std::optional<tcp_socket>& kept, executor ex) {
    if (kept) {
      auto got = co_await ask(*kept, question);
      if (got || got.error().code != errc::not_found) co_return got;
      ++seen.repeated;
    }
    kept.emplace(ex);
    co_return co_await ask_anew(*kept, question);
  }

  coroutine<void> keep_one(int number) {
    executor const ex = co_await asio::this_coro::executor;
    timer pace{ex};
    std::optional<tcp_socket> kept;
    clock::time_point close_at;
    auto due = clock::now() + one_every * number;
    while (!stop) {
      pace.expires_at(due);
      co_await pace.async_wait(use_tuple);
      if (kept && clock::now() >= close_at) kept.reset();
      if (!kept) close_at = clock::now() + 500ms + 10ms * number;
      auto const got = co_await with_deadline(ask_on(kept, ex), answer_limit, late());
      record(due, got, true);
      if (!got) kept.reset();
      due += one_every * kept_connections;
    }
  }
};

paced_load::paced_load(std::uint16_t port) : state_(std::make_unique<state>()) {
  state_->port = port;
  auto const rethrow = [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  };
  asio::co_spawn(state_->loop, state_->open_again_and_again(), rethrow);
  for (int i = 0; i < kept_connections; ++i) asio::co_spawn(state_->loop, state_->keep_one(i), rethrow);
  state_->thread = std::thread([s = state_.get()] { s->loop.run(); });
  auto const any = [&] { return std::ranges::any_of(state_->answers, [](auto const& n) { return n > 0; }); };
  for (int i = 0; i < 10'000 && !any(); ++i) std::this_thread::sleep_for(1ms);
  if (!any()) throw std::runtime_error("nothing answers on the host port");
}

paced_load::~paced_load() = default;

bool paced_load::answered_by(char version, std::size_t count) {
  auto const& answers = state_->answers[static_cast<unsigned char>(version)];
  auto const wanted = answers + count;
  for (int i = 0; i < 60'000 && answers < wanted; ++i) std::this_thread::sleep_for(1ms);
  return answers >= wanted;
}

paced_result paced_load::finish() {
  state_->stop = true;
  state_->thread.join();
  auto out = std::move(state_->seen);
  out.seconds = ms_of(clock::now() - state_->begin) / 1000;
  std::ranges::sort(out.samples, {}, &sample::due);
  return out;
}

switch_figures around_switches(std::vector<sample> const& samples, std::chrono::milliseconds around) {
  std::vector<clock::time_point> switches;
  char now = 0;
  for (sample const& one : samples) {
    // A connection that was kept is answered by the release before for as long as it is open.
    if (one.version == 0 || one.kept || one.version == now) continue;
    bool const is_new = switches.empty() || one.due - switches.back() > least_between_switches;
    if (now != 0 && is_new) switches.push_back(one.due);
    if (is_new) now = one.version;
  }
  switch_figures out{.switches = switches.size(), .near_ms = {}, .other_ms = {}};
  for (sample const& one : samples) {
    bool const is_near =
        std::ranges::any_of(switches, [&](auto at) { return one.due > at - around && one.due < at + around; });
    (is_near ? out.near_ms : out.other_ms).push_back(one.took_ms);
  }
  return out;
}

double longest_silence_ms(std::vector<sample> const& samples) {
  std::vector<clock::time_point> ends;
  for (sample const& one : samples)
    if (one.version != 0)
      ends.push_back(one.due + std::chrono::duration_cast<clock::duration>(
                                   std::chrono::duration<double, std::milli>(one.took_ms)));
  std::ranges::sort(ends);
  double longest = 0;
  for (std::size_t i = 1; i < ends.size(); ++i) longest = std::max(longest, ms_of(ends[i] - ends[i - 1]));
  return longest;
}

}  // namespace krane::bench
