#include "client/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

// The C library's header forgets to say that its functions are C's.
extern "C" {
#include <sys/pidfd.h>
#include <sys/prctl.h>
}

extern char** environ;

namespace krane::client {
namespace {

constexpr int grace_ms = 2'000;

std::vector<std::string> environment_of(child_options const& what) {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) {
    std::string_view const entry = *one;
    bool replaced = false;
    for (auto const& [name, value] : what.environment) replaced = replaced || entry.substr(0, entry.find('=')) == name;
    if (!replaced) all.emplace_back(entry);
  }
  for (auto const& [name, value] : what.environment) all.push_back(fmt::format("{}={}", name, value));
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& one : texts) out.push_back(one.data());
  out.push_back(nullptr);
  return out;
}

// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become(child_options const& what, char* const* arguments, char* const* environment, int report) {
  std::array const wanted{what.in, what.out, what.err};
  for (int slot = 0; slot < 3; ++slot) {
    int const from = wanted[static_cast<std::size_t>(slot)];
    if (from >= 0 && (from == slot ? fcntl(from, F_SETFD, 0) : dup2(from, slot)) < 0) _exit(127);
  }
  // It is of no use without this program, however that ends.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGINT, what.ignores_interrupt ? SIG_IGN : SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvpe(arguments[0], arguments, environment);
  int const failure = errno;
  [[maybe_unused]] auto const told = write(report, &failure, sizeof failure);
  _exit(127);
}

// 0: the program runs. The pipe closes by itself when it does.
int wait_for_start(int report) {
  int failure = 0;
  ssize_t got = 0;
  do got = read(report, &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  return got == sizeof failure ? failure : 0;
}

error cannot_start(child_options const& what, int failure) {
  std::string const why = failure == ENOENT ? "there is no such program" : std::strerror(failure);
  return make_error(errc::unavailable, "no_such_program", fmt::format("cannot run {}: {}", what.command.front(), why));
}

}  // namespace

child_process::child_process(executor network, pid_t id, int watch) : id_(id), watch_(network, watch) {}

child_process::child_process(child_process&& other) noexcept
    : id_(std::exchange(other.id_, 0)), watch_(std::move(other.watch_)) {}

child_process::~child_process() {
  end();
}

result<child_process> child_process::start(executor network, child_options const& what) {
  auto arguments = what.command;
  auto environment = environment_of(what);
  auto const argument_list = pointers_to(arguments);
  auto const environment_list = pointers_to(environment);
  std::array<int, 2> report{};
  if (pipe2(report.data(), O_CLOEXEC) != 0) return cannot_start(what, errno);
  pid_t const id = fork();
  if (id == 0) become(what, argument_list.data(), environment_list.data(), report[1]);
  int const failed_fork = id < 0 ? errno : 0;
  close(report[1]);
  int const failure = failed_fork != 0 ? failed_fork : wait_for_start(report[0]);
  close(report[0]);
  if (failure != 0) {
    if (id > 0) waitpid(id, nullptr, 0);
    return cannot_start(what, failure);
  }
  int const watch = pidfd_open(id, PIDFD_NONBLOCK);
  if (watch < 0) {
    int const why = errno;
    kill(id, SIGKILL);
    waitpid(id, nullptr, 0);
    return cannot_start(what, why);
  }
  return child_process(network, id, watch);
}

task<int> child_process::wait() {
  auto [ec] = co_await watch_.async_wait(asio::posix::descriptor_base::wait_read, use_tuple);
  if (ec) co_return make_error(errc::cancelled, "cancelled");
  co_return reap();
}

int child_process::reap() {
  int status = 0;
  waitpid(std::exchange(id_, 0), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void child_process::end() {
  if (id_ == 0) return;
  kill(id_, SIGTERM);
  pollfd ended{watch_.native_handle(), POLLIN, 0};
  if (poll(&ended, 1, grace_ms) != 1) kill(id_, SIGKILL);
  reap();
}

}  // namespace krane::client
