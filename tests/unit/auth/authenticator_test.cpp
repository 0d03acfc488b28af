#include "auth/authenticator.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "login_fixture.hpp"

namespace krane::test {
namespace {

using testing::StartsWith;

class every_key_kind : public login_test, public testing::WithParamInterface<key_kind> {};

TEST_P(every_key_kind, logs_in_and_gets_a_session_that_its_token_opens) {
  auto const& key = shared_key(GetParam());
  write_keys(key.authorized_keys_line("ada@lab") + "\n");
  start();
  EXPECT_EQ(auth->key_count(), 1U);
  auto const granted = log_in_with(key);
  ASSERT_TRUE(granted.has_value()) << granted.error().message;
  EXPECT_THAT(granted->token, StartsWith("krs_"));
  EXPECT_EQ(granted->token.size(), 47U);
  EXPECT_EQ(granted->what.user, "ada@lab");
  EXPECT_EQ(granted->what.key_fingerprint, key.fingerprint());
  EXPECT_EQ(granted->what.created_at, time.now());
  EXPECT_EQ(granted->what.expires_at, time.now() + std::chrono::hours{24 * 30});
  EXPECT_EQ(auth->find_session(granted->token), granted->what);
  EXPECT_TRUE(auth->is_live(granted->what.id));
  ASSERT_EQ(sessions.kept.size(), 1U);
  EXPECT_EQ(sessions.kept[0], granted->what);
}

INSTANTIATE_TEST_SUITE_P(all, every_key_kind,
                         testing::Values(key_kind::rsa2048, key_kind::rsa4096, key_kind::ed25519, key_kind::p256,
                                         key_kind::p384));

TEST_F(login_test, of_64_uses_of_one_challenge_at_once_exactly_one_wins) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  auto const asked = ask();
  auto const token = key.sign_jws(payload(asked.phrase));
  int won = 0;
  int lost = 0;
  for (int i = 0; i < 64; ++i) {
    asio::co_spawn(loop, auth->log_in(here, asked.request_id, token),
                   [&](std::exception_ptr e, result<session_grant> outcome) {
                     EXPECT_FALSE(e);
                     if (outcome)
                       ++won;
                     else if (outcome.error() == make_error(errc::unauthorized, "unauthorized"))
                       ++lost;
                   });
  }
  EXPECT_TRUE(becomes([&] { return won + lost == 64; }));
  EXPECT_EQ(won, 1);
  EXPECT_EQ(sessions.kept.size(), 1U);
}

class refused_login : public login_test {
protected:
  refused_login() {
    write_keys(key.authorized_keys_line("ada") + "\n" + rsa.authorized_keys_line("ada") + "\n");
    start();
  }
  // Each failure is the same error, and nothing comes of it.
  void expect_refused(result<session_grant> const& outcome, std::string const& what) {
    ASSERT_FALSE(outcome) << what;
    EXPECT_EQ(outcome.error(), make_error(errc::unauthorized, "unauthorized")) << what;
    EXPECT_TRUE(sessions.kept.empty()) << what;
    EXPECT_TRUE(auth->list_sessions().empty()) << what;
  }
  test_key const& key = shared_key(key_kind::ed25519);
  test_key const& rsa = shared_key(key_kind::rsa2048);
};

TEST_F(refused_login, is_what_every_wrong_token_gets_and_the_challenge_stays_good) {
  auto const asked = ask();
  auto const claims = payload(asked.phrase);
  auto const good = key.sign_jws(claims);
  auto const other = test_key::generate(key_kind::ed25519);
  auto const other_curve = test_key::generate(key_kind::p384);
  struct row {
    char const* what;
    std::string token;
  };
  for (auto const& [what, token] : std::vector<row>{
           {"nothing", ""},
           {"a word", "undefined"},
           {"alg none", key.sign_jws(claims, "none")},
           {"alg none with a signature", key.sign_jws(claims, {}, R"({"alg":"none"})")},
           {"HS256 with the public key as secret", rsa.sign_jws(claims, "HS256")},
           {"HS256 named, RS256 made", rsa.sign_jws(claims, "RS256", R"({"alg":"HS256"})")},
           {"PS256", rsa.sign_jws(claims, "PS256")},
           {"PS256 made, RS256 named", rsa.sign_jws(claims, "PS256", R"({"alg":"RS256"})")},
           {"RS384", rsa.sign_jws(claims, "RS384")},
           {"RS512 named, RS256 made", rsa.sign_jws(claims, "RS256", R"({"alg":"RS512"})")},
           {"RSA's signature as EdDSA", rsa.sign_jws(claims, "RS256", R"({"alg":"EdDSA"})")},
           {"Ed25519's signature as RS256", key.sign_jws(claims, {}, R"({"alg":"RS256"})")},
           {"a key that is not listed", other.sign_jws(claims)},
           {"a curve that nobody has", other_curve.sign_jws(claims)},
           {"ES512", shared_key(key_kind::p521).sign_jws(claims)},
           {"a key in the header",
            other.sign_jws(claims, {}, R"({"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}})")},
           {"crit", key.sign_jws(claims, {}, R"({"alg":"EdDSA","crit":["b64"],"b64":true})")},
           {"a header with alg twice", key.sign_jws(claims, {}, R"({"alg":"none","alg":"EdDSA"})")},
           {"another phrase", key.sign_jws(payload(ask().phrase))},
           {"the phrase of another host", key.sign_jws(payload(auth->issue_challenge(here, "evil.example")->phrase))},
           {"the phrase and more", key.sign_jws(payload(asked.phrase + "0"))},
           {"the phrase but its last character",
            key.sign_jws(payload(asked.phrase.substr(0, asked.phrase.size() - 1)))},
           {"the phrase in capitals", key.sign_jws(payload("KRANE-LOGIN" + asked.phrase.substr(11)))},
           {"no phrase", key.sign_jws("{}")},
           {"the id as phrase", key.sign_jws(payload(asked.request_id))},
           {"the phrase twice", key.sign_jws(R"({"phrase":"x","phrase":")" + asked.phrase + R"("})")},
           {"expired", key.sign_jws(R"({"exp":1000,"phrase":")" + asked.phrase + R"("})")},
           {"not valid yet", key.sign_jws(R"({"nbf":9000000000,"phrase":")" + asked.phrase + R"("})")},
           {"an empty signature", good.substr(0, good.rfind('.') + 1)},
           {"a padded part", good + "=="},
           {"a fourth part", good + ".AAAA"},
           {"a blank behind it", good + " "},
           {"a line's end behind it", good + "\n"},
           {"a MB of it", good + std::string(1'000'000, 'A')},
       })
    expect_refused(log_in(asked.request_id, token), what);
  EXPECT_TRUE(log_in(asked.request_id, good));
}

