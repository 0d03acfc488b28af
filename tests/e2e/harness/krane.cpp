#include "e2e/harness/krane.hpp"

#include <sys/stat.h>

#include <boost/json/serialize.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace krane::e2e {
namespace {

// What ended badly is worth nothing without what the server said.
void show_log(std::string const& log) {
  auto const from = log.size() > 8000 ? log.find('\n', log.size() - 8000) : 0;
  std::cout << "---- the server's log ----\n" << log.substr(from) << "---- end of the log ----\n";
}

bool answers(endpoint const& where, std::string const& path, int wanted) {
  try {
    return exchange(where, "GET", path, {}, {}, std::chrono::seconds(3)).status == wanted;
  } catch (std::exception const&) {
    return false;
  }
}

}  // namespace

test::test_key const& shared_key() {
  static auto const key = test::test_key::generate(test::key_kind::rsa2048);
  return key;
}

krane_server::krane_server(server_options options)
    : options_(std::move(options)), port_(free_port()), key_(shared_key()) {
  if (options_.engine.empty()) options_.engine = docker::find().value().address();
  std::filesystem::create_directory(state_folder());
  write_file(keys_file(), key_.authorized_keys_line("tester") + "\n");
  chmod(keys_file().c_str(), 0600);
  start();
}

krane_server::~krane_server() {
  if (program_ && runs()) {
    program_->signal(SIGTERM);
    program_->wait(std::chrono::seconds(10));
  }
  if (testing::Test::HasFailure()) show_log(log());
}

void krane_server::launch() {
  std::map<std::string, std::string> environment = {{"KRANE_REST_PORT", std::to_string(port_)},
                                                    {"KRANE_PATH", state_folder()},
                                                    {"KRANE_AUTHORIZED_KEYS", keys_file()},
                                                    {"KRANE_LOGIN_LIMIT", "0"},
                                                    {"KRANE_KEEP_WARM", "0"},
                                                    {"KRANE_SETTLE", "0"},
                                                    {"KRANE_FAILPOINT_FILE", failpoint_file()},
                                                    {"DOCKER_HOST", options_.engine}};
  for (auto const& [name, value] : options_.environment) environment[name] = value;
  std::vector<std::string> command = {options_.program.empty() ? program_folder() + "/krane-server" : options_.program};
  command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
  program_ = std::make_unique<process>(std::move(command), environment, folder_ / "log");
}

bool krane_server::try_start() {
  launch();
  auto const path = options_.wait_until_ready ? "/readyz" : "/health";
  bool const ended_or_up = eventually(
      [&] { return program_->wait(std::chrono::milliseconds(0)).has_value() || answers(where(), path, 200); },
      std::chrono::seconds(30));
  return ended_or_up && runs();
}

void krane_server::start() {
  if (try_start()) return;
  show_log(log());
  throw std::runtime_error("krane-server does not get ready");
}

bool krane_server::runs() {
  return program_ && !program_->wait(std::chrono::milliseconds(0)).has_value();
}

bool krane_server::is_ready() const {
  return answers(where(), options_.wait_until_ready ? "/readyz" : "/health", 200);
}

bool krane_server::wait_until_ready(std::chrono::seconds limit) {
  return eventually([&] { return !runs() || is_ready(); }, limit) && runs();
}

int krane_server::stop() {
  program_->signal(SIGTERM);
  auto const status = program_->wait(std::chrono::seconds(10));
  if (!status) throw std::runtime_error("krane-server does not stop within ten seconds");
  return *status;
}

void krane_server::kill() {
  program_->signal(SIGKILL);
  program_->wait(std::chrono::seconds(5));
}

void krane_server::arm_failpoint(std::string const& point) {
  disarm_failpoint();
  // In one step, since the server may read it at any moment.
  write_file(failpoint_file() + ".new", point + "\n");
  std::filesystem::rename(failpoint_file() + ".new", failpoint_file());
}

void krane_server::disarm_failpoint() {
  std::filesystem::remove(failpoint_file());
  std::filesystem::remove(failpoint_file() + ".log");
}

std::vector<std::string> krane_server::points_passed() const {
  std::istringstream lines(read_file(failpoint_file() + ".log"));
  std::vector<std::string> points;
  for (std::string point; std::getline(lines, point);) points.push_back(point);
  return points;
}

answer krane_server::log_in(test::test_key const& key) {
  auto challenge = exchange(where(), "GET", "/login");
  if (challenge.status != 200) return challenge;
  auto const token = key.sign_jws(R"({"phrase":")" + challenge.at("/phrase") + R"("})");
  return exchange(where(), "POST", "/auth", {},
                  R"({"data":{"request_id":")" + challenge.at("/request_id") + R"(","token":")" + token + R"("}})");
}

std::string const& krane_server::token() {
  if (token_.empty()) {
    auto const got = log_in(key_);
    if (got.status != 200) throw std::runtime_error("cannot log in: " + std::to_string(got.status) + " " + got.body);
    token_ = got.at("/data/session/token");
  }
  return token_;
}

