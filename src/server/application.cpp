#include "server/application.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <utility>

#include "api/api.hpp"
#include "auth/authenticator.hpp"
#include "base/async.hpp"
#include "base/blocking_pool.hpp"
#include "base/log.hpp"
#include "base/scrubber.hpp"
#include "base/version.hpp"
#include "engine/docker_engine.hpp"
#include "front/haproxy_front.hpp"
#include "http/server.hpp"
#include "registry/registry.hpp"
#include "runs/run_service.hpp"
#include "secrets/vault.hpp"
#include "server/low_ports.hpp"
#include "server/supervisor.hpp"
#include "store/store.hpp"
#include "streams/event_ring.hpp"

namespace krane {
namespace {

constexpr std::size_t ring_entries = 8'192;
constexpr std::size_t ring_bytes = 8 * 1024 * 1024;
constexpr std::chrono::seconds request_grace{5};

bool is_loopback(std::string const& address) {
  boost::system::error_code ec;
  auto const parsed = asio::ip::make_address(address, ec);
  return !ec && parsed.is_loopback();
}

api_settings api_settings_of(settings const& s) {
  api_settings out;
  out.names = s.names;
  out.names.push_back(s.listen);
  out.streams = s.streams;
  out.listens_on_loopback_only = is_loopback(s.listen);
  out.allowed_origins = s.allowed_origins;
  out.version = version;
  out.state_folder = s.path;
  out.engine_is_here = s.docker_host.starts_with("unix://");
  out.disk_reserve_bytes = s.disk_reserve_bytes;
  return out;
}

auth_options auth_options_of(settings const& s) {
  auth_options out;
  out.authorized_keys_path = s.authorized_keys;
  out.logins_per_minute = s.login_limit;
  return out;
}

// That which the front may open: as a unit of its own it may open any, else it has this program's rights.
port lowest_port_of(settings const& s) {
  return s.front == front_start::unit ? port{1} : lowest_port_of_this_process();
}

vault_options vault_options_of(settings const& s) {
  // A path that is mistyped must not become a second key.
  bool const own = s.secrets_key.empty();
  return {.key_file = own ? s.path + "/secrets.key" : s.secrets_key,
          .may_make_key = own,
          .marks_file = s.path + "/marks.key"};
}

class built_application final : public application {
public:
  built_application(settings wanted, std::function<result<settings>()> read_again)
      : settings_(std::move(wanted)), read_again_(std::move(read_again)), tasks_(network()), signals_(network()) {
    log::hide_secrets_of(&hides_);
  }
  ~built_application() override { log::hide_secrets_of(nullptr); }

  result<void> build();
  int run() override;

private:
  executor network() { return loop_.get_executor(); }
  coroutine<void> start();
  coroutine<void> watch_signals();
  coroutine<void> reload();
  coroutine<void> stop();
  void request_stop(int exit_code);