TEST_F(refused_login, is_what_a_good_token_gets_for_a_wrong_challenge) {
  auto const asked = ask();
  auto const token = key.sign_jws(payload(asked.phrase));
  for (std::string const& id :
       {std::string(), std::string("undefined"), asked.request_id + "A", asked.request_id.substr(1), ask().request_id,
        auth->issue_challenge(here, "evil.example")->request_id, std::string(1'000'000, 'A')})
    expect_refused(log_in(id, token), id.substr(0, 100));
  EXPECT_TRUE(log_in(asked.request_id, token));
}

TEST_F(refused_login, is_what_a_challenge_gets_after_120_seconds) {
  auto const asked = ask();
  auto const token = key.sign_jws(payload(asked.phrase));
  time.advance(std::chrono::seconds{120});
  expect_refused(log_in(asked.request_id, token), "too late");
}

TEST_F(refused_login, is_what_a_challenge_gets_from_the_next_start_on) {
  auto const asked = ask();
  auto const token = key.sign_jws(payload(asked.phrase));
  start();
  expect_refused(log_in(asked.request_id, token), "other boot");
}

TEST_F(refused_login, is_what_the_second_use_gets_with_whatever_key) {
  auto const asked = ask();
  ASSERT_TRUE(log_in(asked.request_id, key.sign_jws(payload(asked.phrase))));
  auto const again = log_in(asked.request_id, rsa.sign_jws(payload(asked.phrase)));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), make_error(errc::unauthorized, "unauthorized"));
  EXPECT_EQ(sessions.kept.size(), 1U);
}

