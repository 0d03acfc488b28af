#include "front/child_process.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/async.hpp"

extern char** environ;

namespace krane {
namespace {

using std::chrono::milliseconds;
using descriptor = asio::posix::basic_stream_descriptor<executor>;

std::string read_all(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

task<void> readable(descriptor& watched) {
  auto [ec] = co_await watched.async_wait(descriptor::wait_read, use_tuple);
  if (ec) co_return make_error(errc::cancelled, ec.message());
  co_return result<void>{};
}

int exit_code_of(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, WNOHANG) != child) return 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string find_program(std::string const& name) {
  char const* const path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/local/sbin:/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string const candidate = folder + "/" + name;
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

result<pid_t> start_program(std::vector<std::string> const& command, std::string const& output_file) {
  std::vector<char*> arguments;
  for (std::string const& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  // We ignore SIGPIPE; a program that we start must not have to know.
  sigset_t ours, none;
  sigemptyset(&none);
  sigemptyset(&ours);
  sigaddset(&ours, SIGPIPE);
  posix_spawnattr_setsigdefault(&how, &ours);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  int const failed = posix_spawn(&child, command.front().c_str(), &files, &how, arguments.data(), environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0)
    return make_error(errc::internal, fmt::format("{} cannot be started: {}", command.front(), std::strerror(failed)));
  return child;
}

coroutine<program_end> wait_for_end(pid_t process, milliseconds limit) {
  int const fd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (fd < 0) co_return program_end{errno == ESRCH, exit_code_of(process)};
  descriptor watched(co_await asio::this_coro::executor, fd);
  auto ended = co_await with_deadline(readable(watched), limit, make_error(errc::timed_out, "it still runs"));
  if (!ended) co_return program_end{};
  co_return program_end{true, exit_code_of(process)};
}

task<program_result> run_program(std::vector<std::string> command, std::string output_file, milliseconds limit) {
  unlink(output_file.c_str());
  auto started = start_program(command, output_file);
  if (!started) co_return started.error();
  auto const end = co_await wait_for_end(*started, limit);
  if (!end.ended) {
    kill(*started, SIGKILL);
    co_await wait_for_end(*started, milliseconds{1'000});
    co_return make_error(errc::timed_out, fmt::format("{} did not end within {} ms", command.front(), limit.count()));
  }
  program_result done{end.exit_code, read_all(output_file)};
  unlink(output_file.c_str());
  co_return done;
}

bool runs_with_argument(pid_t process, std::string const& argument) {
  std::istringstream words(read_all(fmt::format("/proc/{}/cmdline", process)));
  for (std::string word; std::getline(words, word, '\0');)
    if (word == argument) return true;
  return false;
}

std::vector<pid_t> eldest_with_argument(std::string const& argument) {
  std::vector<pid_t> all;
  std::unique_ptr<DIR, int (*)(DIR*)> const processes{opendir("/proc"), &closedir};
  while (dirent const* const entry = processes ? readdir(processes.get()) : nullptr) {
    std::string const name = entry->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    pid_t const process = std::stoi(name);
    if (runs_with_argument(process, argument)) all.push_back(process);
  }
  std::vector<pid_t> eldest;
  for (pid_t const one : all) {
    // "12 (name, which may hold anything) state parent"
    std::string const stat = read_all(fmt::format("/proc/{}/stat", one));
    std::istringstream after(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
    char state = 0;
    pid_t parent = 0;
    after >> state >> parent;
    if (std::ranges::find(all, parent) == all.end()) eldest.push_back(one);
  }
  return eldest;
}

}  // namespace krane
