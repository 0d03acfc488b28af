#include "front/haproxy_process.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/async.hpp"
#include "base/log.hpp"
#include "front/child_process.hpp"
#include "front/haproxy_config.hpp"
#include "front/host_ports.hpp"
#include "model/reason.hpp"

namespace krane::haproxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds look_every{10};
constexpr milliseconds start_limit{5'000};
// Of a reload: it alone tries for two seconds to open a port that somebody else has.
constexpr milliseconds reload_limit{10'000};
constexpr milliseconds check_limit{5'000};
// What a master may take to answer before it is ended, with all connections: a reload's time, on a busy machine. Its
// socket may have been deleted, so after a while it is asked by a signal to make another.
constexpr milliseconds answer_patience{10'000};
constexpr milliseconds signal_after{1'000};
constexpr milliseconds end_limit{2'000};
constexpr std::size_t longest_socket_path = 100;  // 107, and HAProxy adds a suffix while it binds
constexpr std::uintmax_t most_output = 1024 * 1024;

error refused(std::string what) {
  return make_error(errc::internal, reason::front_refused, std::move(what));
}

std::string read_all(std::string const& path, std::streamoff from = 0) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(from);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

result<void> write_private(std::string const& path, std::string const& text) {
  mode_t const before = umask(0077);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  umask(before);
  file << text;
  file.close();
  if (!file) return refused(fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
  return {};
}

// Whether the process catches the signal, or lets it wait until it does, as HAProxy while it restarts itself. Else it
// would end by it.
bool survives_signal(pid_t process, int number) {
  std::istringstream lines(read_all(fmt::format("/proc/{}/status", process)));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("SigBlk:") && !line.starts_with("SigCgt:")) continue;
    auto const mask = std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 16);
    if ((mask >> (number - 1) & 1U) != 0) return true;
  }
  return false;
}

result<void> put_in_place(std::string const& from, std::string const& to) {
  if (rename(from.c_str(), to.c_str()) != 0)
    return refused(fmt::format("{} cannot be written: {}", to, std::strerror(errno)));
  return {};
}

}  // namespace

haproxy_process::haproxy_process(process_options options)
    : options_(std::move(options)), commands_(options_.folder + "/master.sock") {}

result<void> haproxy_process::prepare() {
  if (path("master.sock").size() > longest_socket_path)
    return make_error(errc::invalid, reason::front_unavailable,
                      fmt::format("the name of the state folder is too long for a socket in it ({}); choose a shorter "
                                  "path, or set KRANE_PUBLISH to engine",
                                  options_.folder));
  std::error_code ec;
  std::filesystem::create_directories(options_.folder, ec);
  if (!ec) std::filesystem::permissions(options_.folder, std::filesystem::perms::owner_all, ec);
  if (ec) return refused(fmt::format("the folder {} cannot be made: {}", options_.folder, ec.message()));
  // What it said long ago helps nobody.
  if (std::filesystem::file_size(path("haproxy.log"), ec) > most_output && !ec)
    std::filesystem::resize_file(path("haproxy.log"), 0, ec);
  return {};
}

std::string haproxy_process::configuration() const {
  return read_all(path("haproxy.cfg"));
}

result<void> haproxy_process::remember(std::string const& text) {
  auto written = write_private(path("haproxy.cfg.new"), text);
  if (!written) return written;
  return put_in_place(path("haproxy.cfg.new"), path("haproxy.cfg"));
}

task<void> haproxy_process::configure(std::string text) {
  std::string const candidate = path("haproxy.cfg.new");
  if (auto written = write_private(candidate, text); !written) co_return written;
  std::vector<std::string> const command{options_.program, "-c", "-q", "-f", candidate};
  auto checked = co_await run_program(command, path("check.log"), check_limit);
  if (!checked) co_return checked.error();
  if (checked->exit_code != 0)
    co_return refused(fmt::format("HAProxy refuses its new configuration, and goes on with the old one: {}",
                                  words_of(checked->output)));
  co_return put_in_place(candidate, path("haproxy.cfg"));
}

task<processes> haproxy_process::look() {
  auto answer = co_await commands_.ask("show proc");
  auto seen = answer ? parse_processes(*answer) : result<processes>(answer.error());
  if (seen)
    silent_since_.reset();
  else if (!silent_since_)
    silent_since_ = steady_clock::now();
  co_return seen;
}

milliseconds haproxy_process::silence() const {
  if (!silent_since_) return milliseconds{0};
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - *silent_since_);
}

coroutine<bool> haproxy_process::answers_within(milliseconds limit) {
  auto const until = steady_clock::now() + limit;
  while (true) {
    auto const seen = co_await look();
    if (seen && !seen->workers.empty()) co_return true;
    if (steady_clock::now() >= until) co_return false;
    co_await sleep_for(look_every);
  }
}

pid_t haproxy_process::find_master() const {
  pid_t master = 0;
  std::ifstream(path("haproxy.pid")) >> master;
  if (master > 0 && runs_with_argument(master, path("haproxy.cfg"))) return master;
  // The file is empty while it restarts itself, and is not there yet when it has just been started.
  auto const all = eldest_with_argument(path("haproxy.cfg"));
  return all.empty() ? 0 : all.front();
}

coroutine<bool> haproxy_process::comes_to_answer() {
  auto const began = steady_clock::now();
  bool asked = false;
  while (true) {
    if (co_await answers_within(milliseconds{0})) co_return true;
    pid_t const master = find_master();
    auto const waited = steady_clock::now() - began;
    if (master == 0 || waited >= answer_patience) co_return false;
    if (!asked && waited >= signal_after && survives_signal(master, SIGUSR2)) {
      // Its socket is gone or dead. It restarts itself and makes another; no port is closed.
      kill(master, SIGUSR2);
      asked = true;
    }
    co_await sleep_for(look_every);
  }
}

coroutine<bool> haproxy_process::runs() {
  if (options_.started_by_us) co_return co_await comes_to_answer();
  // Before there is a configuration it cannot run. A process of the manager's may not be ours to see.
  if (configuration().empty()) co_return false;
  co_return (co_await wait_for_manager()).has_value();
}

task<bool> haproxy_process::works_with(std::string text) const {
  std::string_view const mark = mark_of(text);
  if (mark.empty()) co_return false;
  auto const info = co_await commands_.ask("@1 show info");
  if (!info) co_return info.error();
  co_return info->contains(fmt::format("\ndescription: krane {}\n", mark));
}

bool haproxy_process::listens_on(port host) const {
  return std::ranges::any_of(processes_on(host),
                             [&](pid_t one) { return runs_with_argument(one, path("haproxy.cfg")); });
}

task<bool> haproxy_process::ensure_running() {
  if (co_await answers_within(milliseconds{0})) co_return false;
  if (!options_.started_by_us) {
    auto there = co_await wait_for_manager();
    if (!there) co_return there.error();
    co_return false;
  }
  if (co_await comes_to_answer()) co_return false;
  if (find_master() != 0) {
    log::warn("front", fmt::format("HAProxy runs and has not answered for {} s; it is ended and started again",
                                   answer_patience.count() / 1'000));
    co_await end();
  }
  auto started = co_await start();
  if (!started) co_return started.error();
  co_return true;
}

// It is tried again every second by its manager: once it has been missing for longer than that may take, nobody has to
// wait for it again.
task<void> haproxy_process::wait_for_manager() {
  if (co_await answers_within(std::max(milliseconds{0}, start_limit - silence()))) co_return result<void>{};
  co_return missing();
}

error haproxy_process::missing() const {
  return make_error(errc::unavailable, reason::front_unavailable,
                    "HAProxy, which holds the host ports, does not answer; " +
                        (options_.started_by_us
                             ? fmt::format("its words are in {}", path("haproxy.log"))
                             : std::string("krane-front.service runs it, and systemctl status krane-front says why it "
                                           "does not run now")));
}

coroutine<bool> haproxy_process::is_gone() {
  if (options_.started_by_us) co_return find_master() == 0;
  auto const seen = co_await look();
  co_return !seen && seen.error().code == errc::unavailable && absence();
}

std::optional<error> haproxy_process::absence() const {
  return silence() < start_limit ? std::nullopt : std::optional(missing());
}

task<void> haproxy_process::start() {
  auto const said_before = output_size();
  std::vector<std::string> const command{options_.program,
                                         "-W",
                                         "-f",
                                         path("haproxy.cfg"),
                                         "-p",
                                         path("haproxy.pid"),
                                         "-S",
                                         path("master.sock") + ",mode,600"};
  auto started = start_program(command, path("haproxy.log"));
  if (!started) co_return started.error();
  auto const until = steady_clock::now() + start_limit;
  while (steady_clock::now() < until) {
    if (co_await answers_within(milliseconds{0})) co_return result<void>{};
    auto const end = co_await krane::wait_for_end(*started, look_every);
    if (end.ended) co_return refused(fmt::format("HAProxy does not start: {}", words_since(said_before)));
  }
  kill(*started, SIGKILL);
  co_await krane::wait_for_end(*started, end_limit);
  co_return make_error(errc::unavailable, reason::front_unavailable,
                       fmt::format("HAProxy was started and does not answer: {}", words_since(said_before)));
}

task<void> haproxy_process::reload() {
  auto const said_before = output_size();
  auto before = co_await look();
  if (!before) co_return before.error();
  std::string const wanted = configuration();
  // The answer is of no use: it restarts itself while it writes it.
  (void)co_await commands_.ask("reload");
  auto const until = steady_clock::now() + reload_limit;
  while (steady_clock::now() < until) {
    auto const now = co_await look();
    if (now && now->failed_reloads > before->failed_reloads)
      co_return refused(fmt::format("HAProxy cannot take over its new configuration, and goes on with the old one: {}",
                                    words_since(said_before)));
    bool const replaced = now && !now->workers.empty() && now->workers != before->workers;
    if (replaced && now->failed_reloads == 0) {
      auto const taken_over = co_await works_with(wanted);
      if (taken_over && *taken_over) co_return result<void>{};
      if (taken_over) {
        // A server before us had asked for a reload, and that came first.
        before = now;
        (void)co_await commands_.ask("reload");
      }
    }
    co_await sleep_for(look_every);
  }
  co_return make_error(errc::unavailable, reason::front_unavailable,
                       fmt::format("HAProxy does not take over its new configuration: {}", words_since(said_before)));
}

coroutine<void> haproxy_process::end() {
  std::vector<pid_t> all;
  if (auto const seen = co_await look()) {
    all.push_back(seen->master);
    all.insert(all.end(), seen->workers.begin(), seen->workers.end());
    all.insert(all.end(), seen->old_workers.begin(), seen->old_workers.end());
  }
  if (pid_t const master = find_master(); master != 0 && all.empty()) all.push_back(master);
  for (pid_t const one : all)
    if (runs_with_argument(one, path("haproxy.cfg"))) kill(one, SIGKILL);
  for (pid_t const one : all) co_await krane::wait_for_end(one, end_limit);
  unlink(path("master.sock").c_str());
  unlink(path("haproxy.pid").c_str());
  silent_since_.reset();
}

std::streamoff haproxy_process::output_size() const {
  std::error_code ec;
  auto const size = std::filesystem::file_size(path("haproxy.log"), ec);
  return ec ? 0 : static_cast<std::streamoff>(size);
}

std::string haproxy_process::words_since(std::streamoff position) const {
  if (!options_.started_by_us) return "its words are in the journal of krane-front.service";
  return words_of(read_all(path("haproxy.log"), position));
}

}  // namespace krane::haproxy