TEST_F(login_test, is_refused_to_everybody_while_there_is_no_key) {
  start();
  EXPECT_EQ(auth->key_count(), 0U);
  EXPECT_EQ(log_in_with(shared_key(key_kind::ed25519)).error(), make_error(errc::unauthorized, "unauthorized"));
}

TEST_F(login_test, is_limited_by_the_options_of_the_key) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys("from=\"192.0.2.0/24,!192.0.2.66\",expiry-time=\"20260103Z\",no-pty " + key.authorized_keys_line("ada"));
  start();
  EXPECT_TRUE(log_in_with(key, "192.0.2.7"));
  EXPECT_TRUE(log_in_with(key, "::ffff:192.0.2.7"));
  EXPECT_FALSE(log_in_with(key, "192.0.2.66"));
  EXPECT_FALSE(log_in_with(key, "203.0.113.1"));
  EXPECT_FALSE(log_in_with(key, "::1"));
  EXPECT_FALSE(log_in_with(key, ""));
  EXPECT_EQ(auth->list_sessions()[0].expires_at, *parse_rfc3339("2026-01-03T00:00:00Z")) << "no longer than the key";
  time.set(*parse_rfc3339("2026-01-03T00:00:00Z"));
  EXPECT_FALSE(log_in_with(key, "192.0.2.7"));
  EXPECT_EQ(auth->key_count(), 0U);
  EXPECT_TRUE(auth->list_sessions().empty());
}

TEST_F(login_test, works_with_a_second_line_of_the_same_key_that_allows_it) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys("from=\"203.0.113.1\" " + key.authorized_keys_line("far") + "\ncommand=\"true\" " +
             key.authorized_keys_line("no") + "\n" + "from=\"192.0.2.7\" " + key.authorized_keys_line("near") + "\n");
  start();
  EXPECT_EQ(log_in_with(key)->what.user, "near");
}

TEST_F(login_test, sees_a_key_the_moment_it_is_written_without_being_told) {
  auto const& key = shared_key(key_kind::ed25519);
  start();
  EXPECT_FALSE(log_in_with(key));
  write_keys(key.authorized_keys_line());
  EXPECT_TRUE(log_in_with(key));
  write_keys("");
  EXPECT_FALSE(log_in_with(key));
  // In place, of the same size, a moment later: for a coarse file clock it is as it was.
  auto const next = test_key::generate(key_kind::ed25519);
  auto const last = test_key::generate(key_kind::ed25519);
  for (auto const* one : {&key, &next, &last}) {
    std::ofstream(options.authorized_keys_path) << one->authorized_keys_line();
    EXPECT_TRUE(log_in_with(*one));
  }
  EXPECT_FALSE(log_in_with(key));
}

TEST_F(login_test, is_refused_while_others_can_write_to_the_keys_but_sessions_go_on) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  auto const granted = log_in_with(key);
  ASSERT_TRUE(granted);
  chmod(options.authorized_keys_path.c_str(), 0666);
  EXPECT_FALSE(log_in_with(key));
  EXPECT_EQ(auth->key_count(), 0U);
  reload();
  EXPECT_TRUE(auth->find_session(granted->token));
  chmod(options.authorized_keys_path.c_str(), 0600);
  chmod(folder.path().c_str(), 0777);
  EXPECT_FALSE(log_in_with(key));
  chmod(folder.path().c_str(), 0700);
  EXPECT_TRUE(log_in_with(key));
}

