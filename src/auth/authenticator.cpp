#include "auth/authenticator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "auth/challenge.hpp"
#include "auth/jws.hpp"
#include "auth/key_ring.hpp"
#include "auth/login_limiter.hpp"
#include "auth/printable.hpp"
#include "auth/session_table.hpp"
#include "base/async.hpp"
#include "base/log.hpp"
#include "base/random.hpp"

namespace krane {

coroutine<void> authenticator::stop() {
  co_return;
}

namespace {

// Two looks, and a stream's own, have to fit into the second in which a key that was taken out ends everything.
constexpr auto look_at_file_every = std::chrono::milliseconds{200};
constexpr auto sweep_at_least_every = std::chrono::minutes{1};
constexpr std::size_t max_logins_under_way = 1024;
constexpr std::size_t max_sessions_per_key = 1000;
constexpr std::size_t max_named_per_key = 100;  // so that there is always one that may go for a new login

// Whose key made a token, as far as it may log in now.
struct signer {
  std::string fingerprint;
  std::string comment;
  std::optional<time_point> key_expires_at;
  std::string phrase;
};

// Every fault of what create_session() is asked for.
std::vector<fault> check_named_session(std::string_view name, std::chrono::seconds lifetime) {
  std::vector<fault> faults;
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (name.empty() || name.size() > 64 || name.find_first_not_of(allowed) != name.npos)
    faults.push_back({"name", "must be 1 to 64 letters, digits, '.', '_' or '-'"});
  if (lifetime < min_named_lifetime || lifetime > max_named_lifetime)
    faults.push_back({"ttl_seconds", fmt::format("must be a whole number from {} to {}", min_named_lifetime.count(),
                                                 max_named_lifetime.count())});
  return faults;
}

bool may_log_in(key_list const& keys, std::string_view fingerprint, time_point now, std::string_view address) {
  return std::ranges::any_of(keys.keys, [&](authorized_key const& one) {
    return one.key.fingerprint() == fingerprint && one.options.allow(now, address);
  });
}

// In the blocking pool: up to 256 signatures are computed.
result<signer> find_signer(std::string token, key_list const& keys, std::string_view host, std::string_view address,
                           time_point now) {
  auto parsed = signed_token::parse(std::move(token));
  if (!parsed) return parsed.error();
  std::string limited;
  for (auto const& one : keys.keys) {
    if (!parsed->signed_by(one.key)) continue;
    if (!one.options.allow(now, address)) {
      limited = fmt::format("the options of the key in line {} of authorized_keys do not allow it", one.line);
      continue;
    }
    auto claims = login_claims::read(*parsed, host, now);
    if (!claims) return claims.error();
    return signer{one.key.fingerprint(), one.comment, one.options.expires_at, std::move(claims->phrase)};
  }
  if (!limited.empty()) return make_error(errc::unauthorized, std::move(limited));
  return make_error(errc::unauthorized, "no key of authorized_keys has made its signature");
}

class key_authenticator final : public authenticator {
public:
  key_authenticator(executor network, blocking_pool& pool, clock const& time, session_store& sessions,
                    auth_options options)
      : pool_(pool),
        time_(time),
        store_(sessions),
        options_(std::move(options)),
        keys_(pool, options_.authorized_keys_path),
        challenges_(options_.challenge_lifetime),
        limiter_(options_.logins_per_minute),
        background_(network) {}

  task<void> start() override;
  coroutine<void> stop() override { co_await background_.stop(); }
  task<void> reload_keys() override;
  void set_login_limit(std::size_t logins_per_minute) override { limiter_.set_limit(logins_per_minute); }

  result<challenge> issue_challenge(std::string_view remote_address, std::string_view host) override;
  task<session_grant> log_in(std::string remote_address, std::string request_id, std::string token) override;
  std::chrono::seconds retry_after(std::string_view remote_address) const override;
  task<session_grant> create_session(session by, std::string name,
                                     std::optional<std::chrono::seconds> lifetime) override;

