// Whole logins: real keys, a real ssh-agent, the real API behind a socket.
#include "cli/log_in.hpp"

#include <gmock/gmock.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "cli/ssh_wire.hpp"
#include "key_folder.hpp"
#include "unit/client/api_server.hpp"
#include "unit/client/raw_server.hpp"

namespace krane::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class log_in_test : public test::served_api_test, protected test::key_folder {
protected:
  void SetUp() override {
    if (!has_programs()) GTEST_SKIP() << "OpenSSH's programs or openssl are not installed";
  }
  // The server knows these keys and no others.
  void authorize(std::vector<public_half> const& keys) {
    std::ofstream file(folder / "authorized_keys");
    for (auto const& one : keys) file << one.line() << '\n';
    file.close();
    ASSERT_TRUE(run(auth->reload_keys()));
  }
  result<logged_in> log_in(key_wishes wishes) { return log_in_at(api, std::move(wishes)); }
  result<logged_in> log_in_at(client::krane_api& at, key_wishes wishes) {
    told.clear();
    asked.clear();
    login_dialogue dialogue{.ask = {}, .tell = [this](std::string const& what) { told.push_back(what); }};
    if (passphrase)
      dialogue.ask = [this](std::string_view question) {
        asked.emplace_back(question);
        return result<std::string>(*passphrase);
      };
    return run(cli::log_in(at, std::move(wishes), std::move(dialogue)));
  }
  // Its socket.
  std::string start_agent() {
    agent = std::make_unique<test::ssh_agent>(place / "agent");
    return place / "agent";
  }

  client::krane_api api{where(), ""};
  std::unique_ptr<test::ssh_agent> agent;
  std::optional<std::string> passphrase;  // none: nobody can be asked
  std::vector<std::string> told;
  std::vector<std::string> asked;
};

TEST_F(log_in_test, goes_by_each_type_of_key_from_a_file_and_from_an_agent) {
  auto const socket = start_agent();
  for (auto const& row : test::login_keys) {
    SCOPED_TRACE(row.name);
    auto const path = make_key(row.name, row.options);
    authorize({public_half_of(path)});
    auto const by_file = log_in({.file = path});
    ASSERT_TRUE(by_file) << by_file.error().message;
    EXPECT_EQ(by_file->session.user, "ada@lab");
    EXPECT_EQ(by_file->session.key_fingerprint, public_half_of(path).fingerprint());
    EXPECT_EQ(by_file->key_file, path);
    agent->add(path);
    auto const by_agent = log_in({.agent = socket});
    ASSERT_TRUE(by_agent) << by_agent.error().message;
    EXPECT_FALSE(by_agent->key_file);
    EXPECT_THAT(by_agent->key_name, StartsWith("ssh-agent ("));
    EXPECT_THAT(by_agent->key_name, HasSubstr(public_half_of(path).fingerprint()));
    krane::client::krane_api as_user(where(), by_agent->session.token);
    EXPECT_TRUE(run(as_user.list_deployments()));
  }
}

TEST_F(log_in_test, tries_one_key_after_the_other_and_says_which_was_accepted) {
  auto const socket = start_agent();
  agent->add(make_key("id_rsa", "-t rsa -b 2048"));
  make_key("id_ecdsa", "-t ecdsa");
  auto const right = make_key("id_work", "-t ed25519");
  authorize({public_half_of(right)});
  auto const done = log_in({.agent = socket, .home = home()});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->key_file, right);
  EXPECT_THAT(done->key_name, StartsWith(right + " (ssh-ed25519 SHA256:"));
}