TEST_F(login_test, ends_the_sessions_of_a_key_that_was_taken_out_and_no_others) {
  auto const& gone = shared_key(key_kind::ed25519);
  auto const& stays = shared_key(key_kind::p256);
  write_keys(gone.authorized_keys_line("gone") + "\n" + stays.authorized_keys_line("stays"));
  start();
  auto const first = log_in_with(gone);
  auto const second = log_in_with(stays);
  ASSERT_TRUE(first && second);
  write_keys("command=\"true\" " + gone.authorized_keys_line("gone") + "\n" + stays.authorized_keys_line("stays"));
  // Nobody asks for it: the file is looked at from time to time.
  EXPECT_TRUE(becomes([&] { return !auth->is_live(first->what.id); }));
  EXPECT_FALSE(auth->find_session(first->token));
  EXPECT_TRUE(auth->find_session(second->token));
  EXPECT_TRUE(becomes([&] { return sessions.kept.size() == 1; }));
  EXPECT_EQ(sessions.kept[0].id, second->what.id);
}

// The promise to whoever takes a key out: within a second it is of no use any more. A busy machine may have a slow
// moment, so that one try of three has to keep it.
TEST_F(login_test, ends_them_within_a_second) {
  using std::chrono::steady_clock;
  auto const& key = shared_key(key_kind::ed25519);
  auto shortest = steady_clock::duration::max();
  for (int i = 0; i < 3 && shortest >= std::chrono::seconds{1}; ++i) {
    write_keys(key.authorized_keys_line());
    start();
    auto const granted = log_in_with(key);
    ASSERT_TRUE(granted);
    auto const begun = steady_clock::now();
    write_keys("");
    ASSERT_TRUE(becomes([&] { return !auth->is_live(granted->what.id); }));
    shortest = std::min(shortest, steady_clock::now() - begun);
  }
  // What is left of the second is for the streams, which look four times in it.
  EXPECT_LT(shortest, std::chrono::milliseconds{750});
}

TEST_F(login_test, locks_nobody_out_when_the_clock_is_set_back) {
  options.logins_per_minute = 3;
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(log_in_with(key));
  time.advance(std::chrono::minutes{10});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(log_in_with(key));
  auto const asked = *auth->issue_challenge("192.0.2.9", "krane.example:8080");
  set_clock_back(std::chrono::hours{24});
  EXPECT_TRUE(log_in(asked.request_id, key.sign_jws(payload(asked.phrase)), "192.0.2.9")) << "it has not run out";
  time.advance(std::chrono::minutes{1});
  EXPECT_TRUE(log_in_with(key)) << "whose turns were used up has new ones after a minute";
  EXPECT_FALSE(log_in(asked.request_id, key.sign_jws(payload(asked.phrase)), "192.0.2.9")) << "used is used";
}

TEST_F(login_test, is_refused_to_a_signature_that_anybody_can_make) {
  // The neutral point as the key, the neutral point and 0 as the signature: OpenSSL takes it for every message.
  std::string const neutral = '\1' + std::string(31, '\0');
  auto const field = [](std::string const& text) {
    return std::string{0, 0, 0, static_cast<char>(text.size())} + text;
  };
  write_keys("ssh-ed25519 " + base64(field("ssh-ed25519") + field(neutral)) + " nobody\n");
  start();
  EXPECT_EQ(auth->key_count(), 0U);
  auto const asked = ask();
  std::string const what = base64url(R"({"alg":"EdDSA"})") + "." + base64url(payload(asked.phrase));
  EXPECT_FALSE(log_in(asked.request_id, what + "." + base64url(neutral + std::string(32, '\0'))));
}

TEST_F(login_test, ends_all_sessions_when_the_keys_are_deleted) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  auto const granted = log_in_with(key);
  std::filesystem::remove(options.authorized_keys_path);
  EXPECT_TRUE(becomes([&] { return !auth->find_session(granted->token); }));
}

TEST_F(login_test, ends_sessions_at_once_when_told_to_reload) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  auto const granted = log_in_with(key);
  write_keys("");
  reload();
  EXPECT_FALSE(auth->find_session(granted->token));
  EXPECT_TRUE(sessions.kept.empty());
}

