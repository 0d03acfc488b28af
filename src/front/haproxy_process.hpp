#pragma once
// One HAProxy, as a master that outlives us and the workers it makes: started, found again, given a new configuration
// without closing a port, and brought back when it died or hangs. A master that restarts itself for a reload answers
// nobody meanwhile, and its file is empty for a moment: it is waited for, whoever asked it to.
//
// Threads: the network thread, one call at a time.  Failure: as front.hpp.
// Source: HAProxy 2.6 management guide, "Starting HAProxy", "Stopping and restarting HAProxy", "Master CLI".
#include <chrono>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "front/command_socket.hpp"
#include "front/haproxy_answers.hpp"

namespace krane::haproxy {

struct process_options {
  std::string program;        // its path
  std::string folder;         // of its files and sockets
  bool started_by_us = true;  // else by a service manager, with our configuration and sockets
};

class haproxy_process {
public:
  explicit haproxy_process(process_options options);

  // Makes the folder; fails if its name is too long for a socket.
  result<void> prepare();

  // The configuration that it has or will start with; empty if there is none.
  std::string configuration() const;
  // Checked by HAProxy itself; refused, the old one stays.
  task<void> configure(std::string text);
  // For changes that HAProxy was told otherwise, so that it starts with them when it has to.
  result<void> remember(std::string const& text);

  task<processes> look();
  // Nobody takes commands, and has not for some seconds: it has ended, and does not only hang.
  coroutine<bool> is_gone();
  // It has not answered for longer than a start or a reload takes.
  std::optional<error> absence() const;
  // Whether one of ours holds ports. One that is about to answer is waited for.
  coroutine<bool> runs();
  // Whether it works with this text, but for what it is told while it runs.
  task<bool> works_with(std::string text) const;
  // Whether a process of ours listens on the port, as far as that can be seen.
  bool listens_on(port host) const;
  task<std::string> ask(std::string commands) const { return commands_.ask(std::move(commands)); }
  // Starts it with the configuration, if it does not run. True: it was started just now.
  task<bool> ensure_running();
  // Takes over the configuration: ports that stay are never closed.
  task<void> reload();
  // Ends it and all connections.
  coroutine<void> end();

  std::string idle_socket() const { return options_.folder + "/idle.sock"; }
  std::string log_socket() const { return options_.folder + "/connections.sock"; }
  process_options const& options() const { return options_; }

private:
  std::string path(char const* name) const { return options_.folder + "/" + name; }
  pid_t find_master() const;
  task<void> start();
  task<void> wait_for_manager();
  coroutine<bool> answers_within(std::chrono::milliseconds limit);
  coroutine<bool> comes_to_answer();
  std::chrono::milliseconds silence() const;  // since it has not answered, as far as it was asked
  error missing() const;
  std::string words_since(std::streamoff position) const;
  std::streamoff output_size() const;

  process_options options_;
  command_socket commands_;
  std::optional<std::chrono::steady_clock::time_point> silent_since_;
};

}  // namespace krane::haproxy
