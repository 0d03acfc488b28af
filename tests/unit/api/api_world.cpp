#include "api_world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/json.hpp"
#include "base/log.hpp"
#include "engine/docker_engine.hpp"
#include "model/spec.hpp"

namespace krane::test {

using namespace std::chrono_literals;

http::request make_request(std::string method, std::string target, std::string body, header_pairs headers) {
  http::request out;
  out.id = "test-request";
  out.method = std::move(method);
  out.body = std::move(body);
  out.remote_address = "127.0.0.1";
  auto const mark = target.find('?');
  out.path = target.substr(0, mark);
  std::string rest = mark == std::string::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    auto const end = std::min(rest.find('&'), rest.size());
    std::string const field = rest.substr(0, end);
    auto const equals = std::min(field.find('='), field.size());
    out.query.emplace_back(field.substr(0, equals), field.substr(std::min(equals + 1, field.size())));
    rest.erase(0, end + 1);
  }
  bool has_host = false;
  for (auto& [name, value] : headers) {
    has_host = has_host || name == "Host";
    if (name == "Upgrade") out.wants_websocket = true;
    out.headers.add(name, value);
  }
  if (!has_host) out.headers.add("Host", "localhost:8080");
  return out;
}

boost::json::value api_answer::json() const {
  auto parsed = parse_json(text, {.max_bytes = 1 << 26, .max_depth = 32});
  if (!parsed) throw std::runtime_error(parsed.error().message + ": " + text);
  return std::move(*parsed);
}

boost::json::value api_answer::data() const {
  auto const whole = json();
  EXPECT_EQ(whole.at("success").as_bool(), status < 400);
  EXPECT_EQ(whole.at("code").to_number<int>(), status);
  return whole.at("data");
}

std::string api_answer::reason() const {
  return std::string(data().at("reason").as_string());
}

std::string api_answer::error() const {
  return std::string(data().at("error").as_string());
}

std::vector<std::string> api_answer::details() const {
  std::vector<std::string> out;
  auto const all = data();
  if (auto const* const found = all.as_object().if_contains("details"))
    for (auto const& one : found->as_array())
      out.push_back(std::string(one.at("path").as_string()) + ": " + std::string(one.at("error").as_string()));
  return out;
}

task<void> memory_writer::write(std::string bytes) {
  while (stalled && !gone_) co_await changed_.wait_for(5ms);
  if (gone_) co_return make_error(errc::cancelled, "client_gone", "gone");
  text += bytes;
  co_return result<void>{};
}

coroutine<void> memory_writer::closed() {
  while (!gone_) co_await changed_.wait();
}

void memory_writer::go_away() {
  gone_ = true;
  changed_.notify_all();
}

task<void> memory_socket::send(std::vector<std::shared_ptr<std::string const>> more) {
  while (stalled && !gone_) co_await changed_.wait();
  if (gone_) co_return make_error(errc::cancelled, "client_gone", "gone");
  largest_batch = std::max(largest_batch, more.size());
  for (auto const& one : more) messages.push_back(*one);
  co_return result<void>{};
}

coroutine<void> memory_socket::close(std::uint16_t code, std::string reason) {
  EXPECT_LE(reason.size(), 123u);
  closed_with.emplace(code, std::move(reason));
  co_return;
}

coroutine<void> memory_socket::closed() {
  while (!gone_) co_await changed_.wait();
}

void memory_socket::go_away() {
  gone_ = true;
  changed_.notify_all();
}

void memory_socket::go_on() {
  stalled = false;
  changed_.notify_all();
}

