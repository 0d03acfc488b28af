#pragma once
// A program that a test runs beside itself: its output goes to a file, and it does not outlive the test.
#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace krane::e2e {

// The test's own, without any KRANE_ and DOCKER_ setting, and what is added: as execve takes it.
std::vector<std::string> environment_with(std::map<std::string, std::string> const& added);

class process {
public:
  struct streams {
    std::string output_file;
    std::string error_file = {};  // empty: where the output goes
    std::string input_file = "/dev/null";
    std::string folder = {};  // to work in; empty: the test's own
  };
  // `environment` is added to the test's own, as environment_with does it.
  process(std::vector<std::string> command, std::map<std::string, std::string> const& environment, streams where);
  process(std::vector<std::string> command, std::map<std::string, std::string> const& environment,
          std::string output_file)
      : process(std::move(command), environment, streams{.output_file = std::move(output_file)}) {}
  // Killed if it still runs.
  ~process();
  process(process const&) = delete;
  process& operator=(process const&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The exit status (128 + n for signal n); no value while it runs.
  std::optional<int> wait(std::chrono::milliseconds limit);
  std::string output() const;

private:
  pid_t pid_ = -1;
  std::optional<int> status_;
  std::string output_file_;
};

// Runs it to its end, with a limit of a minute unless told otherwise.
struct finished {
  int status;
  std::string output;
};
finished run(std::vector<std::string> command, std::map<std::string, std::string> const& environment = {},
             std::chrono::seconds limit = std::chrono::seconds(60));

std::string read_file(std::string const& path);
void write_file(std::string const& path, std::string_view text);

// The folder of the tests' own program, where the server's is too.
std::string program_folder();

}  // namespace krane::e2e
