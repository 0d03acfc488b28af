// A real ssh-agent with each type of key, against the server's own check.
#include "cli/agent_client.hpp"

#include <gmock/gmock.h>

#include "cli/private_agent.hpp"
#include "key_folder.hpp"

namespace krane::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string const phrase = "krane-login:v1:krane.example:8080:" + std::string(64, 'd');

class agent_client_test : public test::key_folder_test, public testing::WithParamInterface<test::key_row> {
protected:
  template <class T>
  T run(task<T> what) {
    auto done = test::run_coroutine(loop, std::move(what));
    if (!done) throw std::runtime_error(done.error().message);
    return std::move(*done);
  }
};

TEST_P(agent_client_test, lists_the_key_and_signs_logins_with_it) {
  test::ssh_agent agent(place / "agent");
  agent.add(make_key("id", GetParam().options));
  auto client = run(agent_client::connect(place / "agent"));
  auto const keys = run(client.list_keys());
  ASSERT_THAT(keys, SizeIs(1));
  EXPECT_EQ(keys[0].type, GetParam().type);
  EXPECT_EQ(keys[0].comment, "ada@lab");
  for (int i = 0; i < 40; ++i) {
    std::string input = signing_input(GetParam().algorithm, phrase, "krane.example:8080");
    auto const signature = to_jws_signature(GetParam().algorithm, run(client.sign(keys[0], input)));
    ASSERT_TRUE(signature) << signature.error().message;
    ASSERT_TRUE(is_accepted(finished_token(std::move(input), *signature), keys[0], phrase));
  }
}

TEST_P(agent_client_test, is_lent_to_keys_that_only_OpenSSH_can_open) {
  std::string const path = make_key("id", GetParam().options, "open sesame");
  std::string const before = read(path);
  test::passphrase_at_hand const known(place / "askpass", "open sesame");
  auto const agent = run(private_agent::open_key(path));
  std::string input = signing_input(GetParam().algorithm, phrase, "krane.example:8080");
  auto const signature = to_jws_signature(GetParam().algorithm, run(agent->sign(public_half_of(path), input)));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(is_accepted(finished_token(std::move(input), *signature), public_half_of(path), phrase));
  EXPECT_EQ(read(path), before) << "the person's own file";
}

TEST_F(agent_client_test, says_that_a_passphrase_is_wrong) {
  std::string const path = make_key("id", "-t ed25519", "open sesame");
  test::passphrase_at_hand const known(place / "askpass", "something else");
  auto const opened = test::run_coroutine(loop, private_agent::open_key(path));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "wrong_passphrase");
  EXPECT_THAT(opened.error().message, HasSubstr(path + " was not opened"));
}

TEST_F(agent_client_test, leaves_nothing_behind) {
  std::string const path = make_key("id", "-t ed25519", "open sesame");
  std::filesystem::create_directories(place / "run");
  setenv("XDG_RUNTIME_DIR", (place / "run").c_str(), 1);
  {
    test::passphrase_at_hand const known(place / "askpass", "open sesame");
    auto const agent = run(private_agent::open_key(path));
    ASSERT_FALSE(std::filesystem::is_empty(place / "run"));
    auto const its_folder = std::filesystem::directory_iterator(place / "run")->path();
    EXPECT_EQ(std::filesystem::status(its_folder).permissions(), std::filesystem::perms::owner_all);
  }
  unsetenv("XDG_RUNTIME_DIR");
  EXPECT_TRUE(std::filesystem::is_empty(place / "run"));
}

TEST_F(agent_client_test, lists_nothing_of_an_empty_agent) {
  test::ssh_agent const agent(place / "agent");
  auto client = run(agent_client::connect(place / "agent"));
  EXPECT_THAT(run(client.list_keys()), IsEmpty());
}

TEST_F(agent_client_test, says_that_the_agent_does_not_sign) {
  test::ssh_agent agent(place / "agent");
  agent.add(make_key("id", "-t ed25519"));
  auto client = run(agent_client::connect(place / "agent"));
  auto const keys = run(client.list_keys());
  test::output_of("SSH_AUTH_SOCK=" + (place / "agent") + " ssh-add -qD 2>&1");
  auto const refused = test::run_coroutine(loop, client.sign(keys.at(0), "x"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "agent_refused");
  EXPECT_THAT(refused.error().message, HasSubstr("did not sign with ada@lab"));
}

TEST_F(agent_client_test, says_that_there_is_no_agent) {
  for (std::string const& path : {place / "none", place / std::string(200, 'x')}) {
    auto const connected = test::run_coroutine(loop, agent_client::connect(path));
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().reason, "no_agent");
  }
}

INSTANTIATE_TEST_SUITE_P(all, agent_client_test, testing::ValuesIn(test::login_keys), test::name_of);

}  // namespace
}  // namespace krane::cli
