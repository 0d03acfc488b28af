#pragma once
// The HTTP side of scripted_engine.hpp: a unix socket, a thread with its own loop, faults, and the record of calls.
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/async.hpp"
#include "support/scripted_world.hpp"
#include "support/temp_folder.hpp"

namespace krane::test {

struct scripted_fault {
  enum class kind { answer, close, cut };
  kind what = kind::answer;
  unsigned status = 0;
  std::string message;
  std::size_t bytes = 0;
};

std::string random_container_id();

class scripted_engine::server {
public:
  server();
  ~server();

  std::string const& path() const { return path_; }

  void change(std::function<void(scripted_world&)> how);
  void change_container(container_id const& id, std::function<void(scripted_world&, scripted_world::box&)> how);
  void look(std::function<void(scripted_world const&)> how) const;
  void add_fault(route where, scripted_fault fault);
  void set_hanging(route where, bool hanging, bool carried_out);
  void close_connections(bool only_idle);
  void stop_accepting();
  void start_accepting();

  std::vector<scripted_call> calls() const;
  void forget_calls();
  bool wait_for_calls(route where, std::size_t at_least, std::chrono::milliseconds limit) const;
  std::size_t connections() const;

private:
  using socket = asio::basic_stream_socket<asio::local::stream_protocol, executor>;
  using acceptor = asio::basic_socket_acceptor<asio::local::stream_protocol, executor>;
  struct connection {
    explicit connection(socket s) : stream(std::move(s)) {}
    socket stream;
    bool idle = true;
    std::optional<std::size_t> bytes_left;  // until it is cut
    std::size_t call = 0;                   // its place in the record
  };
  struct order {  // a request, understood
    route where = route::other;
    std::string method;
    parsed_target to;
    std::string name;  // the container's, image's or network's
    std::string body;
  };

  static order understand(std::string method, std::string const& target, std::string body);
  coroutine<void> accept(acceptor& from);
  coroutine<void> serve(socket s);
  // False: the connection is to be closed.
  coroutine<bool> answer(connection& on, order what);
  coroutine<bool> send(connection& on, scripted_answer what);
  coroutine<bool> send_logs(connection& on, order const& what);
  coroutine<bool> send_events(connection& on, order const& what);
  coroutine<bool> put(connection& on, std::string text);
  coroutine<bool> put_chunk(connection& on, std::string_view bytes);
  // Waits for a change of the world; false when the other side has gone.
  coroutine<bool> wait_for_change(connection& on);
  coroutine<bool> wait_while_hanging(connection& on, route where, bool carried_out);
  scripted_answer carry_out(order const& what);
  std::string head(unsigned status) const;

  void on_loop(std::function<void()> what);
  void wake();
  std::optional<scripted_fault> take_fault(route where);
  void set_status(connection const& on, unsigned status);

  temp_folder folder_;
  std::string path_ = folder_ / "engine.sock";

  mutable std::mutex mutex_;  // everything down to loop_
  mutable std::condition_variable called_;
  scripted_world world_;
  std::map<route, std::deque<scripted_fault>> faults_;
  std::map<route, bool> hanging_;  // whether carried out before
  std::vector<scripted_call> calls_;
  std::size_t forgotten_calls_ = 0;

  asio::io_context loop_{1};
  asio::executor_work_guard<executor> keep_{loop_.get_executor()};
  signal changed_{loop_.get_executor()};
  std::list<connection*> open_;  // the loop's thread only, as the rest
  std::unique_ptr<acceptor> acceptor_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace krane::test
