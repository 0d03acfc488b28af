#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>

#include "base/async.hpp"
#include "base/version.hpp"
#include "cli/command_context.hpp"
#include "cli/families.hpp"
#include "cli/findings.hpp"
#include "cli/login_keys.hpp"
#include "cli/relative_time.hpp"
#include "client/reason.hpp"

namespace krane::cli {
namespace {

using std::chrono::steady_clock;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds port_limit{2};

// One look at everything. What cannot be looked at, because something before it is broken, is left out.
class examination {
public:
  explicit examination(command_context& with) : with_(with) {}
  coroutine<void> run();
  std::vector<finding> take() { return std::move(found_); }
  bool server_answers() const { return answers_; }

private:
  void look_at_files();
  coroutine<void> look_at_keys();
  coroutine<void> look_at_server();
  coroutine<void> look_at_clock();
  coroutine<void> look_at_system();
  coroutine<void> look_at_readiness();
  coroutine<void> look_at_ports();
  void add(finding one) { found_.push_back(std::move(one)); }
  void add(std::optional<finding> one) {
    if (one) found_.push_back(std::move(*one));
  }
  void broken(std::string what, error const& why, std::string mend) {
    add(finding{std::move(what), health::broken, why.message, std::move(mend)});
  }
  std::string login_command() const { return "krane login " + to_->endpoint; }

