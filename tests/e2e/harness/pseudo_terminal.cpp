#include "e2e/harness/pseudo_terminal.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "e2e/harness/process.hpp"

namespace krane::e2e {
namespace {

using clock = std::chrono::steady_clock;

winsize window(terminal_size size) {
  return {.ws_row = size.rows, .ws_col = size.columns, .ws_xpixel = 0, .ws_ypixel = 0};
}

}  // namespace

pseudo_terminal::pseudo_terminal(std::vector<std::string> command,
                                 std::map<std::string, std::string> const& environment, std::string const& folder,
                                 terminal_size size) {
  auto variables = environment_with(environment);
  std::vector<char*> arguments;
  std::vector<char*> settings;
  for (auto& word : command) arguments.push_back(word.data());
  for (auto& variable : variables) settings.push_back(variable.data());
  arguments.push_back(nullptr);
  settings.push_back(nullptr);
  auto const shape = window(size);
  pid_ = forkpty(&terminal_, nullptr, nullptr, &shape);
  if (pid_ < 0) throw std::runtime_error("cannot open a terminal");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::signal(SIGPIPE, SIG_DFL);
    if (chdir(folder.c_str()) != 0) _exit(126);
    execvpe(arguments[0], arguments.data(), settings.data());
    _exit(127);
  }
}

pseudo_terminal::~pseudo_terminal() {
  close(terminal_);
  if (status_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool pseudo_terminal::read_some(std::chrono::milliseconds limit) {
  pollfd what{.fd = terminal_, .events = POLLIN, .revents = 0};
  if (poll(&what, 1, static_cast<int>(limit.count())) <= 0) return true;
  std::array<char, 4096> part;
  auto const got = read(terminal_, part.data(), part.size());
  if (got <= 0) return false;  // EIO: the program has ended
  output_.append(part.data(), static_cast<std::size_t>(got));
  return true;
}

bool pseudo_terminal::shows(std::string_view text, std::chrono::milliseconds limit) {
  auto const until = clock::now() + limit;
  bool more = true;
  while (true) {
    if (auto const found = output_.find(text, looked_at_); found != std::string::npos) {
      looked_at_ = found + text.size();
      return true;
    }
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
    if (!more || left.count() <= 0) return false;
    more = read_some(left);
  }
}

void pseudo_terminal::types(std::string_view text) {
  while (!text.empty()) {
    auto const written = write(terminal_, text.data(), text.size());
    if (written <= 0) throw std::runtime_error("nobody reads what is typed");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void pseudo_terminal::becomes(terminal_size size) {
  auto const shape = window(size);
  ioctl(terminal_, TIOCSWINSZ, &shape);
}

std::optional<int> pseudo_terminal::wait(std::chrono::milliseconds limit) {
  auto const until = clock::now() + limit;
  while (!status_ && clock::now() < until) {
    // What it shows is taken, so that it need not wait for a reader.
    bool const open = read_some(std::chrono::milliseconds(5));
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_)
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    else if (!open)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (status_)
    for (std::size_t before = output_.size() + 1; before != output_.size();) {
      before = output_.size();
      if (!read_some(std::chrono::milliseconds(0))) break;
    }
  return status_;
}

}  // namespace krane::e2e
