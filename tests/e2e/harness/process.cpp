#include "e2e/harness/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/temp_folder.hpp"

extern char** environ;

namespace krane::e2e {

std::vector<std::string> environment_with(std::map<std::string, std::string> const& added) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string const text = *entry;
    auto const name = text.substr(0, text.find('='));
    if (!name.starts_with("KRANE_") && !name.starts_with("DOCKER_") && name != "NOTIFY_SOCKET" && !added.contains(name))
      out.push_back(text);
  }
  for (auto const& [name, value] : added) out.push_back(std::string(name).append("=").append(value));
  return out;
}

namespace {

int open_for_writing(std::string const& path) {
  int const opened = open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (opened < 0) throw std::runtime_error("cannot write " + path);
  return opened;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

process::process(std::vector<std::string> command, std::map<std::string, std::string> const& environment, streams where)
    : output_file_(std::move(where.output_file)) {
  auto variables = environment_with(environment);
  auto const arguments = pointers(command);
  auto const settings = pointers(variables);
  int const output = open_for_writing(output_file_);
  int const errors = open_for_writing(where.error_file.empty() ? output_file_ : where.error_file);
  pid_ = fork();
  if (pid_ == 0) {
    // A test program that crashes takes its server with it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(open(where.input_file.c_str(), O_RDONLY), 0);
    dup2(output, 1);
    dup2(errors, 2);
    if (!where.folder.empty() && chdir(where.folder.c_str()) != 0) _exit(126);
    execvpe(arguments[0], arguments.data(), settings.data());
    dprintf(2, "cannot run %s\n", arguments[0]);
    _exit(127);
  }
  close(output);
  close(errors);
  if (pid_ < 0) throw std::runtime_error("cannot fork");
}

process::~process() {
  if (status_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void process::signal(int number) const {
  if (!status_) kill(pid_, number);
}

std::optional<int> process::wait(std::chrono::milliseconds limit) {
  auto const until = std::chrono::steady_clock::now() + limit;
  while (!status_) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (std::chrono::steady_clock::now() >= until) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  return status_;
}

std::string process::output() const {
  return read_file(output_file_);
}

finished run(std::vector<std::string> command, std::map<std::string, std::string> const& environment,
             std::chrono::seconds limit) {
  test::temp_folder const folder;
  std::string const name = command.front();
  process program(std::move(command), environment, folder / "output");
  auto const status = program.wait(limit);
  if (!status) throw std::runtime_error(name + " does not end; it said: " + program.output());
  return {*status, program.output()};
}

std::string read_file(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

void write_file(std::string const& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string program_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

}  // namespace krane::e2e
