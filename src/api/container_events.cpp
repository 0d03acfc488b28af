#include "api/container_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include "api/container_output.hpp"
#include "api/envelope.hpp"
#include "api/request_reader.hpp"
#include "api/stream_end.hpp"
#include "base/async.hpp"
#include "model/reason.hpp"
#include "runs/ownership.hpp"

namespace krane::endpoints {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::uint64_t default_tail = 50;
constexpr std::uint64_t max_tail = 1'000'000;
constexpr std::size_t least_prefix = 12;
constexpr std::chrono::milliseconds look_limit{3'000};

error unknown_container(std::string const& id) {
  return make_error(errc::not_found, fmt::format("krane has no container \"{}\"", id.substr(0, 100)));
}

// As the engine allows names and ids; anything else is not even asked for.
bool may_be_container(std::string const& id) {
  return !id.empty() && id.size() <= 128 && id.front() != '.' && id.front() != '-' &&
         std::ranges::all_of(id, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                  c == '-';
         });
}

// By name, full id or a prefix of it that is long enough. One that is not ours is answered like one that is not there.
task<container_details> get_our_container(output_parts parts, std::string id) {
  if (!may_be_container(id)) co_return unknown_container(id);
  auto seen = co_await with_deadline(
      parts.docker.find_container(id), look_limit,
      make_error(errc::unavailable, reason::engine_unavailable, "the container engine does not answer; try again"));
  if (!seen) co_return seen.error();
  if (!*seen) co_return unknown_container(id);
  auto const ours = co_await is_ours(parts.state, parts.secrets, (*seen)->id, (*seen)->name, (*seen)->marks);
  if (!ours) co_return ours.error();
  if (!*ours) co_return unknown_container(id);
  bool const meant = (*seen)->name == id || (id.size() >= least_prefix && (*seen)->id.str().starts_with(id));
  if (!meant) co_return unknown_container(id);
  co_return std::move(**seen);
}

// Asked before the stream is opened: in it this could only be told as one more interruption. What else is wrong with
// the engine is told there.
task<void> expect_kept_output(output_parts parts, container_id id) {
  auto const none = co_await with_deadline(
      parts.docker.logs(std::move(id), {.follow = false, .tail = 0, .since = {}, .timestamps = false}), look_limit,
      make_error(errc::timed_out, reason::deadline, "the container engine does not answer"));
  if (!none && none.error().reason == reason::output_not_kept) co_return none.error();
  co_return result<void>{};
}

result<output_request> read_request(http::request const& from) {
  query_reader query(from);
  output_request what;
  what.follow = query.flag("follow", true);
  what.tail = default_tail;
  if (auto const since = query.text("since")) {
    what.tail.reset();
    what.after = parse_output_place(*since);
    if (!what.after) query.refuse("since", "must be a time (RFC 3339), or the id of a line");
  }
  if (query.text("tail") == "all")
    what.tail.reset();
  else if (auto const tail = query.number("tail", 0, max_tail))
    what.tail = tail;
  // Where an EventSource wants to go on, after its connection was lost: stronger than what its address says.
  if (auto const last = from.headers.find("Last-Event-ID"); last && !last->empty()) {
    what.after = parse_output_place(*last);
    what.tail.reset();
    what.tell_gap = true;
    if (!what.after) query.refuse("Last-Event-ID", "must be the id of a line");
  }
  if (auto const fit = query.outcome(); !fit) return fit.error();
  return what;
}

// Goes on until the pipe has written all and ends the race.
coroutine<void> feed_pipe(output_parts parts, output_request what, std::optional<session_id> opened_by,
                          sse_pipe& pipe) {
  auto const first = co_await (follow_output(parts.docker, what, parts.secrets.hides(), pipe) ||
                               watch_stream(parts.auth, parts.state, opened_by, std::nullopt));
  if (first.index() == 1) {
    std::string last;
    append_sse(last, {.name = "end", .data = std::get<1>(first).reason});
    // A client that is gone needs no farewell.
    if (co_await pipe.put(std::move(last))) pipe.finish();
  }
  co_await signal(co_await asio::this_coro::executor).wait();
}

coroutine<void> serve_output(output_parts parts, output_request what, std::optional<session_id> opened_by,
                             http::body_writer& out) {
  sse_pipe pipe(co_await asio::this_coro::executor, out, sse_ping_every);
  co_await (feed_pipe(parts, what, opened_by, pipe) || pipe.run() || out.closed());
}

task<http::reply> get_output(output_parts parts, call& from) {
  auto what = read_request(from.request);
  if (!what) co_return what.error();
  auto const seen = co_await get_our_container(parts, from.request.param("id"));
  if (!seen) co_return seen.error();
  if (auto const kept = co_await expect_kept_output(parts, seen->id); !kept) co_return kept.error();
  if (from.request.method == "HEAD") co_return envelope::head_of_stream();
  what->container = seen->id;
  what->started_at = seen->started_at;
  std::optional<session_id> opened_by;
  if (from.who) opened_by = from.who->id;
  http::stream_response answer{.headers = {}, .produce = [parts, what = *what, opened_by](http::body_writer& out) {
                                 return serve_output(parts, what, opened_by, out);
                               }};
  answer.headers.add("Cache-Control", "no-store");
  co_return answer;
}

endpoint output_endpoint(output_parts parts, std::string pattern) {
  boost::json::object const text{{"type", "string"}};
  return {.method = "GET",
          .pattern = std::move(pattern),
          .summary =
              "What a container of krane's writes, line by line, as server-sent events; \"end\" with its exit code "
              "when it has stopped for good",
          .who = access::stream,
          .query = {{"tail", "lines before those to come: a number, or all; 50 unless said otherwise", text},
                    {"since", "a time, or the id of a line: what came after it", text},
                    {"follow", "false ends with what is there now", {{"type", "boolean"}}},
                    {"access_token", "a session's token, where no header can be set", text}},
          .answers = {{200, "its output", text, "text/event-stream"},
                      fails(401, "streams are not open here, and there is no good token"),
                      fails(404, "krane has no such container"),
                      fails(422,
                            "a query parameter is wrong; or output_not_kept: the container's logging driver gives "
                            "nothing back"),
                      fails(503, "the container engine does not answer")},
          .handle = [parts](call& from) { return get_output(parts, from); }};
}

}  // namespace

std::vector<endpoint> container_events(output_parts parts) {
  return {output_endpoint(parts, "/containers/:id/events"), output_endpoint(parts, "/container/:id/events")};
}

}  // namespace krane::endpoints
