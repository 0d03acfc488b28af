#include "cli/log_in.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <vector>

#include "cli/jws_signing.hpp"

namespace krane::cli {
namespace {

// A phrase is good for two minutes, and typing a passphrase may take one.
constexpr std::chrono::seconds phrase_is_fresh{45};

class attempt {
public:
  attempt(client::krane_api& api, login_dialogue with) : api_(api), with_(std::move(with)) {}

  task<logged_in> run(key_wishes wishes);

private:
  task<void> get_phrase();
  // No value: the server does not accept this key.
  task<std::optional<client::session_info>> try_key(login_key& key);
  void tell(std::string const& what) const {
    if (with_.tell) with_.tell(what);
  }
  error nothing_to_try(std::vector<std::string> const& skipped) const;
  error refused() const;

  client::krane_api& api_;
  login_dialogue with_;
  client::login_challenge challenge_;
  std::string phrase_;
  std::chrono::steady_clock::time_point asked_at_;
  std::vector<std::string> tried_;
  std::optional<public_half> last_tried_;
  std::optional<error> last_failure_;
};

task<void> attempt::get_phrase() {
  auto given = co_await api_.get_challenge();
  if (!given) co_return given.error();
  auto phrase = phrase_to_sign(given->phrase, api_.where().authority());
  if (!phrase) co_return phrase.error();
  challenge_ = std::move(*given);
  phrase_ = std::move(*phrase);
  asked_at_ = std::chrono::steady_clock::now();
  co_return result<void>{};
}

task<std::optional<client::session_info>> attempt::try_key(login_key& key) {
  auto const algorithm = co_await key.prepare();
  if (!algorithm) co_return algorithm.error();
  if (std::chrono::steady_clock::now() - asked_at_ > phrase_is_fresh)
    if (auto const renewed = co_await get_phrase(); !renewed) co_return renewed.error();
  std::string input = signing_input(*algorithm, phrase_, api_.where().authority());
  auto const signature = co_await key.sign(input);
  if (!signature) co_return signature.error();
  auto session = co_await api_.log_in(challenge_.request_id, finished_token(std::move(input), *signature));
  if (session) co_return std::optional(std::move(*session));
  if (session.error().reason != "login_refused") co_return session.error();
  co_return std::optional<client::session_info>();
}

error attempt::nothing_to_try(std::vector<std::string> const& skipped) const {
  if (last_failure_) return *last_failure_;
  return make_error(errc::unauthorized, "no_key",
                    skipped.empty() ? "there is no key to log in with: no ssh-agent holds one, and there is no "
                                      "~/.ssh/id_*; make one with: ssh-keygen -t ed25519"
                                    : fmt::format("there is no key to log in with; {}", fmt::join(skipped, "; ")));
}

error attempt::refused() const {
  std::string const where = api_.where().text();
  if (tried_.size() == 1)
    return make_error(errc::unauthorized, "login_refused",
                      fmt::format("{} does not accept {}; add this line to the authorized_keys of the server: {}",
                                  where, tried_.front(), last_tried_->line()));
  return make_error(
      errc::unauthorized, "login_refused",
      fmt::format("{} accepts none of {} keys: {}; add the public half of one to the authorized_keys of the "
                  "server",
                  where, tried_.size(), fmt::join(tried_, ", ")));
}

task<logged_in> attempt::run(key_wishes wishes) {
  // First of all: whether there is a server is known before anybody is asked for a passphrase.
  if (auto const asked = co_await get_phrase(); !asked) co_return asked.error();
  bool const was_named = wishes.file.has_value();
  auto const found = co_await find_login_keys(std::move(wishes), with_.ask);
  if (!found) co_return found.error();
  for (std::string const& one : found->skipped) tell(one);
  for (auto const& key : found->keys) {
    auto session = co_await try_key(*key);
    if (session && *session)
      co_return logged_in{std::move(**session), *key->known(), key->name(),
                          key->source() == "ssh-agent" ? std::nullopt : std::optional(key->source())};
    if (session) {
      tried_.push_back(key->name());
      last_tried_ = key->known();
      continue;
    }
    // What a key fails with, the next one may not; what the server fails with, it would.
    bool const of_the_key = session.error().code == errc::invalid || session.error().reason == "agent_refused" ||
                            session.error().reason == "no_agent" || session.error().reason == "no_such_program";
    if (was_named || !of_the_key) co_return session.error();
    tell(session.error().message);
    last_failure_ = session.error();
  }
  if (tried_.empty()) co_return nothing_to_try(found->skipped);
  co_return refused();
}

}  // namespace

task<logged_in> log_in(client::krane_api& api, key_wishes wishes, login_dialogue with) {
  attempt one(api, std::move(with));
  co_return co_await one.run(std::move(wishes));
}

}  // namespace krane::cli