api_test::api_test(std::size_t ring_entries, std::size_t keep_events, std::uint64_t disk_reserve_bytes) {
  log::set_level(log::level::off);
  auto const keys = folder / "authorized_keys";
  std::ofstream(keys) << key.authorized_keys_line("ada@example") << '\n';
  std::filesystem::permissions(keys, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  world.registry_has("docker.io/krane-test/web:latest", {.listens = {8080}, .prints = {"hello", "world"}});
  world.registry_has("docker.io/krane-test/web:v2", {.listens = {8080}});
  world.registry_has("docker.io/krane-test/web:crash", {.exits = 3, .prints = {"about to fail"}});

  auto opened = open_store(loop.get_executor(),
                           {.folder = folder / "state", .keep_events = keep_events, .on_fatal = {}, .hides = &hides});
  if (!opened) throw std::runtime_error(opened.error().message);
  state = std::move(*opened);
  secrets = std::make_unique<vault>(loop.get_executor(), *state, hides, time, vault_options{folder / "secrets.key"});
  if (auto const started = run_coroutine(loop, secrets->start()); !started)
    throw std::runtime_error(started.error().message);
  ring = std::make_unique<event_ring>(loop.get_executor(), ring_entries, 1 << 20, state->last_event_id());
  state->on_commit([this](commit const& news) {
    for (event const& e : news.events) ring->publish(e);
  });
  docker = *make_docker_engine(loop.get_executor(), world.address());
  auth = make_authenticator(loop.get_executor(), pool, time, state->sessions(),
                            {.authorized_keys_path = keys, .logins_per_minute = 0});
  if (auto const started = run_coroutine(loop, auth->start()); !started)
    throw std::runtime_error(started.error().message);
  run_options options;
  options.settle = 20ms;
  options.watch = 0ms;
  options.check_limit = 5s;
  options.port_retry = 100ms;
  options.engine_retry = 20ms;
  options.stop_grace = 1s;
  options.publish = publish_by::engine;
  options.disk_reserve_bytes = disk_reserve_bytes;
  service = make_run_service(loop.get_executor(), *state, *docker, registries, *ports, *secrets, time, options);
  service->start();
  served = std::make_unique<api>(
      api_parts{*auth, *state, *service, *docker, *ports, *ring, time, loop.get_executor(), *secrets},
      api_settings{.names = {"127.0.0.1", "krane.example"},
                   .allowed_origins = {},
                   .version = "1.2.3",
                   .state_folder = folder / "state",
                   .disk_reserve_bytes = disk_reserve_bytes});
  token = std::string(log_in().at("token").as_string());
}

api_test::~api_test() {
  world.up();
  ring->close();
  loop.restart();
  loop.poll();
  run_coroutine(loop, service->stop());
  run_coroutine(loop, ports->stop());
  run_coroutine(loop, auth->stop());
  served.reset();
  service.reset();
  docker.reset();
  state->stop();
  loop.restart();
  loop.poll();
}

http::reply api_test::reply_to(http::request request) {
  return run_coroutine(loop, served->handler()(request));
}

api_answer api_test::ask(http::request request) {
  auto reply = reply_to(std::move(request));
  auto* const plain = std::get_if<http::response>(&reply);
  if (plain == nullptr) throw std::runtime_error("a stream was answered where a plain answer was expected");
  return {plain->status, plain->headers, plain->content_type, plain->body ? *plain->body : ""};
}

api_answer api_test::ask(std::string method, std::string target, std::string body, header_pairs headers) {
  headers.emplace_back("Authorization", "Bearer " + token);
  return ask(make_request(std::move(method), std::move(target), std::move(body), std::move(headers)));
}

api_answer api_test::ask_as_stranger(std::string method, std::string target, std::string body, header_pairs headers) {
  return ask(make_request(std::move(method), std::move(target), std::move(body), std::move(headers)));
}

boost::json::object api_test::log_in() {
  auto const asked = ask_as_stranger("GET", "/login").json();
  std::string const phrase(asked.at("phrase").as_string());
  boost::json::object const body{{"request_id", asked.at("request_id")},
                                 {"token", key.sign_jws(R"({"phrase":")" + phrase + R"("})")}};
  auto const granted = ask_as_stranger("POST", "/auth", boost::json::serialize(boost::json::object{{"data", body}}));
  if (granted.status != 200) throw std::runtime_error("no login: " + granted.text);
  return granted.data().at("session").as_object();
}

void api_test::create(std::string name, std::string tag) {
  auto const made = ask("POST", "/deployments",
                        R"({"name":")" + name + R"(","config":{"image":"krane-test/web","tag":")" + tag +
                            R"(","container_port":"8080"}})");
  EXPECT_EQ(made.status, 201) << made.text;
}

run api_test::deploy(std::string name) {
  auto const accepted = ask("POST", "/deployments/" + name + "/run");
  EXPECT_EQ(accepted.status, 202) << accepted.text;
  run_id const id{std::string(accepted.data().at("run").at("id").as_string())};
  auto const ended = run_coroutine(loop, service->wait_for_end(id, 20s));
  EXPECT_TRUE(ended && is_end(ended->step));
  return ended.value_or(run{});
}

void api_test::append_event(std::string name, std::string message) {
  event_draft draft;
  draft.what = state->find_deployment(deployment_name{name})->config;
  draft.phase = "test";
  draft.message = std::move(message);
  draft.at = time.now();
  auto const kept = run_coroutine(loop, state->events().append({std::move(draft)}, std::nullopt));
  EXPECT_TRUE(kept.has_value());
}

bool api_test::becomes(std::function<bool()> const& so) {
  auto const until = std::chrono::steady_clock::now() + 10s;
  loop.restart();
  while (!so() && std::chrono::steady_clock::now() < until) loop.run_one_for(20ms);
  return so();
}

std::shared_ptr<api_test::running> api_test::begin(coroutine<void> stream) {
  auto const seen = std::make_shared<running>();
  asio::co_spawn(loop.get_executor(), std::move(stream), [seen](std::exception_ptr) { seen->ended = true; });
  return seen;
}

void api_test::use(api_settings settings) {
  if (settings.names.empty()) settings.names = {"127.0.0.1"};
  served->set_settings(std::move(settings));
}

}  // namespace krane::test
