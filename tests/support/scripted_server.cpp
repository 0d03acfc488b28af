#include "support/scripted_server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <ctime>
#include <future>
#include <stdexcept>

#include "base/random.hpp"

namespace krane::test {
namespace {

namespace http = boost::beast::http;

std::string framed(scripted_world::line const& one, bool tty, bool timestamps) {
  std::string const text = fmt::format("{}{}{}", timestamps ? nano_time(one.time_ns) + " " : "", one.text,
                                       !one.ends_line ? ""
                                       : tty          ? "\r\n"
                                                      : "\n");
  if (tty) return text;
  auto const size = static_cast<std::uint32_t>(text.size());
  std::string out(8, '\0');
  out[0] = one.source == log_source::out ? 1 : 2;
  for (std::size_t at = 0; at < 4; ++at) out[4 + at] = static_cast<char>(size >> (24 - 8 * at) & 0xFF);
  return out + text;
}

std::int64_t since_ns(parsed_target const& to) {
  auto const found = to.query.find("since");
  if (found == to.query.end()) return -1;
  std::string_view const text = found->second;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  std::size_t const dot = std::min(text.find('.'), text.size());
  std::from_chars(text.data(), text.data() + dot, seconds);
  if (dot < text.size()) std::from_chars(text.data() + dot + 1, text.data() + text.size(), nanoseconds);
  return seconds * 1'000'000'000 + nanoseconds;
}

bool asks(parsed_target const& to, std::string const& key) {
  auto const found = to.query.find(key);
  return found != to.query.end() && found->second == "1";
}

}  // namespace

std::string random_container_id() {
  return random_hex(32);
}

scripted_engine::server::server() {
  thread_ = std::thread([this] { loop_.run(); });
  start_accepting();
}

scripted_engine::server::~server() {
  stop_accepting();
  on_loop([this] {
    stopping_ = true;
    for (connection* one : open_) one->stream.close();
    changed_.notify_all();
  });
  keep_.reset();
  thread_.join();
}

void scripted_engine::server::on_loop(std::function<void()> what) {
  std::promise<void> done;
  asio::post(loop_, [&] {
    what();
    done.set_value();
  });
  done.get_future().get();
}

void scripted_engine::server::wake() {
  asio::post(loop_, [this] { changed_.notify_all(); });
}

void scripted_engine::server::start_accepting() {
  on_loop([this] {
    if (acceptor_) return;
    ::unlink(path_.c_str());
    acceptor_ = std::make_unique<acceptor>(loop_.get_executor(), asio::local::stream_protocol::endpoint(path_));
    asio::co_spawn(loop_, accept(*acceptor_), asio::detached);
  });
}

void scripted_engine::server::stop_accepting() {
  on_loop([this] {
    if (acceptor_) acceptor_->close();
    ::unlink(path_.c_str());
  });
  // The accepting coroutine has seen it when the loop has come round once more.
  on_loop([this] { acceptor_.reset(); });
}

void scripted_engine::server::close_connections(bool only_idle) {
  // A client may have an answer before its connection counts as idle; it does when the loop has come round.
  on_loop([] {});
  on_loop([this, only_idle] {
    for (connection* one : open_)
      if (one->idle || !only_idle) one->stream.close();
    changed_.notify_all();
  });
}

std::size_t scripted_engine::server::connections() const {
  std::size_t count = 0;
  const_cast<server*>(this)->on_loop([&] { count = open_.size(); });
  return count;
}

void scripted_engine::server::change(std::function<void(scripted_world&)> how) {
  {
    std::scoped_lock const lock(mutex_);
    how(world_);
  }
  wake();
}

void scripted_engine::server::change_container(container_id const& id,
                                               std::function<void(scripted_world&, scripted_world::box&)> how) {
  change([&](scripted_world& w) {
    auto* const one = w.find(id.str());
    if (one == nullptr) throw std::invalid_argument("the scripted engine has no container " + id.str());
    how(w, *one);
  });
}

void scripted_engine::server::look(std::function<void(scripted_world const&)> how) const {
  std::scoped_lock const lock(mutex_);
  how(world_);
}

void scripted_engine::server::add_fault(route where, scripted_fault fault) {
  std::scoped_lock const lock(mutex_);
  faults_[where].push_back(std::move(fault));
}

void scripted_engine::server::set_hanging(route where, bool hanging, bool carried_out) {
  {
    std::scoped_lock const lock(mutex_);
    if (hanging)
      hanging_[where] = carried_out;
    else
      hanging_.erase(where);
  }
  wake();
}

std::optional<scripted_fault> scripted_engine::server::take_fault(route where) {
  std::scoped_lock const lock(mutex_);
  auto& queue = faults_[where];
  if (queue.empty()) return std::nullopt;
  auto first = std::move(queue.front());
  queue.pop_front();
  return first;
}

std::vector<scripted_call> scripted_engine::server::calls() const {
  std::scoped_lock const lock(mutex_);
  return calls_;
}

void scripted_engine::server::forget_calls() {
  std::scoped_lock const lock(mutex_);
  forgotten_calls_ += calls_.size();
  calls_.clear();
}

bool scripted_engine::server::wait_for_calls(route where, std::size_t at_least, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return called_.wait_for(lock, limit, [&] {
    return static_cast<std::size_t>(std::ranges::count(calls_, where, &scripted_call::where)) >= at_least;
  });
}

void scripted_engine::server::set_status(connection const& on, unsigned status) {
  std::scoped_lock const lock(mutex_);
  if (on.call >= forgotten_calls_ && on.call - forgotten_calls_ < calls_.size())
    calls_[on.call - forgotten_calls_].status = status;
}

coroutine<void> scripted_engine::server::accept(acceptor& from) {
  for (;;) {
    auto [ec, s] = co_await from.async_accept(use_tuple);
    if (ec) co_return;
    asio::co_spawn(loop_, serve(socket(std::move(s))), asio::detached);
  }
}

coroutine<void> scripted_engine::server::serve(socket s) {
  connection on(std::move(s));
  auto const place = open_.insert(open_.end(), &on);
  boost::beast::flat_buffer buffer;
  for (bool go_on = !stopping_; go_on;) {
    http::request_parser<http::string_body> parser;
    auto [ec, size] = co_await http::async_read(on.stream, buffer, parser, use_tuple);
    if (ec) break;
    auto const& message = parser.get();
    std::string const target(message.target().data(), message.target().size());
    order what =
        understand(std::string(message.method_string().data(), message.method_string().size()), target, message.body());
    {
      std::string const login(message["X-Registry-Auth"]);
      std::scoped_lock const lock(mutex_);
      on.call = forgotten_calls_ + calls_.size();
      calls_.push_back({what.where, what.method, target, what.body, login, 0});
    }
    called_.notify_all();
    on.idle = false;
    go_on = co_await answer(on, std::move(what)) && on.stream.is_open() && !stopping_;
    on.idle = true;
  }
  open_.erase(place);
}

scripted_engine::server::order scripted_engine::server::understand(std::string method, std::string const& target,
                                                                   std::string body) {
  order out{route::other, std::move(method), parse_target(target), "", std::move(body)};
  auto const& path = out.to.path;
  std::string const first = path.empty() ? "" : path[0];
  std::string const last = path.empty() ? "" : path.back();
  bool const get = out.method == "GET";
  bool const post = out.method == "POST";
  bool const del = out.method == "DELETE";
  if (path.size() == 1) {
    if (get && first == "_ping") out.where = route::ping;
    if (get && first == "version") out.where = route::version;
    if (get && first == "info") out.where = route::info;
    if (get && first == "events") out.where = route::events;
    if (get && first == "volumes") out.where = route::list_volumes;
    if (get && first == "networks") out.where = route::network;
  } else if (first == "volumes" && path.size() == 2) {
    out.name = last;
    if (get) out.where = route::volume;
    if (post && last == "create") out.where = route::create_volume;
    if (del) out.where = route::remove_volume;
  } else if (first == "images") {
    // An image's name has slashes of its own.
    std::size_t const end = get ? path.size() - 1 : path.size();
    for (std::size_t at = 1; at < end; ++at) out.name += (at > 1 ? "/" : "") + path[at];
    if (post && path.size() == 2 && last == "create") out.where = route::pull;
    if (get && last == "json") out.where = path.size() == 2 ? route::list_images : route::image;
    if (del) out.where = route::remove_image;
  } else if (first == "distribution") {
    for (std::size_t at = 1; at + 1 < path.size(); ++at) out.name += (at > 1 ? "/" : "") + path[at];
    if (get && last == "json") out.where = route::distribution;
  } else if (first == "networks" && path.size() == 2) {
    out.name = last;
    if (post && last == "create") out.where = route::create_network;
    if (del) out.where = route::remove_network;
  } else if (first == "networks" && path.size() == 3) {
    out.name = path[1];
    if (post && last == "connect") out.where = route::connect;
    if (post && last == "disconnect") out.where = route::disconnect;
  } else if (first == "containers") {
    out.name = path[1];
    if (path.size() == 2) {
      if (get && last == "json") out.where = route::list;
      if (post && last == "create") out.where = route::create;
      if (del) out.where = route::remove;
    } else if (path.size() == 3) {
      if (get && last == "json") out.where = route::inspect;
      if (get && last == "logs") out.where = route::logs;
      if (out.method == "PUT" && last == "archive") out.where = route::put_files;
      if (post && last == "start") out.where = route::start;
      if (post && last == "stop") out.where = route::stop;
      if (post && last == "pause") out.where = route::pause;
      if (post && last == "unpause") out.where = route::unpause;
      if (post && last == "update") out.where = route::update;
    }
  }
  return out;
}

coroutine<bool> scripted_engine::server::answer(connection& on, order what) {
  auto const fault = take_fault(what.where);
  on.bytes_left.reset();
  if (fault && fault->what == scripted_fault::kind::close) co_return false;
  if (fault && fault->what == scripted_fault::kind::answer)
    co_return co_await send(on, {.status = fault->status,
                                 .body = boost::json::serialize(boost::json::object{{"message", fault->message}})});
  if (fault && fault->what == scripted_fault::kind::cut) on.bytes_left = fault->bytes;

  if (!co_await wait_while_hanging(on, what.where, false)) co_return false;
  if (what.where == route::logs) co_return co_await send_logs(on, what);
  if (what.where == route::events) co_return co_await send_events(on, what);
  scripted_answer done = carry_out(what);
  changed_.notify_all();
  if (!co_await wait_while_hanging(on, what.where, true)) co_return false;
  co_return co_await send(on, std::move(done));
}

scripted_answer scripted_engine::server::carry_out(order const& what) {
  std::scoped_lock const lock(mutex_);
  switch (what.where) {
    case route::ping:
      return {.body = "OK"};
    case route::version:
      return world_.version();
    case route::info:
      return world_.info();
    case route::pull:
      return world_.pull(what.to);
    case route::image:
      return world_.inspect_image(what.name);
    case route::distribution:
      return world_.ask_registry(what.name);
    case route::list_volumes:
      return world_.list_volumes(what.to);
    case route::volume:
      return world_.inspect_volume(what.name);
    case route::create_volume:
      return world_.create_volume(what.body);
    case route::remove_volume:
      return world_.remove_volume(what.name);
    case route::list_images:
      return world_.list_images();
    case route::remove_image:
      return world_.remove_image(what.name);
    case route::network:
      return world_.list_networks(what.to);
    case route::create_network:
      return world_.create_network(what.body);
    case route::remove_network:
      return world_.remove_network(what.name);
    case route::connect:
      return world_.connect(what.name, what.body);
    case route::disconnect:
      return world_.disconnect(what.name, what.body);
    case route::update:
      return world_.update(what.name, what.body);
    case route::create:
      return world_.create(what.to, what.body);
    case route::put_files:
      return world_.put_files(what.to, what.name, what.body);
    case route::start:
      return world_.start(what.name);
    case route::stop:
      return world_.stop(what.name);
    case route::pause:
      return world_.pause(what.name);
    case route::unpause:
      return world_.unpause(what.name);
    case route::remove:
      return world_.remove(what.to, what.name);
    case route::inspect:
      return world_.inspect(what.name);
    case route::list:
      return world_.list(what.to);
    case route::logs:
    case route::events:
    case route::other:
      break;
  }
  return {.status = 404, .body = R"({"message":"page not found"})"};
}

std::string scripted_engine::server::head(unsigned status) const {
  std::scoped_lock const lock(mutex_);
  std::time_t const now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 64> date{};
  std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nDate: {}\r\nApi-Version: {}\r\nContent-Type: application/json\r\nServer: Scripted\r\n", status,
      status < 300 ? "OK" : "Whatever", date.data(), world_.api_version);
}

