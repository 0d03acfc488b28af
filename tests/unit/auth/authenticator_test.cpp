#include "auth/authenticator.hpp"

#include <gmock/gmock.h>

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

}  // namespace
}  // namespace krane::test
