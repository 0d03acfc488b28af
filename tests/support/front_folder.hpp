#pragma once
// A folder for a front, whose HAProxy ends with the test: it would outlive the test as it outlives a server.
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "front/child_process.hpp"

namespace krane::test {

class front_folder {
public:
  explicit front_folder(std::string path) : path_(std::move(path)) {}
  ~front_folder() { end_haproxy(); }
  front_folder(front_folder const&) = delete;

  std::string const& path() const { return path_; }

  // 0 if there is none.
  pid_t master() const {
    pid_t pid = 0;
    std::ifstream(path_ + "/haproxy.pid") >> pid;
    return pid > 0 && runs_with_argument(pid, path_ + "/haproxy.cfg") ? pid : 0;
  }

  void end_haproxy() const {
    pid_t const pid = master();
    if (pid == 0) return;
    kill(pid, SIGTERM);
    for (int i = 0; i < 500 && master() == pid; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }

private:
  std::string path_;
};

}  // namespace krane::test