TEST_F(log_in_test, asks_for_passphrases_last_and_never_for_what_an_agent_holds) {
  auto const socket = start_agent();
  auto const plain = make_key("id_zebra", "-t ed25519");
  auto const locked = make_key("id_ecdsa", "-t ecdsa");
  convert(locked, "PEM", "open sesame");
  passphrase = "open sesame";
  authorize({public_half_of(plain), public_half_of(locked)});
  EXPECT_EQ(log_in({.agent = socket, .home = home()})->key_file, plain);
  EXPECT_THAT(asked, IsEmpty());

  authorize({public_half_of(locked)});
  auto const by_file = log_in({.agent = socket, .home = home()});
  ASSERT_TRUE(by_file) << by_file.error().message;
  EXPECT_EQ(by_file->key_file, locked);
  EXPECT_THAT(asked, ElementsAre("passphrase for " + locked + ": "));

  {
    test::passphrase_at_hand const known(place / "askpass", "open sesame");
    agent->add(locked);
  }
  auto const by_agent = log_in({.file = locked, .agent = socket});
  ASSERT_TRUE(by_agent) << by_agent.error().message;
  EXPECT_FALSE(by_agent->key_file);
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(log_in_test, opens_a_locked_key_in_the_format_of_OpenSSH) {
  auto const locked = make_key("id_ed25519", "-t ed25519", "open sesame");
  authorize({public_half_of(locked)});
  test::passphrase_at_hand const known(place / "askpass", "open sesame");
  auto const done = log_in({.home = home()});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->key_file, locked);
  EXPECT_THAT(done->key_name, HasSubstr("ada@lab"));
}

TEST_F(log_in_test, asks_three_times_for_a_passphrase) {
  auto const locked = make_key("id_rsa", "-t rsa -b 2048");
  convert(locked, "PEM", "open sesame");
  authorize({public_half_of(locked)});
  passphrase = "wrong";
  auto const refused = log_in({.file = locked});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "wrong_passphrase");
  EXPECT_EQ(asked.size(), 3U);
  passphrase.reset();
  auto const unasked = log_in({.file = locked});
  ASSERT_FALSE(unasked);
  EXPECT_EQ(unasked.error().reason, "no_terminal");
  EXPECT_THAT(unasked.error().message, HasSubstr("add it to an ssh-agent"));
}

TEST_F(log_in_test, takes_the_public_half_of_a_key_that_the_agent_holds) {
  auto const socket = start_agent();
  auto const path = make_key("id_ed25519", "-t ed25519");
  agent->add(path);
  std::filesystem::remove(path);
  authorize({public_half_of(path)});
  auto const done = log_in({.file = path + ".pub", .agent = socket});
  ASSERT_TRUE(done) << done.error().message;
  auto const alone = log_in({.file = path + ".pub"});
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error().message, HasSubstr("is the public half of a key, and no ssh-agent holds the private one"));
}

TEST_F(log_in_test, explains_keys_on_security_tokens_and_goes_on) {
  // As ssh-keygen -t ed25519-sk writes the public half; the agent is asked by nobody for it.
  auto const blob = [] {
    std::string all;
    put_text(all, "sk-ssh-ed25519@openssh.com");
    put_text(all, std::string(32, 'k'));
    put_text(all, "ssh:");
    return all;
  }();
  public_half const token{"sk-ssh-ed25519@openssh.com", blob, "ada@yubi"};
  write(in_ssh("id_ed25519_sk"), token.line() + "\n");
  auto const named = log_in({.file = in_ssh("id_ed25519_sk")});
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().reason, "unfit_key");
  EXPECT_THAT(named.error().message, HasSubstr("a key on a security token"));
  EXPECT_THAT(named.error().message, HasSubstr("log in with an Ed25519, ECDSA (256 or 384 bits) or RSA key instead"));

  auto const only = log_in({.home = home()});
  ASSERT_FALSE(only);
  EXPECT_EQ(only.error().reason, "no_key");
  EXPECT_THAT(only.error().message, HasSubstr("a key on a security token"));

  auto const good = make_key("id_rsa", "-t rsa -b 2048");
  authorize({public_half_of(good)});
  EXPECT_TRUE(log_in({.home = home()}));
  EXPECT_THAT(told, ElementsAre(HasSubstr("id_ed25519_sk: a key on a security token")));
}

// An agent that lists what it is given and signs nothing: no real one holds a key on a security token without the
// token.
coroutine<void> list_keys(std::shared_ptr<asio::basic_socket_acceptor<asio::local::stream_protocol, executor>> at,
                          std::vector<public_half> keys) {
  for (;;) {
    auto [ec, socket] = co_await at->async_accept(use_tuple);
    if (ec) co_return;
    std::string question(5, '\0');
    auto [gone, got] = co_await asio::async_read(socket, asio::buffer(question), use_tuple);
    if (gone) continue;
    std::string list(1, '\x0c');
    put_number(list, keys.size());
    for (auto const& one : keys) {
      put_text(list, one.blob);
      put_text(list, one.comment);
    }
    std::string answer;
    put_text(answer, list);
    co_await asio::async_write(socket, asio::buffer(answer), use_tuple);
  }
}

