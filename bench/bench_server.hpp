#pragma once
// A krane-server on a state folder of its own, logged in to; nothing of it is left afterwards.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "e2e/harness/http.hpp"
#include "e2e/harness/process.hpp"
#include "support/front_folder.hpp"
#include "support/temp_folder.hpp"
#include "support/test_key.hpp"

namespace krane::bench {

class bench_server {
public:
  // `engine` as in DOCKER_HOST. Starts it.
  bench_server(std::string program, std::string engine);
  ~bench_server();

  // How long it took, from the fork to the first 200 on each.
  struct start_times {
    double first_answer_ms;
    double ready_ms;  // NaN when the engine is none
  };
  start_times start(bool wait_until_ready);
  void stop();
  // Resident memory; and of it what is no page of a program's or library's file, which the kernel shares and may drop.
  double rss_megabytes() const { return status_megabytes(process_->pid(), "VmRSS:"); }
  double own_megabytes() const { return status_megabytes(process_->pid(), "RssAnon:"); }

  std::uint16_t port() const { return port_; }
  e2e::endpoint where() const { return e2e::endpoint::tcp(port_); }
  std::string const& token();
  // A whole request, as it goes over the wire.
  std::string request(std::string_view method, std::string_view target, std::string_view body = {});
  e2e::answer call(std::string_view method, std::string_view target, std::string_view body = {});
  // Throws when it is refused.
  void create(std::string const& name, std::string const& config);
  // Runs it; returns when the run has ended well, which its events tell.
  void run_to_its_end(std::string const& name, std::string const& tag);
  void remove(std::string const& name);
  // Of HAProxy, its master and its workers together; NaN while there is none.
  double front_megabytes() const;
  // name-0 … name-(count-1), with a config like the documented example's.
  void create_many(std::size_t first, std::size_t count);

private:
  static double status_megabytes(pid_t process, std::string_view line);

  std::string program_;
  std::string engine_;
  std::uint16_t port_;
  test::temp_folder folder_;
  test::front_folder front_{folder_ / "state/front"};
  test::test_key key_;
  std::string token_;
  std::unique_ptr<e2e::process> process_;
};

std::string deployment_name_of(std::size_t number);

}  // namespace krane::bench
