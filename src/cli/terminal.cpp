#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <tuple>
#include <utility>

#include "cli/safe_text.hpp"
#include "cli/text_width.hpp"

namespace krane::cli {
namespace {

constexpr std::size_t least_width = 20;
constexpr std::size_t usual_width = 80;
// Back to the first column; and the rest of the line away.
constexpr std::string_view to_line_start = "\r";
constexpr std::string_view clear_rest = "\x1b[K";

std::optional<std::size_t> width_of(int handle) {
  winsize size{};
  if (ioctl(handle, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return std::max<std::size_t>(size.ws_col, least_width);
}

// False with errno.
bool write_all(int handle, std::string_view text) {
  while (!text.empty()) {
    auto const written = write(handle, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Whoever read our output has gone: no error of ours, and nobody to tell.
[[noreturn]] void end_as_by_sigpipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  std::_Exit(128 + SIGPIPE);
}

bool wants_colours(environment const& env) {
  auto const no_color = env("NO_COLOR");
  return (!no_color || no_color->empty()) && env("TERM") != "dumb";
}

std::string safe(std::string_view text, style with) {
  return safe_for_terminal(text, with.enabled() ? text_colours::pass : text_colours::drop);
}

std::atomic<int> told_of_signals = -1;

void note_signal(int) {
  int const before = errno;
  std::uint64_t const one = 1;
  std::ignore = write(told_of_signals, &one, sizeof one);
  errno = before;
}

// While it lives, Ctrl-C ends the wait for an answer, whenever it comes and whichever thread takes it; the terminal is
// as it was before when it is gone.
class asking {
public:
  explicit asking(bool echo)
      : came_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), hidden_(!echo && tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (came_ < 0) throw std::system_error(errno, std::generic_category(), "nothing can be asked");
    told_of_signals = came_;
    struct sigaction noting{};
    noting.sa_handler = note_signal;
    sigaction(SIGINT, &noting, &int_before_);
    sigaction(SIGTERM, &noting, &term_before_);
    if (!hidden_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~asking() {
    if (hidden_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    sigaction(SIGINT, &int_before_, nullptr);
    sigaction(SIGTERM, &term_before_, nullptr);
    told_of_signals = -1;
    close(came_);
  }
  asking(asking const&) = delete;

  // False when interrupted, or at the end of the input.
  bool read_one(char& into) const {
    for (;;) {
      std::array<pollfd, 2> either{{{STDIN_FILENO, POLLIN, 0}, {came_, POLLIN, 0}}};
      if (poll(either.data(), either.size(), -1) < 0 && errno == EINTR) continue;
      if (either[1].revents != 0) return false;
      auto const got = read(STDIN_FILENO, &into, 1);
      if (got < 0 && errno == EINTR) continue;
      return got == 1;
    }
  }

private:
  int came_;
  termios before_{};
  bool hidden_;
  struct sigaction int_before_{};
  struct sigaction term_before_{};
};

}  // namespace

terminal::terminal(environment const& env)
    : input_(isatty(STDIN_FILENO) == 1), output_(isatty(STDOUT_FILENO) == 1), messages_(isatty(STDERR_FILENO) == 1) {
  bool const colours = wants_colours(env);
  output_style_ = style(colours && output_);
  messages_style_ = style(colours && messages_);
}

std::optional<std::size_t> terminal::output_width() const {
  return output_ ? width_of(STDOUT_FILENO) : std::nullopt;
}

std::optional<std::size_t> terminal::messages_width() const {
  return messages_ ? width_of(STDERR_FILENO) : std::nullopt;
}

void terminal::without_colours() {
  output_style_ = messages_style_ = style(false);
}

void terminal::write_output(std::string_view text) {
  bool const written =
      output_ && !raw_output_ ? write_all(STDOUT_FILENO, safe(text, output_style_)) : write_all(STDOUT_FILENO, text);
  if (written) return;
  if (errno == EPIPE) end_as_by_sigpipe();
  write_message(fmt::format("krane: the output could not be written: {}\n", std::strerror(errno)));
  std::_Exit(1);
}

void terminal::write_message(std::string_view text) {
  // Where not even this can be written, nobody listens.
  std::ignore = messages_ ? write_all(STDERR_FILENO, safe(text, messages_style_)) : write_all(STDERR_FILENO, text);
}

void terminal::write_in_place(std::string_view text) {
  if (!messages_) return;
  // One column less: a cursor past the last one would wrap.
  auto const width = messages_width().value_or(usual_width) - 1;
  std::string line(to_line_start);
  line += cut_to_width(safe(text, messages_style_), width);
  line += clear_rest;
  std::ignore = write_all(STDERR_FILENO, line);
}

result<std::string> terminal::ask(std::string_view question) {
  return read_line(question, true);
}

result<std::string> terminal::ask_secret(std::string_view question) {
  return read_line(question, false);
}

result<bool> terminal::confirm(std::string_view question) {
  auto answer = read_line(fmt::format("{} [y/N] ", question), true);
  if (!answer) return answer.error();
  std::ranges::transform(*answer, answer->begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return *answer == "y" || *answer == "yes";
}

result<std::string> terminal::read_line(std::string_view question, bool echo) {
  asking const here(echo);
  write_message(question);
  std::string line;
  for (;;) {
    char c = 0;
    if (!here.read_one(c)) {
      write_message("\n");
      return make_error(errc::cancelled, "interrupted");
    }
    if (c == '\n') return line;
    line += c;
  }
}

}  // namespace krane::cli