coroutine<bool> scripted_engine::server::send(connection& on, scripted_answer what) {
  while (what.stalls_before)
    if (!co_await wait_for_change(on)) co_return false;
  set_status(on, what.status);
  if (what.status == 204 || what.status == 304) co_return co_await put(on, head(what.status) + "\r\n");
  if (!what.streamed)
    co_return co_await put(
        on, fmt::format("{}Content-Length: {}\r\n\r\n{}", head(what.status), what.body.size(), what.body));
  if (!co_await put(on, head(what.status) + "Transfer-Encoding: chunked\r\n\r\n")) co_return false;
  for (std::string_view rest = what.body; !rest.empty();) {
    std::string_view const line = rest.substr(0, rest.find('\n') + 1);
    if (!co_await put_chunk(on, line)) co_return false;
    rest.remove_prefix(line.size());
  }
  while (what.stalls_after)
    if (!co_await wait_for_change(on)) co_return false;
  co_return co_await put(on, "0\r\n\r\n");
}

coroutine<bool> scripted_engine::server::send_logs(connection& on, order const& what) {
  std::string id;
  bool tty = false;
  std::size_t next = 0;
  {
    std::scoped_lock const lock(mutex_);
    if (auto const* const one = world_.find(what.name)) {
      id = one->now.id.str();
      tty = one->image.tty;
      std::int64_t const since = since_ns(what.to);
      while (next < one->output.size() && one->output[next].time_ns < since) ++next;
      std::size_t tail = one->output.size();
      if (what.to.query.contains("tail") && what.to.query.at("tail") != "all")
        tail = static_cast<std::size_t>(std::stoul(what.to.query.at("tail")));
      next = std::max(next, one->output.size() - std::min(tail, one->output.size()));
    }
  }
  if (id.empty()) co_return co_await send(on, carry_out({route::inspect, "GET", what.to, what.name, ""}));
  set_status(on, 200);
  if (!co_await put(on, head(200) + "Transfer-Encoding: chunked\r\n\r\n")) co_return false;
  for (;;) {
    std::string bytes;
    bool more = false;
    {
      std::scoped_lock const lock(mutex_);
      auto const* const one = world_.find(id);
      for (; one != nullptr && next < one->output.size(); ++next)
        bytes += framed(one->output[next], tty, asks(what.to, "timestamps"));
      more = one != nullptr && one->now.status == "running" && asks(what.to, "follow");
    }
    if (!bytes.empty() && !co_await put_chunk(on, bytes)) co_return false;
    if (!more) co_return co_await put(on, "0\r\n\r\n");
    if (bytes.empty() && !co_await wait_for_change(on)) co_return false;
  }
}