  command_context& with_;
  std::vector<finding> found_;
  std::optional<target> to_;
  std::unique_ptr<client::krane_api> api_;
  bool answers_ = false;
};

void examination::look_at_files() {
  auto const files = context_files::find(with_.env);
  if (!files) return broken("contexts", files.error(), "set HOME");
  auto const book = files->read();
  if (!book) return broken("contexts", book.error(), "mend or remove the file, then log in again");
  auto const to = choose_target(*book, with_.context_name, with_.env);
  if (!to) return broken("contexts", to.error(), "krane context ls");
  to_ = *to;
  add(finding{"contexts", health::fine,
              fmt::format("{} known in {}; in use: {}", book->contexts.size(), files->folder(),
                          to->context.value_or("none, but " + to->endpoint)),
              ""});
}

coroutine<void> examination::look_at_keys() {
  auto const found = co_await find_login_keys(
      {.file = {}, .agent = with_.env("SSH_AUTH_SOCK"), .home = with_.env("HOME")}, secret_source());
  if (!found) {
    broken("keys", found.error(), "ssh-add -l");
    co_return;
  }
  std::vector<std::string> names;
  for (auto const& one : found->keys) names.push_back(one->name());
  if (!names.empty())
    add(finding{"keys", health::fine, fmt::format("can sign a login: {}", fmt::join(names, ", ")), ""});
  else
    add(finding{"keys", health::warning, "no key of the ssh-agent or in ~/.ssh can sign a login",
                "ssh-keygen -t ed25519, or name another one: krane login --key FILE"});
  for (auto const& why : found->skipped)
    if (names.empty()) add(finding{"keys", health::warning, why, "use another key"});
}

coroutine<void> examination::look_at_server() {
  auto made = with_.connect();
  if (!made) {
    broken("server", made.error(), "krane context ls");
    co_return;
  }
  api_ = std::move(*made);
  auto const began = steady_clock::now();
  auto const version = co_await api_->get_version();
  if (!version) {
    broken("server", version.error(),
           "see that krane-server runs there (systemctl status krane-server) and that the address is right");
    co_return;
  }
  answers_ = true;
  auto const took = std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
  add(finding{"server", health::fine, fmt::format("{} answers in {:.1f} ms", to_->endpoint, took), ""});
  add(judge_version(krane::version, version->version));
}

coroutine<void> examination::look_at_clock() {
  auto const asked = with_.time.now();
  auto const theirs = co_await api_->get_time();
  if (theirs) add(judge_clock(*theirs, asked, with_.time.now()));
}

coroutine<void> examination::look_at_readiness() {
  auto const ready = co_await api_->get_readiness();
  if (ready)
    add(finding{"ready", health::fine, "store, engine and recovery are well", ""});
  else
    broken("ready", ready.error(), "log in, and krane doctor says more");
}

coroutine<void> examination::look_at_system() {
  if (!to_->token) {
    add(finding{"session", health::broken, fmt::format("nobody is logged in to {}", to_->endpoint), login_command()});
    co_return co_await look_at_readiness();
  }
  auto const system = co_await api_->get_system();
  if (!system && system.error().code == errc::unauthorized) {
    broken("session", system.error(), login_command());
    co_return co_await look_at_readiness();
  }
  if (!system) {
    broken("server", system.error(), "look into krane-server's log");
    co_return;
  }
  add(judge_session(to_->expires_at, with_.time.now(), login_command()));
  add(judge_login_keys(*system));
  add(judge_store(*system));
  add(judge_engine(*system));
  add(judge_front(*system));
  add(judge_disk("state", system->state_disk));
  add(judge_disk("images", system->image_disk, system->disk_reserve_bytes));
  add(show_holdings(*system));
  co_await look_at_ports();
}

// As the end of a sentence: "connection refused".
std::string sentence_end(boost::system::error_code why) {
  std::string text = why.message();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

task<void> knock(std::string host, std::string port) {
  auto const ex = co_await asio::this_coro::executor;
  asio::ip::basic_resolver<tcp, executor> resolver(ex);
  auto const [no_name, places] = co_await resolver.async_resolve(host, port, use_tuple);
  if (no_name) co_return make_error(errc::unavailable, sentence_end(no_name));
  asio::basic_stream_socket<tcp, executor> socket(ex);
  auto const [failed, place] = co_await asio::async_connect(socket, places, use_tuple);
  if (failed) co_return make_error(errc::unavailable, sentence_end(failed));
  co_return result<void>{};
}

// Only where the host ports are on a machine that this one reaches without ssh.
coroutine<void> examination::look_at_ports() {
  auto const all = co_await api_->list_deployments();
  if (!all) co_return;
  auto const& where = api_->where();
  bool const by_ssh = where.type == client::endpoint::kind::ssh;
  std::string const host = where.type == client::endpoint::kind::unix_socket ? "127.0.0.1" : where.host;
  std::vector<std::string> answering;
  for (auto const& one : *all) {
    add(judge_deployment(one));
    if (one.status != "running" || one.config.host_port.empty() || by_ssh) continue;
    auto const open = co_await with_deadline(knock(host, one.config.host_port), port_limit,
                                             make_error(errc::timed_out, "no answer in time"));
    if (open)
      answering.push_back(fmt::format("{} ({})", one.config.host_port, one.name));
    else
      add(finding{"ports", health::broken,
                  fmt::format("nothing answers at {}:{}, the port of {}: {}", host, one.config.host_port, one.name,
                              open.error().message),
                  "if the server is another machine, a firewall may be between; else: krane logs " + one.name});
  }
  if (!answering.empty())
    add(finding{"ports", health::fine, fmt::format("answering at {}: {}", host, fmt::join(answering, ", ")), ""});
}

coroutine<void> examination::run() {
  look_at_files();
  co_await look_at_keys();
  if (!to_) co_return;
  co_await look_at_server();
  if (!answers_) co_return;
  co_await look_at_clock();
  co_await look_at_system();
}

task<exit_code> doctor(command_context& with, arguments) {
  examination all(with);
  co_await all.run();
  bool const answers = all.server_answers();
  auto const found = all.take();
  with.out.show(list_findings(found, with.out.colours()));
  if (worst_of(found) != health::broken) co_return exit_code::done;
  co_return answers ? exit_code::failed : exit_code::unreachable;
}

}  // namespace

std::vector<command> doctor_commands() {
  return {
      {.path = {"doctor"},
       .group = command_group::program,
       .summary = "Look for what is wrong, and say how to mend it",
       .description =
           "Looks at the files of contexts and tokens, the SSH keys, the server and its version, the "
           "clocks, the session, and, when logged in, the server's store, engine, front and disks, what krane "
           "holds there, and the host ports of what runs. A line each; exit code 1 if something fails, 6 if the server "
           "cannot be reached.",
       .run = doctor}};
}

}  // namespace krane::cli
