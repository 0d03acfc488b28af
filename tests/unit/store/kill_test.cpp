#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>
#include <sstream>

#include "unit/store/workload.hpp"

namespace krane::test {
namespace {

// The server that will be killed: eight writers at once, each acknowledgement a line in the pipe.
class victim {
public:
  victim(store_options options, store_tuning tuning, int out, int round)
      : options_(std::move(options)), tuning_(std::move(tuning)), out_(out), round_(round) {}

  int run() {
    auto opened = open_store(loop_.get_executor(), options_, tuning_);
    if (!opened) return 1;
    state_ = std::move(*opened);
    for (int writer = 0; writer < 8; ++writer)
      asio::co_spawn(loop_.get_executor(), write(writer), [](std::exception_ptr) { ::_exit(2); });
    loop_.run();
    return 3;
  }

private:
  coroutine<void> write(int writer) {
    for (int i = 0;; ++i) {
      std::string const name = "app-" + std::to_string(round_) + "-" + std::to_string(writer) + "-" + std::to_string(i);
      if (!co_await state_->deployments().put(spec_of(name), true, at(i))) ::_exit(4);
      acknowledge("deployment " + name);
      auto const r = co_await state_->runs().accept(deployment_name{name}, run_kind::deploy, {}, {}, at(i));
      if (!r) ::_exit(5);
      acknowledge("run " + r->accepted.id.str());
    }
  }
  void acknowledge(std::string line) {
    line += '\n';
    if (::write(out_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(6);
  }

  store_options options_;
  store_tuning tuning_;
  int out_;
  int round_;
  asio::io_context loop_{1};
  std::unique_ptr<store> state_;
};

class kill_test : public workload_test {
protected:
  // Kills it after that many acknowledgements, and takes down all that it gave.
  void run_and_kill(int round, int after) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    pid_t const child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      ::_exit(victim(options, tuning, ends[1], round).run());
    }
    ::close(ends[1]);
    std::string given;
    std::array<char, 4096> some{};
    bool killed = false;
    for (ssize_t size = 0; (size = ::read(ends[0], some.data(), some.size())) > 0;) {
      given.append(some.data(), static_cast<std::size_t>(size));
      if (!killed && std::ranges::count(given, '\n') >= after) {
        ::kill(child, SIGKILL);
        killed = true;
      }
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << WEXITSTATUS(status);
    std::istringstream lines(given.substr(0, given.rfind('\n') + 1));
    for (std::string kind, what; lines >> kind >> what;) (kind == "run" ? good.runs : good.deployments).insert(what);
  }
};

TEST_F(kill_test, everything_acknowledged_is_there_after_a_kill_at_any_moment) {
  make_original();
  tuning.checkpoint_pages = 20;
  tuning.vfs = disk.name();
  std::mt19937 random(20200527);
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE(round);
    run_and_kill(round, 1 + static_cast<int>(random() % 150));
    open();
    EXPECT_TRUE(holds(present(), good));
    close();
  }
  open();
  for (auto const& r : get(state->runs().unfinished()))
    EXPECT_EQ(get(state->events().latest(r.what.name, 10)).size(), 1u);
  EXPECT_GT(good.runs.size(), 100u);
}

}  // namespace
}  // namespace krane::test
