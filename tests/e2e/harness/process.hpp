#pragma once
// A program that a test runs beside itself: its output goes to a file, and it does not outlive the test.
#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace krane::e2e {

class process {
public:
  // `environment` is added to the test's own, which loses every KRANE_ and DOCKER_ setting first.
  process(std::vector<std::string> command, std::map<std::string, std::string> const& environment,
          std::string output_file);
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