coroutine<bool> scripted_engine::server::send_events(connection& on, order const& what) {
  std::uint64_t next = 0;
  std::string const filters = what.to.query.contains("filters") ? what.to.query.at("filters") : "{}";
  {
    std::scoped_lock const lock(mutex_);
    std::int64_t const since = since_ns(what.to);
    auto const& all = world_.happenings;
    next = world_.forgotten + all.size();
    while (since >= 0 && next > world_.forgotten && all[next - world_.forgotten - 1].time_ns >= since) --next;
  }
  set_status(on, 200);
  if (!co_await put(on, head(200) + "Transfer-Encoding: chunked\r\n\r\n")) co_return false;
  for (;;) {
    std::string bytes;
    {
      std::scoped_lock const lock(mutex_);
      next = std::max(next, world_.forgotten);
      for (; next - world_.forgotten < world_.happenings.size(); ++next) {
        auto const& one = world_.happenings[next - world_.forgotten];
        if (passes_label_filter(filters, one.attributes)) bytes += one.json + "\n";
      }
    }
    if (!bytes.empty() && !co_await put_chunk(on, bytes)) co_return false;
    if (bytes.empty() && !co_await wait_for_change(on)) co_return false;
  }
}

coroutine<bool> scripted_engine::server::put(connection& on, std::string text) {
  bool const cut = on.bytes_left && *on.bytes_left < text.size();
  if (cut) text.resize(*on.bytes_left);
  if (on.bytes_left) *on.bytes_left -= text.size();
  auto [ec, size] = co_await asio::async_write(on.stream, asio::buffer(text), use_tuple);
  co_return !ec && !cut;
}

coroutine<bool> scripted_engine::server::put_chunk(connection& on, std::string_view bytes) {
  co_return co_await put(on, fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
}

coroutine<bool> scripted_engine::server::wait_for_change(connection& on) {
  using asio::experimental::awaitable_operators::operator||;
  if (stopping_ || !on.stream.is_open()) co_return false;
  co_await (changed_.wait() || on.stream.async_wait(socket::wait_read, use_tuple));
  if (stopping_ || !on.stream.is_open()) co_return false;
  char byte = 0;
  co_return ::recv(on.stream.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

coroutine<bool> scripted_engine::server::wait_while_hanging(connection& on, route where, bool carried_out) {
  for (;;) {
    {
      std::scoped_lock const lock(mutex_);
      auto const found = hanging_.find(where);
      if (found == hanging_.end() || found->second != carried_out) break;
    }
    if (!co_await wait_for_change(on)) co_return false;
  }
  co_return true;
}

}  // namespace krane::test
