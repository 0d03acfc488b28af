#pragma once
// A program at a terminal of its own, as a person sees it: what it shows is read, what it asks is answered.
#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krane::e2e {

struct terminal_size {
  unsigned short columns = 80;
  unsigned short rows = 24;
};

class pseudo_terminal {
public:
  // `environment` as process takes it; `folder` to work in.
  pseudo_terminal(std::vector<std::string> command, std::map<std::string, std::string> const& environment,
                  std::string const& folder, terminal_size size = {});
  // Killed if it still runs.
  ~pseudo_terminal();
  pseudo_terminal(pseudo_terminal const&) = delete;

  // True as soon as this stands in what it has shown since the last look; false at its end, or when `limit` is over.
  bool shows(std::string_view text, std::chrono::milliseconds limit = std::chrono::seconds(15));
  void types(std::string_view text);
  void presses_control_c() { types("\x03"); }
  void becomes(terminal_size size);
  // The exit status (128 + n for signal n); no value while it runs.
  std::optional<int> wait(std::chrono::milliseconds limit = std::chrono::seconds(15));
  // All that it has shown, with its colours and line ends.
  std::string const& output() const { return output_; }
  pid_t pid() const { return pid_; }

private:
  // False: nothing more will come.
  bool read_some(std::chrono::milliseconds limit);

  int terminal_ = -1;
  pid_t pid_ = -1;
  std::optional<int> status_;
  std::string output_;
  std::size_t looked_at_ = 0;
};

}  // namespace krane::e2e
