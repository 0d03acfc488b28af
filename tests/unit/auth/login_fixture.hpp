#pragma once
// An authenticator on files of the test's own, with a clock that stands still, and sessions kept in memory.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "auth/authenticator.hpp"
#include "base/async.hpp"
#include "base/log.hpp"
#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/temp_folder.hpp"
#include "support/test_key.hpp"

namespace krane::test {

class memory_sessions final : public session_store {
public:
  std::vector<session> kept;
  std::optional<error> failure;  // of every write, while it is set
  std::optional<error> reading_fails;
  std::function<void()> before_insert;     // what else happens at that moment
  std::function<bool()> insert_waits_for;  // until it is so

  task<void> insert(session s) override {
    if (before_insert) before_insert();
    while (insert_waits_for && !insert_waits_for()) co_await sleep_for(std::chrono::milliseconds{1});
    if (failure) co_return *failure;
    kept.push_back(std::move(s));
    co_return result<void>{};
  }
  task<void> erase(std::vector<session_id> ids) override {
    if (failure) co_return *failure;
    std::erase_if(kept, [&](session const& s) { return std::ranges::find(ids, s.id) != ids.end(); });
    co_return result<void>{};
  }
  task<std::vector<session>> all() override {
    if (reading_fails) co_return *reading_fails;
    co_return kept;
  }
};

class login_test : public testing::Test {
protected:
  static constexpr char const* here = "192.0.2.7";

  login_test() {
    log::set_level(log::level::error);
    options.authorized_keys_path = folder / "authorized_keys";
    options.steady = [this] { return steady_time{time.now().time_since_epoch() + set_back}; };
  }
  ~login_test() override {
    if (auth) run_coroutine(loop, auth->stop());
  }

  // The file is written anew under the same path, as editors do.
  void write_keys(std::string const& text) {
    std::ofstream(folder / "new") << text;
    chmod((folder / "new").c_str(), 0600);
    std::filesystem::rename(folder / "new", folder / "authorized_keys");
  }

  authenticator& start() {
    if (auth) run_coroutine(loop, auth->stop());
    auth = make_authenticator(loop.get_executor(), pool, time, sessions, options);
    auto const started = run_coroutine(loop, auth->start());
    EXPECT_TRUE(started.has_value());
    return *auth;
  }

  static std::string payload(std::string const& phrase) { return R"({"phrase":")" + phrase + R"("})"; }

  result<session_grant> log_in(std::string const& request_id, std::string const& token,
                               std::string const& from = here) {
    return run_coroutine(loop, auth->log_in(from, request_id, token));
  }
  challenge ask(std::string const& from = here) { return *auth->issue_challenge(from, "krane.example:8080"); }
  // All of a login with a key, as the released client does it.
  result<session_grant> log_in_with(test_key const& key, std::string const& from = here) {
    auto const asked = ask(from);
    return log_in(asked.request_id, key.sign_jws(payload(asked.phrase)), from);
  }
  void reload() { EXPECT_TRUE(run_coroutine(loop, auth->reload_keys()).has_value()); }

  // As an administrator, or a time server, does.
  void set_clock_back(std::chrono::microseconds by) {
    time.advance(-by);
    set_back += by;
  }

  // Lets the loop run until it is so.
  bool becomes(std::function<bool()> const& so) {
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    loop.restart();
    while (!so() && std::chrono::steady_clock::now() < until) loop.run_one_for(std::chrono::milliseconds{50});
    return so();
  }

  temp_folder folder;
  asio::io_context loop;
  blocking_pool pool{2};
  manual_clock time;
  std::chrono::microseconds set_back{0};  // the time of day, so far
  memory_sessions sessions;
  auth_options options{.authorized_keys_path = {}, .logins_per_minute = 0};
  std::unique_ptr<authenticator> auth;
};

// Made once: an RSA key takes a while.
inline test_key const& shared_key(key_kind kind) {
  static std::map<key_kind, test_key> made;
  auto const known = made.find(kind);
  if (known != made.end()) return known->second;
  return made.emplace(kind, test_key::generate(kind)).first->second;
}

}  // namespace krane::test
