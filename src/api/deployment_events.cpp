#include "api/deployment_events.hpp"

#include <fmt/format.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include "api/deployments.hpp"
#include "api/envelope.hpp"
#include "api/event_pump.hpp"
#include "api/header_values.hpp"
#include "api/request_reader.hpp"
#include "api/sse_pipe.hpp"
#include "streams/event_text.hpp"

namespace krane::endpoints {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::uint64_t default_events = 100;
constexpr std::uint64_t max_events = 1000;

struct subscription {
  deployment_name name;  // or every_deployment
  std::uint64_t after = 0;
  std::optional<session_id> opened_by;
};

class socket_sink final : public event_sink {
public:
  explicit socket_sink(http::web_socket& socket) : socket_(socket) {}
  task<void> send(std::vector<ring_entry> events) override {
    std::vector<std::shared_ptr<std::string const>> texts;
    texts.reserve(events.size());
    for (ring_entry& one : events) texts.push_back(std::move(one.text));
    return socket_.send(std::move(texts));
  }

private:
  http::web_socket& socket_;
};

class sse_sink final : public event_sink {
public:
  explicit sse_sink(sse_pipe& pipe) : pipe_(pipe) {}
  task<void> send(std::vector<ring_entry> events) override {
    std::string out;
    for (ring_entry const& one : events) append_sse(out, {.id = std::to_string(one.id), .data = *one.text});
    return pipe_.put(std::move(out));
  }

private:
  sse_pipe& pipe_;
};

coroutine<stream_end> watch(event_parts const& parts, subscription const& what) {
  return watch_stream(parts.auth, parts.state, what.opened_by,
                      what.name == every_deployment ? std::nullopt : std::optional(what.name));
}

coroutine<void> serve_socket(event_parts parts, subscription what, http::web_socket& socket) {
  socket_sink sink(socket);
  auto const first = co_await (pump_events(parts.state, parts.ring, what.name, what.after, sink) ||
                               watch(parts, what) || socket.closed());
  if (first.index() == 2) co_return;
  auto const& end = first.index() == 0 ? std::get<0>(first) : std::get<1>(first);
  co_await socket.close(end.code, end.reason);
}

// Goes on until the pipe has written all and ends the race.
coroutine<void> feed_pipe(event_parts parts, subscription what, sse_pipe& pipe) {
  sse_sink sink(pipe);
  auto const first = co_await (pump_events(parts.state, parts.ring, what.name, what.after, sink) || watch(parts, what));
  auto const& end = first.index() == 0 ? std::get<0>(first) : std::get<1>(first);
  std::string last;
  append_sse(last, {.name = end.code == 1013 ? "behind" : "end", .data = end.reason});
  // A client that is gone needs no farewell.
  if (co_await pipe.put(std::move(last))) pipe.finish();
  co_await signal(co_await asio::this_coro::executor).wait();
}

coroutine<void> serve_sse(event_parts parts, subscription what, http::body_writer& out) {
  sse_pipe pipe(co_await asio::this_coro::executor, out, sse_ping_every);
  co_await (feed_pipe(parts, what, pipe) || pipe.run() || out.closed());
}

task<http::reply> page_of_history(store& state, deployment_name name, std::optional<std::uint64_t> since,
                                  std::uint64_t limit) {
  auto const found =
      since ? co_await state.events().after(name, *since, limit) : co_await state.events().latest(name, limit);
  if (!found) co_return found.error();
  std::string list = "[";
  for (event const& e : *found) {
    if (list.size() > 1) list += ',';
    list += to_event_text(e);
  }
  co_return envelope::success(200, list + "]");
}

// Where an EventSource wants to go on, after its connection was lost.
std::optional<std::uint64_t> read_last_event_id(http::request const& from, query_reader& faults) {
  auto const given = from.headers.find("Last-Event-ID");
  if (!given || given->empty()) return std::nullopt;
  auto const id = parse_number(*given);
  if (!id) faults.refuse("Last-Event-ID", "must be the id of an event");
  return id;
}

// The Id of an event, or a time.
task<std::optional<std::uint64_t>> read_since(store& state, query_reader& query) {
  auto const given = query.text("since");
  if (!given) co_return std::nullopt;
  if (auto const id = parse_number(*given)) co_return id;
  auto const time = parse_rfc3339(*given);
  if (!time) {
    query.refuse("since", "must be the Id of an event, or a time (RFC 3339)");
    co_return std::nullopt;
  }
  auto const before = co_await state.events().last_before(*time);
  if (!before) co_return before.error();
  co_return *before;
}

task<http::reply> reply_with_events(event_parts parts, call& from, deployment_name name) {
  bool const as_sse = !from.request.wants_websocket && accepts(from.request, "text/event-stream");
  query_reader query(from.request);
  auto asked = co_await read_since(parts.state, query);
  if (!asked) co_return asked.error();
  auto since = *asked;
  auto const limit = query.number("limit", 1, max_events).value_or(default_events);
  if (as_sse)
    if (auto const resumed = read_last_event_id(from.request, query)) since = resumed;
  if (auto const fit = query.outcome(); !fit) co_return fit.error();

  subscription what{std::move(name), since.value_or(parts.ring.last_id()), {}};
  if (from.who) what.opened_by = from.who->id;
  if (from.request.wants_websocket) {
    co_return http::websocket_response{
        .subprotocol = bearer_subprotocol(from.request), .headers = {}, .serve = [parts, what](http::web_socket& s) {
          return serve_socket(parts, what, s);
        }};
  }
  if (as_sse && from.request.method == "HEAD") co_return envelope::head_of_stream();
  if (as_sse) {
    http::stream_response answer{
        .headers = {}, .produce = [parts, what](http::body_writer& out) { return serve_sse(parts, what, out); }};
    answer.headers.add("Cache-Control", "no-store");
    co_return answer;
  }
  co_return co_await page_of_history(parts.state, what.name, since, limit);
}

task<http::reply> get_events(event_parts parts, call& from) {
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  co_return co_await reply_with_events(parts, from, kept->config.name);
}

task<http::reply> get_all_events(event_parts parts, call& from) {
  return reply_with_events(parts, from, every_deployment);
}

boost::json::value event_schema() {
  boost::json::object const text{{"type", "string"}};
  auto const object = [](boost::json::object properties, boost::json::array required) {
    return boost::json::object{{"type", "object"},
                               {"properties", std::move(properties)},
                               {"required", std::move(required)},
                               {"additionalProperties", false}};
  };
  auto const config = object({{"Registry", text}, {"Image", text}, {"ContainerPort", text}, {"HostPort", text}},
                             {"Registry", "Image", "ContainerPort", "HostPort"});
  auto const deployment = object({{"Name", text}, {"Config", config}}, {"Name", "Config"});
  auto const progress = object({{"Done", {{"type", "integer"}}}, {"Total", {{"type", "integer"}}}}, {"Done", "Total"});
  return object({{"Timestamp", text},
                 {"Message", text},
                 {"Deployment", deployment},
                 {"Id", {{"type", "integer"}}},
                 {"Run", text},
                 {"Phase", text},
                 {"Level", schema_of<event_level>()},
                 {"Progress", progress}},
                {"Timestamp", "Message", "Deployment", "Id", "Phase", "Level"});
}

endpoint events_endpoint(std::string pattern, std::string of) {
  boost::json::object const since{{"type", "string"}};
  return {
      .method = "GET",
      .pattern = std::move(pattern),
      .summary = fmt::format("What happens to {}: live over a WebSocket (one event a message), or as server-sent "
                             "events with Accept: text/event-stream; else a page of what happened",
                             of),
      .query = {{"since", "the Id of an event, or a time: what came after it comes first, then it goes on live", since},
                {"limit",
                 "of a page of history: at most that many, 100 unless said otherwise",
                 {{"type", "integer"}, {"minimum", 1}, {"maximum", max_events}}}},
      .answers = {{101, "a WebSocket; closed with 1013 when it is too slow, 1000 when the deployment is deleted",
                   boost::json::object{}, ""},
                  {200, "the last events, oldest first",
                   boost::json::object{{"type", "array"}, {"items", event_schema()}}},
                  fails(422, "since or limit is wrong")},
      .handle = {}};
}

}  // namespace

std::vector<endpoint> deployment_events(event_parts parts) {
  auto of_one = events_endpoint("/deployments/:name/events", "a deployment");
  of_one.who = access::stream;
  of_one.query.push_back({"access_token", "a session's token, where no header can be set", {{"type", "string"}}});
  of_one.answers.push_back(fails(401, "streams are not open here, and there is no good token"));
  of_one.answers.push_back(fails(404, "there is no such deployment"));
  of_one.handle = [parts](call& from) { return get_events(parts, from); };
  auto of_all = events_endpoint("/events", "all deployments");
  of_all.answers.push_back(fails(401, "no good token"));
  of_all.handle = [parts](call& from) { return get_all_events(parts, from); };
  return {std::move(of_one), std::move(of_all)};
}

}  // namespace krane::endpoints