TEST_F(login_test, gives_no_session_when_the_key_is_taken_out_while_it_is_written) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  auto const asked = ask();
  std::optional<result<session_grant>> outcome;
  sessions.before_insert = [&] {
    write_keys("");
    // Handed over to the pool now, and back before the insertion is: the store below waits for it.
    asio::co_spawn(loop, auth->reload_keys(), asio::detached);
  };
  sessions.insert_waits_for = [&] { return auth->key_count() == 0 && auth->list_sessions().empty(); };
  EXPECT_FALSE(log_in(asked.request_id, key.sign_jws(payload(asked.phrase))));
  EXPECT_TRUE(auth->list_sessions().empty());
}

TEST_F(login_test, keeps_sessions_over_a_restart_but_those_of_keys_that_are_gone) {
  auto const& gone = shared_key(key_kind::ed25519);
  auto const& stays = shared_key(key_kind::p256);
  write_keys(gone.authorized_keys_line() + "\n" + stays.authorized_keys_line());
  start();
  auto const first = log_in_with(gone);
  auto const second = log_in_with(stays);
  start();
  EXPECT_TRUE(auth->find_session(first->token));
  write_keys(stays.authorized_keys_line());
  start();
  EXPECT_FALSE(auth->find_session(first->token));
  EXPECT_EQ(auth->find_session(second->token), second->what);
}

TEST_F(login_test, clears_away_sessions_that_ran_out) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  auto const granted = log_in_with(key);
  time.advance(options.session_lifetime);
  EXPECT_FALSE(auth->find_session(granted->token));
  EXPECT_TRUE(becomes([&] { return sessions.kept.empty(); }));
}

TEST_F(login_test, ends_a_session_that_is_revoked_once) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  auto const one = log_in_with(key);
  auto const two = log_in_with(key);
  EXPECT_EQ(auth->list_sessions().size(), 2U);
  EXPECT_TRUE(run_coroutine(loop, auth->revoke(one->what.id)));
  EXPECT_FALSE(auth->find_session(one->token));
  EXPECT_FALSE(auth->is_live(one->what.id));
  EXPECT_TRUE(auth->find_session(two->token));
  EXPECT_EQ(sessions.kept.size(), 1U);
  EXPECT_EQ(run_coroutine(loop, auth->revoke(one->what.id)).error().code, errc::not_found);
  EXPECT_EQ(run_coroutine(loop, auth->revoke(session_id{"nobody"})).error().code, errc::not_found);
}

TEST_F(login_test, gives_no_session_that_the_store_did_not_take) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  auto const asked = ask();
  auto const token = key.sign_jws(payload(asked.phrase));
  sessions.failure = make_error(errc::storage_full, "the disk is full");
  EXPECT_EQ(log_in(asked.request_id, token).error().code, errc::storage_full);
  EXPECT_TRUE(auth->list_sessions().empty());
  sessions.failure.reset();
  EXPECT_EQ(log_in(asked.request_id, token).error().code, errc::unauthorized) << "used is used";
  EXPECT_TRUE(log_in_with(key));
}

TEST_F(login_test, ends_a_revoked_session_even_while_the_store_fails_and_erases_it_later) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  auto const granted = log_in_with(key);
  sessions.failure = make_error(errc::storage_full, "the disk is full");
  EXPECT_EQ(run_coroutine(loop, auth->revoke(granted->what.id)).error().code, errc::storage_full);
  EXPECT_FALSE(auth->find_session(granted->token));
  sessions.failure.reset();
  EXPECT_TRUE(becomes([&] { return sessions.kept.empty(); }));
}