  std::optional<session> find_session(std::string_view token) const override { return table_.find(token, time_.now()); }
  std::vector<session> list_sessions() const override { return table_.list(time_.now()); }
  task<void> revoke(session_id id) override;
  bool is_live(session_id const& id) const override { return table_.is_live(id, time_.now()); }
  std::size_t key_count() const override;

private:
  error too_many(std::string_view address) const;
  error fail(std::string_view address, std::string_view why);
  task<session_grant> let_in(std::string address, signer who);
  void make_room_for(std::string const& fingerprint);
  // Durable from here on. What it lacks is filled in.
  task<session_grant> grant_session(session what);
  std::optional<time_point> key_expiry(std::string const& fingerprint) const;

  coroutine<void> watch();
  std::vector<session_id> sessions_to_end(bool at_once);
  coroutine<void> sweep(bool at_once);
  task<void> erase_from_store();

  blocking_pool& pool_;
  clock const& time_;
  session_store& store_;
  auth_options options_;
  key_ring keys_;
  challenge_book challenges_;
  login_limiter limiter_;
  session_table table_;
  // Held by those who count on it, so that a coroutine that is torn down late may still count down.
  std::shared_ptr<std::size_t> under_way_ = std::make_shared<std::size_t>(0);

  std::vector<session_id> to_erase_;  // ended, and still in the store
  bool erasing_fails_ = false;
  std::set<std::string> suspects_;  // keys of sessions, seen missing once
  std::uint64_t swept_version_ = 0;
  time_point swept_at_{};
  task_group background_;
};

class counted {
public:
  explicit counted(std::shared_ptr<std::size_t> counter) : counter_(std::move(counter)) { ++*counter_; }
  ~counted() { --*counter_; }
  counted(counted const&) = delete;
  counted& operator=(counted const&) = delete;

private:
  std::shared_ptr<std::size_t> counter_;
};

task<void> key_authenticator::start() {
  auto known = co_await store_.all();
  if (!known) co_return known.error();
  for (auto& one : *known) table_.add(std::move(one));
  co_await keys_.refresh();
  // Keys that were taken out while nobody was looking. A missing file may only be late (a home not mounted yet).
  co_await sweep(keys_.file_state() == key_ring::state::good);
  background_.spawn("auth: looks after authorized_keys", watch());
  co_return result<void>{};
}

task<void> key_authenticator::reload_keys() {
  co_await keys_.refresh();
  co_await sweep(true);
  co_return result<void>{};
}

coroutine<void> key_authenticator::watch() {
  while (co_await sleep_for(look_at_file_every)) {
    co_await keys_.refresh();
    co_await sweep(false);
  }
}

std::vector<session_id> key_authenticator::sessions_to_end(bool at_once) {
  auto const now = time_.now();
  auto ended = table_.expired(now);
  std::set<std::string> missing;
  if (keys_.file_state() != key_ring::state::refused) {
    for (auto const& fingerprint : table_.fingerprints())
      if (!keys_.current()->holds(fingerprint, now)) missing.insert(fingerprint);
  }
  for (auto const& fingerprint : missing) {
    if (!at_once && !suspects_.contains(fingerprint)) continue;
    auto const ids = table_.all_of(fingerprint);
    ended.insert(ended.end(), ids.begin(), ids.end());
  }
  suspects_ = at_once ? std::set<std::string>{} : std::move(missing);
  return ended;
}

coroutine<void> key_authenticator::sweep(bool at_once) {
  auto const now = time_.now();
  bool const due = at_once || keys_.version() != swept_version_ || !suspects_.empty() ||
                   now - swept_at_ >= sweep_at_least_every || now < swept_at_;
  if (due) {
    swept_version_ = keys_.version();
    swept_at_ = now;
    auto const ended = sessions_to_end(at_once);
    for (auto const& id : ended) table_.erase(id);
    if (!ended.empty())
      log::info("auth",
                fmt::format("{} sessions ended: they ran out, or their keys are authorized no more", ended.size()));
    to_erase_.insert(to_erase_.end(), ended.begin(), ended.end());
  }
  auto const erased = co_await erase_from_store();
  if (!erased && !erasing_fails_)
    log::warn("auth", fmt::format("sessions that ended are still in the store: {}", erased.error().message));
  erasing_fails_ = !erased;
}

task<void> key_authenticator::erase_from_store() {
  if (to_erase_.empty()) co_return result<void>{};
  auto const ids = std::exchange(to_erase_, {});
  auto erased = co_await store_.erase(ids);
  if (!erased) to_erase_.insert(to_erase_.end(), ids.begin(), ids.end());
  co_return erased;
}

error key_authenticator::too_many(std::string_view address) const {
  return make_error(errc::rate_limited,
                    fmt::format("too many logins from this address; try again in {} s", retry_after(address).count()));
}

// What the one who asks is told is always the same.
error key_authenticator::fail(std::string_view address, std::string_view why) {
  limiter_.failed(address, options_.steady());
  log::warn("auth", fmt::format("a login from {} failed: {}", printable(address), printable(why)));
  return make_error(errc::unauthorized, "unauthorized");
}

std::chrono::seconds key_authenticator::retry_after(std::string_view remote_address) const {
  return std::max(std::chrono::seconds{1}, limiter_.retry_after(remote_address, options_.steady()));
}

result<challenge> key_authenticator::issue_challenge(std::string_view remote_address, std::string_view host) {
  auto const now = options_.steady();
  if (!limiter_.take_challenge(remote_address, now)) return too_many(remote_address);
  return challenges_.issue(host, now);
}

task<session_grant> key_authenticator::log_in(std::string remote_address, std::string request_id, std::string token) {
  auto const begun = time_.now();
  if (!limiter_.take_login(remote_address, options_.steady()) || *under_way_ >= max_logins_under_way)
    co_return too_many(remote_address);
  counted const one_more(under_way_);

  auto const asked = challenges_.check(request_id, options_.steady());
  if (!asked) co_return fail(remote_address, asked.error().message);
  if (token.size() > signed_token::max_bytes) co_return fail(remote_address, "the token is too long");
  co_await keys_.refresh();
  auto const keys = keys_.current();
  auto who = co_await pool_.run<signer>([keys, token = std::move(token), host = asked->host, remote_address, begun] {
    return find_signer(token, *keys, host, remote_address, begun);
  });
  if (!who && who.error().code != errc::unauthorized) co_return who.error();
  if (!who) co_return fail(remote_address, who.error().message);
  if (!equal_in_constant_time(bytes_of(who->phrase), bytes_of(asked->phrase)))
    co_return fail(remote_address, "the token holds another phrase than the challenge's");

  // From here to the use being noted nothing is waited for, so only one of many with this challenge gets past it.
  auto const now = time_.now();
  if (keys_.current() != keys && !may_log_in(*keys_.current(), who->fingerprint, now, remote_address))
    co_return fail(remote_address, "its key was taken out of authorized_keys meanwhile");
  if (!challenges_.burn(*asked, options_.steady()))
    co_return fail(remote_address, "the challenge was used before, or has run out");
  limiter_.succeeded(remote_address, options_.steady());
  co_return co_await let_in(std::move(remote_address), std::move(*who));
}

task<session_grant> key_authenticator::let_in(std::string address, signer who) {
  session what;
  what.user = who.comment;
  what.key_fingerprint = who.fingerprint;
  what.expires_at = std::min(time_.now() + options_.session_lifetime, who.key_expires_at.value_or(time_point::max()));
  auto grant = co_await grant_session(std::move(what));
  if (!grant) co_return grant.error();
  if (!is_live(grant->what.id)) co_return fail(address, "its key was taken out of authorized_keys meanwhile");
  log::info("auth", fmt::format("{} ({}) logged in from {}", who.comment, who.fingerprint, printable(address)));
  co_return grant;
}

task<session_grant> key_authenticator::grant_session(session what) {
  session_grant grant{.what = std::move(what), .token = make_session_token()};
  grant.what.id = session_id{random_hex(8)};
  grant.what.hash = hash_of_token(grant.token);
  grant.what.created_at = time_.now();
  make_room_for(grant.what.key_fingerprint);
  // In the table before it is durable: nobody has the token yet, and a key that is taken out meanwhile takes it along.
  table_.add(grant.what);
  auto const written = co_await store_.insert(grant.what);
  if (!written) {
    table_.erase(grant.what.id);
    co_return written.error();
  }
  co_return grant;
}

std::optional<time_point> key_authenticator::key_expiry(std::string const& fingerprint) const {
  std::optional<time_point> latest;
  for (auto const& one : keys_.current()->keys) {
    if (one.key.fingerprint() != fingerprint) continue;
    if (!one.options.expires_at) return std::nullopt;
    latest = std::max(latest, one.options.expires_at);
  }
  return latest;
}

task<session_grant> key_authenticator::create_session(session by, std::string name,
                                                      std::optional<std::chrono::seconds> lifetime) {
  auto const wanted = lifetime.value_or(options_.session_lifetime);
  if (auto faults = check_named_session(name, wanted); !faults.empty()) co_return make_error(std::move(faults));
  // A token that leaks from a program must not be able to outlive its own end.
  if (!by.name.empty())
    co_return make_error(
        errc::forbidden, "session_of_program",
        fmt::format("the session \"{}\" was made for a program and can make no others; log in with a key", by.name));
  if (table_.named_count_of(by.key_fingerprint) >= max_named_per_key)
    co_return make_error(errc::conflict, "too_many_sessions",
                         fmt::format("this key has {} sessions with a name already; end one first", max_named_per_key));
  session what;
  what.user = by.user;
  what.key_fingerprint = by.key_fingerprint;
  what.expires_at = std::min(time_.now() + wanted, key_expiry(by.key_fingerprint).value_or(time_point::max()));
  what.name = std::move(name);
  auto grant = co_await grant_session(std::move(what));
  if (!grant) co_return grant.error();
  if (!is_live(grant->what.id)) co_return make_error(errc::unauthorized, "unauthorized");
  log::info("auth", fmt::format("{} ({}) made the session \"{}\" for a program", by.user, by.key_fingerprint,
                                grant->what.name));
  co_return grant;
}

// One key's sessions are bounded; the oldest goes.
void key_authenticator::make_room_for(std::string const& fingerprint) {
  if (table_.count_of(fingerprint) < max_sessions_per_key) return;
  auto const oldest = table_.oldest_unnamed_of(fingerprint);
  if (!oldest) return;
  log::warn("auth", fmt::format("the key {} has {} sessions; the oldest ends", fingerprint, max_sessions_per_key));
  table_.erase(*oldest);
  to_erase_.push_back(*oldest);
}

task<void> key_authenticator::revoke(session_id id) {
  if (!is_live(id)) co_return make_error(errc::not_found, "there is no such session");
  table_.erase(id);
  std::vector<session_id> ids;
  ids.push_back(id);
  auto erased = co_await store_.erase(std::move(ids));
  if (!erased) to_erase_.push_back(id);
  co_return erased;
}

std::size_t key_authenticator::key_count() const {
  auto const now = time_.now();
  return static_cast<std::size_t>(std::ranges::count_if(keys_.current()->keys, [&](authorized_key const& one) {
    return !one.options.expires_at || now < *one.options.expires_at;
  }));
}

}  // namespace

std::unique_ptr<authenticator> make_authenticator(executor network, blocking_pool& pool, clock const& time,
                                                  session_store& sessions, auth_options options) {
  return std::make_unique<key_authenticator>(network, pool, time, sessions, std::move(options));
}

}  // namespace krane
