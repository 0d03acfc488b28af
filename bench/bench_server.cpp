#include "bench/bench_server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <thread>

#include "bench/load.hpp"

namespace krane::bench {
namespace {

using clock = std::chrono::steady_clock;

double ms_since(clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(clock::now() - begin).count();
}

}  // namespace

std::string deployment_name_of(std::size_t number) {
  return fmt::format("bench-{:05}", number);
}

bench_server::bench_server(std::string program, std::string engine)
    : program_(std::move(program)),
      engine_(std::move(engine)),
      port_(e2e::free_port()),
      key_(test::test_key::generate(test::key_kind::ed25519)) {
  std::filesystem::create_directory(folder_ / "state");
  e2e::write_file(folder_ / "authorized_keys", key_.authorized_keys_line("bench") + "\n");
  ::chmod((folder_ / "authorized_keys").c_str(), 0600);
}

bench_server::~bench_server() {
  try {
    stop();
  } catch (std::exception const& e) {
    fmt::print(stderr, "krane-bench: {}\n", e.what());
  }
}

bench_server::start_times bench_server::start(bool wait_until_ready) {
  auto const begin = clock::now();
  process_ = std::make_unique<e2e::process>(
      std::vector<std::string>{program_},
      std::map<std::string, std::string>{{"KRANE_REST_PORT", std::to_string(port_)},
                                         {"KRANE_PATH", folder_ / "state"},
                                         {"KRANE_AUTHORIZED_KEYS", folder_ / "authorized_keys"},
                                         {"KRANE_LOGIN_LIMIT", "0"},
                                         {"KRANE_LOG_LEVEL", "warn"},
                                         {"KRANE_SETTLE", "0"},
                                         {"DOCKER_HOST", engine_}},
      folder_ / "log");
  auto const wait_for = [&](std::string_view path) {
    while (ms_since(begin) < 30'000) {
      try {
        if (e2e::exchange(where(), "GET", path, {}, {}, std::chrono::seconds(5)).status == 200) return ms_since(begin);
      } catch (std::exception const&) {
        // not listening yet
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    throw std::runtime_error("krane-server does not answer: " + e2e::read_file(folder_ / "log"));
  };
  start_times times{.first_answer_ms = wait_for("/health"), .ready_ms = std::numeric_limits<double>::quiet_NaN()};
  if (wait_until_ready) times.ready_ms = wait_for("/readyz");
  return times;
}

void bench_server::stop() {
  if (!process_) return;
  process_->signal(SIGTERM);
  bool const ended = process_->wait(std::chrono::seconds(15)).has_value();
  process_.reset();
  if (!ended) throw std::runtime_error("krane-server did not end within 15 s");
}

double bench_server::status_megabytes(pid_t process, std::string_view wanted) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(wanted)) return std::stod(line.substr(wanted.size())) / 1024;
  return std::numeric_limits<double>::quiet_NaN();
}

double bench_server::front_megabytes() const {
  pid_t const master = front_.master();
  double all = status_megabytes(master, "VmRSS:");
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", master));
  for (pid_t worker = 0; children >> worker;) all += status_megabytes(worker, "VmRSS:");
  return all;
}

std::string const& bench_server::token() {
  if (!token_.empty()) return token_;
  auto const challenge = e2e::exchange(where(), "GET", "/login");
  auto const jws = key_.sign_jws(fmt::format(R"({{"phrase":"{}"}})", challenge.at("/phrase")));
  auto const got =
      e2e::exchange(where(), "POST", "/auth", {},
                    fmt::format(R"({{"data":{{"request_id":"{}","token":"{}"}}}})", challenge.at("/request_id"), jws));
  if (got.status != 200) throw std::runtime_error("cannot log in: " + got.body);
  return token_ = got.at("/data/session/token");
}

std::string bench_server::request(std::string_view method, std::string_view target, std::string_view body) {
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      method, target, port_, token(), body.size(), body);
}

e2e::answer bench_server::call(std::string_view method, std::string_view target, std::string_view body) {
  return e2e::exchange(where(), method, target, {{"Authorization", "Bearer " + token()}}, body,
                       std::chrono::seconds(90));
}

void bench_server::create(std::string const& name, std::string const& config) {
  auto const got =
      call("POST", "/deployments", fmt::format(R"({{"data":{{"name":"{}","config":{{{}}}}}}})", name, config));
  if (got.status / 100 != 2) throw std::runtime_error(fmt::format("cannot create {}: {}", name, got.body));
}

void bench_server::run_to_its_end(std::string const& name, std::string const& tag) {
  e2e::web_socket events(where(), "/deployments/" + name + "/events");
  auto const accepted = call("POST", fmt::format("/deployments/{}/run?tag={}", name, tag));
  if (accepted.status != 202) throw std::runtime_error("a run was not accepted: " + accepted.body);
  while (auto const event = events.next(std::chrono::seconds(60))) {
    if (event->find(R"("Phase":"done")") != std::string::npos) return;
    if (event->find(R"("Phase":"failed")") != std::string::npos) throw std::runtime_error("a run failed: " + *event);
  }
  throw std::runtime_error("a run has no end");
}

void bench_server::remove(std::string const& name) {
  auto const gone = call("DELETE", "/deployments/" + name);
  if (gone.status != 200) throw std::runtime_error("cannot delete a deployment: " + gone.body);
}

void bench_server::create_many(std::size_t first, std::size_t count) {
  std::vector<std::string> requests;
  for (std::size_t i = first; i < first + count; ++i)
    requests.push_back(request("POST", "/deployments",
                               fmt::format(R"({{"data":{{"name":"{}","config":{{"registry":"docker.io",)"
                                           R"("image":"davidcasta/docker-to-node","container_port":"8080"}}}}}})",
                                           deployment_name_of(i))));
  auto const done = send_each_once(port_, std::move(requests), 32);
  if (done.failed > 0) throw std::runtime_error("cannot create the deployments: " + done.first_failure);
}

}  // namespace krane::bench