  // In the order in which they are built, and so destroyed in the opposite one.
  asio::io_context loop_{1};
  settings settings_;
  std::function<result<settings>()> read_again_;
  system_clock time_;
  blocking_pool pool_{2};
  scrubber hides_;
  std::unique_ptr<store> state_;
  std::unique_ptr<vault> secrets_;
  std::unique_ptr<event_ring> events_;
  std::unique_ptr<engine> docker_;
  std::unique_ptr<authenticator> auth_;
  std::unique_ptr<front> ports_;
  std::unique_ptr<registry> registries_;
  std::unique_ptr<run_service> runs_;
  std::unique_ptr<api> api_;
  std::unique_ptr<http::server> http_;
  task_group tasks_;
  asio::basic_signal_set<executor> signals_;
  bool stopping_ = false;
  int exit_code_ = 0;
};

result<void> built_application::build() {
  store_options options;
  options.folder = settings_.path;
  options.hides = &hides_;
  options.on_fatal = [this](error const& why) {
    log::error("server", fmt::format("stopping, since the store can no longer be written: {}", why.message));
    request_stop(1);
  };
  auto opened = open_store(network(), std::move(options));
  if (!opened) return opened.error();
  state_ = std::move(*opened);
  secrets_ = std::make_unique<vault>(network(), *state_, hides_, time_, vault_options_of(settings_));

  events_ = std::make_unique<event_ring>(network(), ring_entries, ring_bytes, state_->last_event_id());
  state_->on_commit([this](commit const& c) {
    for (event const& e : c.events) events_->publish(e);
  });

  auto docker = make_docker_engine(network(), settings_.docker_host);
  if (!docker) return docker.error();
  docker_ = std::move(*docker);

  auth_ = make_authenticator(network(), pool_, time_, state_->sessions(), auth_options_of(settings_));
  ports_ = make_haproxy_front(
      network(), {.folder = settings_.path + "/front", .address = settings_.publish_address, .start = settings_.front});
  run_options how;
  how.publish = settings_.publish;
  how.keep_warm = settings_.keep_warm;
  how.watch = settings_.settle;
  how.policy = settings_.policy;
  how.policy.lowest_port = lowest_port_of(settings_);
  how.engine_is_here = api_settings_of(settings_).engine_is_here;
  how.disk_reserve_bytes = settings_.disk_reserve_bytes;
  how.keep_releases = settings_.keep_releases;
  registries_ = make_registry();
  runs_ = make_run_service(network(), *state_, *docker_, *registries_, *ports_, *secrets_, time_, std::move(how));
  api_ = std::make_unique<api>(
      api_parts{*auth_, *state_, *runs_, *docker_, *ports_, *events_, time_, network(), *secrets_},
      api_settings_of(settings_));

  auto listening = http::make_server(network(), settings_.listen, settings_.rest_port, http::limits{}, api_->handler(),
                                     &api::error_body);
  if (!listening) {
    // The front watches from its making on, and must have ended before it goes.
    asio::co_spawn(loop_, ports_->stop(), asio::detached);
    loop_.run();
    return listening.error();
  }
  http_ = std::move(*listening);
  return {};
}

int built_application::run() {
  boost::system::error_code ec;
  for (int const wanted : {SIGTERM, SIGINT, SIGHUP}) signals_.add(wanted, ec);
  std::signal(SIGPIPE, SIG_IGN);
  tasks_.spawn("the signals", watch_signals());
  tasks_.spawn("the start", start());
  loop_.run();
  // What a stop left behind must not outlive the parts it refers to.
  log::info("server", "stopped");
  return exit_code_;
}

coroutine<void> built_application::start() {
  if (auto opened = co_await secrets_->start(); !opened) {
    log::error("server", opened.error().message);
    request_stop(1);
    co_return;
  }
  if (auto started = co_await auth_->start(); !started) {
    log::error("server", started.error().message);
    request_stop(1);
    co_return;
  }
  // Whoever did not ask for the front need not know that it is missing.
  if (auto const missing = ports_->obstacle(); missing && settings_.publish == publish_by::front)
    log::warn("server", missing->message);
  runs_->start();
  http_->start();
  log::info("server", fmt::format("krane-server {} listens on {}:{}, state in {}, engine at {}", version,
                                  settings_.listen, http_->port(), settings_.path, settings_.docker_host));
  notify_supervisor("READY=1");
}

coroutine<void> built_application::watch_signals() {
  while (true) {
    auto [ec, number] = co_await signals_.async_wait(use_tuple);
    if (ec) co_return;
    if (number == SIGHUP) {
      co_await reload();
      continue;
    }
    log::info("server", number == SIGTERM ? "asked to stop (SIGTERM)" : "asked to stop (SIGINT)");
    request_stop(exit_code_);
  }
}

coroutine<void> built_application::reload() {
  log::info("server", "asked to read settings and keys anew (SIGHUP)");
  notify_supervisor("RELOADING=1");
  if (auto reloaded = co_await auth_->reload_keys(); !reloaded)
    log::error("server", fmt::format("the keys could not be read anew: {}", reloaded.error().message));
  auto again = read_again_();
  if (again) {
    settings changed = settings_;
    std::vector<std::string_view> others;
    for (setting_row const& row : setting_rows()) {
      if (row.change != nullptr)
        row.change(changed, *again);
      else
        others.emplace_back(row.flag);
    }
    if (*again != changed) log::warn("server", fmt::format("{} change only with a restart", fmt::join(others, ", ")));
    settings_ = std::move(changed);
    log::set_level(settings_.log_level);
    auth_->set_login_limit(settings_.login_limit);
    api_->set_settings(api_settings_of(settings_));
  } else {
    log::error("server", fmt::format("the settings stay as they were: {}", again.error().message));
  }
  notify_supervisor("READY=1");
}

void built_application::request_stop(int exit_code) {
  exit_code_ = std::max(exit_code_, exit_code);
  if (std::exchange(stopping_, true)) return;
  // Not one of tasks_: it ends them.
  asio::co_spawn(network(), stop(), [this](std::exception_ptr failure) {
    if (failure) exit_code_ = 1;
    loop_.stop();
  });
}

coroutine<void> built_application::stop() {
  notify_supervisor("STOPPING=1");
  events_->close();
  registries_->stop();
  runs_->begin_stop();
  co_await http_->stop(request_grace);
  co_await auth_->stop();
  co_await runs_->stop();
  co_await ports_->stop();
  co_await tasks_.stop();
  state_->stop();
}

}  // namespace

result<std::unique_ptr<application>> application::make(settings wanted, std::function<result<settings>()> read_again) {
  auto made = std::make_unique<built_application>(std::move(wanted), std::move(read_again));
  if (auto built = made->build(); !built) return built.error();
  return made;
}

}  // namespace krane