answer krane_server::call(std::string_view method, std::string_view target, std::string_view body, fields headers) {
  headers.emplace_back("Authorization", "Bearer " + token());
  return exchange(where(), method, target, headers, body, std::chrono::seconds(90));
}

answer krane_server::call_as_soon_as_it_listens(std::string_view method, std::string_view target) {
  token();
  auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  while (true) {
    try {
      auto got = call(method, target);
      if (got.status != 503 || std::chrono::steady_clock::now() > until) return got;
    } catch (std::exception const&) {
      // Not there yet, or it ended.
      if (std::chrono::steady_clock::now() > until) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

answer krane_server::ended(std::string const& name, answer const& accepted) {
  auto const run = "/deployments/" + name + "/runs/" + accepted.at("/data/run/id");
  if (!eventually([&] { return get(run).at("/data/finished") == "true"; }, std::chrono::seconds(60)))
    throw std::runtime_error("a run of " + name + " does not end: " + get(run).body);
  return settled(name);
}

void krane_server::create(std::string const& name, std::string const& config) {
  auto const got = post("/deployments", R"({"data":{"name":")" + name + R"(","config":{)" + config + "}}}");
  if (got.status != 201 && got.status != 200)
    throw std::runtime_error("cannot create " + name + ": " + std::to_string(got.status) + " " + got.body);
}

answer krane_server::run(std::string const& name, std::string const& query) {
  auto const got = post("/deployments/" + name + "/run" + query);
  if (got.status != 202)
    throw std::runtime_error("cannot run " + name + ": " + std::to_string(got.status) + " " + got.body);
  return settled(name);
}

answer krane_server::settled(std::string const& name, std::chrono::seconds limit) {
  answer got;
  bool const settled = eventually(
      [&] {
        got = get("/deployments/" + name);
        auto const status = got.status == 200 ? got.at("/data/status") : "gone";
        return status != "deploying" && status != "deleting";
      },
      limit);
  if (!settled) throw std::runtime_error(name + " does not settle: " + got.body);
  return got;
}

std::vector<boost::json::value> krane_server::events(std::string const& name) {
  auto const got = get("/deployments/" + name + "/events");
  if (got.status != 200) throw std::runtime_error("no events of " + name + ": " + got.body);
  auto const all = got.json();
  boost::system::error_code failed;
  auto const* list = all.find_pointer("/data", failed);
  if (list != nullptr && list->is_object()) list = all.find_pointer("/data/events", failed);
  if (list == nullptr || !list->is_array()) throw std::runtime_error("no list of events: " + got.body);
  return {list->as_array().begin(), list->as_array().end()};
}

std::map<std::string, int> krane_server::ends_of(std::string const& name) {
  std::map<std::string, int> ends;
  auto const all = get("/deployments/" + name + "/runs?limit=1000").json();
  for (auto const& one : all.at("data").as_array()) ends[text_at(one, "/id")] = 0;
  std::string since = "0";
  while (true) {
    auto const page = get("/deployments/" + name + "/events?limit=1000&since=" + since).json();
    auto const& events = page.at("data").as_array();
    if (events.empty()) return ends;
    since = text_at(events.back(), "/Id");
    for (auto const& e : events) {
      auto const phase = text_at(e, "/Phase");
      if (phase == "done" || phase == "failed" || phase == "cancelled" || phase == "superseded")
        ++ends[text_at(e, "/Run")];
    }
  }
}

std::string krane_server::last_error(std::string const& name) {
  std::string out;
  for (auto const& event : events(name))
    if (text_at(event, "/Level") == "error") out = text_at(event, "/Message");
  return out;
}

void on_a_real_engine::SetUp() {
  engine_ = docker::find();
  if (!engine_) GTEST_SKIP() << "no Docker engine: set KRANE_TEST_DOCKER_HOST, or use scripts/test";
  for (auto const& one : engine_->call("GET", "/containers/json?all=true").json().as_array())
    there_before_.insert(text_at(one, "/Names/0").substr(1));
  server_ = std::make_unique<krane_server>();
}

void on_a_real_engine::TearDown() {
  for (auto const& name : strangers_) engine_->remove(name);
  if (!server_) return;
  if (!server_->runs()) server_->start();
  std::vector<std::string> names;
  for (auto const& one : server_->get("/deployments").json().at("data").as_array())
    names.push_back(text_at(one, "/name"));
  for (auto const& name : names) {
    auto const got = server_->remove("/deployments/" + name);
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(server_->get("/deployments/" + name).status, 404);
    for (auto const& left : engine_->named_like_ours(name))
      if (!there_before_.contains(left))
        ADD_FAILURE() << "left behind after the deletion of " << name << ": container " << left;
  }
  EXPECT_EQ(server_->stop(), 0);
}

std::string on_a_real_engine::fresh(std::string const& stem) {
  static std::mt19937 random{std::random_device{}()};
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = stem + "-";
  for (int i = 0; i < 6; ++i) out += digits[random() % 16];
  return out;
}

std::string on_a_real_engine::stranger(std::string const& name, std::string const& body) {
  strangers_.push_back(name);
  return engine().run_strangers(name, body);
}

}  // namespace krane::e2e
