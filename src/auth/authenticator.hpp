#pragma once
// Who gets in. A person proves with the private half of a key in authorized_keys that they may; what they get is a
// session whose token stands for them until it expires, is revoked, or their key is taken out.
//
// Threads: the network thread; signatures and files are worked on in the blocking pool.
// Failure: every failed login is the same errc::unauthorized, whatever was wrong; why goes to the log only.
// Keys:    a key taken out of authorized_keys cannot log in from the next login on; its sessions, and the streams that
//          they opened, end within a second, once it has been seen missing twice, so that rewriting the file in place
//          ends nobody's session. The same goes for a file that was deleted. A file that is refused or cannot be read
//          lets nobody in, but ends no session: which keys it holds is not known then.
// Lifetime: stop() before destruction, while the network loop still runs.
// Source: RFC 7515 (JWS), RFC 8037 (EdDSA), RFC 4253/5656/8709 (key formats), sshd(8) (authorized_keys).
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/steady_time.hpp"
#include "base/blocking_pool.hpp"
#include "base/clock.hpp"
#include "base/task.hpp"
#include "model/session.hpp"
#include "store/store.hpp"

namespace krane {

struct challenge {
  std::string request_id;
  std::string phrase;  // krane-login:v1:<host>:…
};

struct session_grant {
  session what;
  std::string token;  // "krs_…": shown this once, never kept
};

inline constexpr std::chrono::seconds min_named_lifetime{60};
inline constexpr std::chrono::seconds max_named_lifetime{std::chrono::hours{24 * 366}};

struct auth_options {
  std::string authorized_keys_path;
  std::chrono::seconds challenge_lifetime{120};
  std::chrono::seconds session_lifetime{std::chrono::hours{24 * 30}};
  std::size_t logins_per_minute = 60;  // per address; 0: no limit
  std::function<steady_time()> steady = steady_now;
};

class authenticator {
public:
  virtual ~authenticator() = default;

  // Reads the keys and the sessions there are. A missing or refused authorized_keys is no failure: nobody can log in,
  // which is logged with the reason and what to do.
  virtual task<void> start() = 0;
  // Ends looking after the file. Sessions stay as they are.
  virtual coroutine<void> stop();
  // Reads authorized_keys anew; also done by itself when the file changes. Sessions of keys that are gone end.
  virtual task<void> reload_keys() = 0;
  virtual void set_login_limit(std::size_t logins_per_minute) = 0;

  // Keeps nothing. `host`: what the request's Host header named. errc::rate_limited.
  virtual result<challenge> issue_challenge(std::string_view remote_address, std::string_view host) = 0;
  // errc::unauthorized, errc::rate_limited (seconds to wait are the message's "…" and in retry_after()).
  virtual task<session_grant> log_in(std::string remote_address, std::string request_id, std::string token) = 0;
  virtual std::chrono::seconds retry_after(std::string_view remote_address) const = 0;
  // A further session of the one who asks, for a program: with a name, and a life of its own (session_lifetime unless
  // said otherwise, max_named_lifetime at most, and never beyond that of the key). It ends with the key as all do.
  // errc::invalid: the name or the lifetime; errc::forbidden: `by` was itself made for a program; errc::conflict:
  // there are too many.
  virtual task<session_grant> create_session(session by, std::string name,
                                             std::optional<std::chrono::seconds> lifetime) = 0;

  // The session of a bearer token, if it is good now.
  virtual std::optional<session> find_session(std::string_view token) const = 0;
  virtual std::vector<session> list_sessions() const = 0;
  // errc::not_found.
  virtual task<void> revoke(session_id id) = 0;
  // Whether the session is still good: streams ask four times a second.
  virtual bool is_live(session_id const& id) const = 0;
  // How many keys may log in at present; for /readyz and the start-up log.
  virtual std::size_t key_count() const = 0;
};

std::unique_ptr<authenticator> make_authenticator(executor network, blocking_pool& pool, clock const& time,
                                                  session_store& sessions, auth_options options);

}  // namespace krane