TEST_F(login_test, keeps_a_thousand_sessions_of_one_key_and_ends_the_oldest) {
  auto const& key = shared_key(key_kind::ed25519);
  for (int i = 0; i < 1000; ++i)
    sessions.kept.push_back({session_id{"s" + std::to_string(i)},
                             {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)},
                             "ada",
                             key.fingerprint(),
                             time.now() + std::chrono::seconds{i},
                             time.now() + std::chrono::hours{1}});
  write_keys(key.authorized_keys_line());
  start();
  time.advance(std::chrono::seconds{1000});
  EXPECT_TRUE(log_in_with(key));
  EXPECT_EQ(auth->list_sessions().size(), 1000U);
  EXPECT_EQ(auth->list_sessions().front().id, session_id{"s1"});
  EXPECT_FALSE(auth->is_live(session_id{"s0"}));
}

TEST_F(login_test, leaves_the_sessions_of_programs_alone_when_the_oldest_goes) {
  auto const& key = shared_key(key_kind::ed25519);
  for (int i = 0; i < 1000; ++i)
    sessions.kept.push_back({session_id{"s" + std::to_string(i)},
                             {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)},
                             "ada",
                             key.fingerprint(),
                             time.now() + std::chrono::seconds{i},
                             time.now() + std::chrono::hours{1},
                             i == 0 ? "ci" : ""});
  write_keys(key.authorized_keys_line());
  start();
  time.advance(std::chrono::seconds{1000});
  EXPECT_TRUE(log_in_with(key));
  EXPECT_TRUE(auth->is_live(session_id{"s0"}));
  EXPECT_FALSE(auth->is_live(session_id{"s1"}));
}

TEST_F(login_test, gives_a_program_a_session_that_lives_no_longer_than_its_key) {
  auto const& key = shared_key(key_kind::ed25519);
  write_keys("expiry-time=\"20260103Z\" " + key.authorized_keys_line("ada"));
  auto const granted = log_in_with(key, (start(), here));
  ASSERT_TRUE(granted);
  auto const made = run_coroutine(loop, auth->create_session(granted->what, "ci", std::chrono::hours{24 * 90}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->what.expires_at, *parse_rfc3339("2026-01-03T00:00:00Z"));
  EXPECT_EQ(made->what.name, "ci");
  EXPECT_TRUE(auth->find_session(made->token));
  write_keys("");
  reload();
  EXPECT_FALSE(auth->find_session(made->token)) << "it ends with its key";
}

TEST_F(login_test, is_limited_by_the_minute_and_says_how_long_to_wait) {
  options.logins_per_minute = 3;
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(log_in_with(key, "127.0.0.1"));
  auto const refused = auth->issue_challenge("127.0.0.1", "h");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::rate_limited);
  EXPECT_EQ(refused.error().message, "too many logins from this address; try again in 20 s");
  EXPECT_EQ(auth->retry_after("127.0.0.1"), std::chrono::seconds{20});
  EXPECT_EQ(log_in("x", "x", "127.0.0.1").error().code, errc::rate_limited);
  EXPECT_TRUE(log_in_with(key, "127.0.0.2"));
  time.advance(std::chrono::seconds{20});
  EXPECT_TRUE(log_in_with(key, "127.0.0.1"));
  auth->set_login_limit(0);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(log_in_with(key, "127.0.0.1"));
}

TEST_F(login_test, pauses_for_whoever_keeps_failing_and_for_nobody_else) {
  options.logins_per_minute = 60;
  auto const& key = shared_key(key_kind::ed25519);
  write_keys(key.authorized_keys_line());
  start();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in("x", "x").error().code, errc::unauthorized);
  EXPECT_EQ(log_in("x", "x").error().code, errc::rate_limited);
  EXPECT_TRUE(log_in_with(key, "192.0.2.8"));
  time.advance(auth->retry_after(here));
  EXPECT_TRUE(log_in_with(key));
}

TEST_F(login_test, fails_to_start_when_the_sessions_cannot_be_read) {
  sessions.reading_fails = make_error(errc::unavailable, "store_failed", "no");
  auth = make_authenticator(loop.get_executor(), pool, time, sessions, options);
  EXPECT_EQ(run_coroutine(loop, auth->start()).error().code, errc::unavailable);
}

}  // namespace
}  // namespace krane::test