TEST_F(log_in_test, explains_keys_on_security_tokens_and_certificates_that_an_agent_holds) {
  std::string const socket = place / "agent";
  auto const at = std::make_shared<asio::basic_socket_acceptor<asio::local::stream_protocol, executor>>(
      loop.get_executor(), asio::local::stream_protocol::endpoint(socket));
  std::string token, certificate;
  put_text(token, "sk-ecdsa-sha2-nistp256@openssh.com");
  put_text(certificate, "ssh-ed25519-cert-v01@openssh.com");
  asio::co_spawn(loop, list_keys(at, {{{}, token, "ada@yubi"}, {{}, certificate, "ada@corp"}}), asio::detached);
  auto const only = log_in({.agent = socket});
  ASSERT_FALSE(only);
  EXPECT_EQ(only.error().reason, "no_key");
  EXPECT_THAT(told, ElementsAre(HasSubstr("ada@yubi): a key on a security token"), HasSubstr("a certificate")));
  EXPECT_THAT(only.error().message, HasSubstr("log in with an Ed25519, ECDSA (256 or 384 bits) or RSA key instead"));

  auto const good = make_key("id_rsa", "-t rsa -b 2048");
  authorize({public_half_of(good)});
  EXPECT_TRUE(log_in({.agent = socket, .home = home()}));
  at->close();
}

TEST_F(log_in_test, says_what_to_do_where_no_key_is_accepted) {
  auto const none = log_in({.home = home()});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, "no_key");
  EXPECT_THAT(none.error().message, HasSubstr("ssh-keygen -t ed25519"));

  auto const one = make_key("id_rsa", "-t rsa -b 2048");
  auto const refused = log_in({.home = home()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::unauthorized);
  EXPECT_EQ(refused.error().reason, "login_refused");
  EXPECT_THAT(refused.error().message, HasSubstr(where().text() + " does not accept " + one));
  EXPECT_THAT(refused.error().message, HasSubstr("authorized_keys of the server: " + public_half_of(one).line()));

  make_key("id_ed25519", "-t ed25519");
  EXPECT_THAT(log_in({.home = home()}).error().message, HasSubstr("accepts none of 2 keys"));
}

TEST_F(log_in_test, refuses_key_files_that_others_may_read) {
  auto const path = make_key("id_ed25519", "-t ed25519");
  authorize({public_half_of(path)});
  std::filesystem::permissions(path, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  auto const refused = log_in({.file = path});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("chmod 600 " + path));
  auto const missing = log_in({.file = in_ssh("none")});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, errc::not_found);
  write(in_ssh("text"), "hello\n");
  EXPECT_EQ(log_in({.file = in_ssh("text")}).error().reason, "no_private_key");
}

TEST_F(log_in_test, signs_nothing_but_a_login_to_the_server_that_was_dialled) {
  auto const path = make_key("id_ed25519", "-t ed25519");
  test::raw_server impostor(loop);
  krane::client::krane_api there(impostor.where(), "");
  for (std::string const& phrase :
       {"krane-login:v1:" + where().authority() + ":" + std::string(64, 'a'),
        "krane-login:v1:" + impostor.where().authority() + ":" + std::string(64, 'a') + "!", std::string("anything")}) {
    std::string const fields = R"({"request_id":"1","phrase":")" + phrase + R"("})";
    impostor.answer(test::http_answer(200, R"({"success":true,"code":200,"data":)" + fields + "}"));
    auto const refused = log_in_at(there, {.file = path});
    ASSERT_FALSE(refused) << phrase;
    EXPECT_EQ(refused.error().reason, "foreign_phrase");
  }
  for (auto const& one : impostor.requests()) EXPECT_THAT(one, StartsWith("GET /login"));
}

TEST_F(log_in_test, asks_nobody_for_anything_while_there_is_no_server) {
  auto const locked = make_key("id_rsa", "-t rsa -b 2048");
  convert(locked, "PEM", "open sesame");
  passphrase = "open sesame";
  stop_listening();
  EXPECT_EQ(log_in({.file = locked}).error().code, errc::unavailable);
  EXPECT_THAT(asked, IsEmpty());
}

}  // namespace
}  // namespace krane::cli
