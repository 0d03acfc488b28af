// krane login, logout and context against a real server, as a person types them.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class cli_login : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (server_) ada.has_key(server().key());
  }
  void log_in() {
    auto const said = ada.types({"login", server().url()});
    ASSERT_EQ(said.status, 0) << said.all();
  }
  // A second server that trusts a second key.
  std::unique_ptr<krane_server> another_server() {
    auto other = std::make_unique<krane_server>(server_options{
        .engine = "unix:///nonexistent/engine.sock", .environment = {}, .arguments = {}, .wait_until_ready = false});
    return other;
  }
  std::string tokens_file() const { return ada.home() + "/.config/krane/tokens.json"; }

  person ada;
};

TEST_F(cli_login, takes_the_key_that_ssh_would_and_says_which) {
  auto const said = ada.types({"login", server().url()});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_THAT(said.out, StartsWith("Logged in to " + server().url() + " as tester with " + ada.home() +
                                   "/.ssh/id_rsa (ssh-rsa " + server().key().fingerprint()));
  EXPECT_THAT(said.out, HasSubstr("\nContext local; the session ends in "));
  auto const list = ada.types({"ls"});
  EXPECT_EQ(list.status, 0) << list.all();
}

TEST_F(cli_login, leaves_a_token_that_others_cannot_read) {
  log_in();
  struct stat found{};
  ASSERT_EQ(stat(tokens_file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_THAT(read_file(tokens_file()), HasSubstr("krs_"));
  EXPECT_THAT(read_file(ada.home() + "/.config/krane/config.json"), Not(HasSubstr("krs_")));

  chmod(tokens_file().c_str(), 0644);
  auto const refused = ada.types({"ls"});
  EXPECT_EQ(refused.status, 4) << refused.all();
  EXPECT_THAT(refused.err, HasSubstr("chmod 600 " + tokens_file()));
}

TEST_F(cli_login, tries_one_key_after_the_other) {
  ada.has_key(test::test_key::generate(test::key_kind::ed25519), "id_ed25519", "a stranger");
  ada.has_key(test::test_key::generate(test::key_kind::p256), "id_ecdsa", "another");
  std::filesystem::rename(ada.home() + "/.ssh/id_rsa", ada.home() + "/.ssh/id_zulu");
  std::filesystem::remove(ada.home() + "/.ssh/id_rsa.pub");
  auto const said = ada.types({"login", server().url(), "-o", "json"});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_THAT(said.out, HasSubstr("\"key_fingerprint\": \"" + server().key().fingerprint() + "\""));
}

TEST_F(cli_login, says_what_to_add_when_the_server_knows_no_key) {
  auto const strange = test::test_key::generate(test::key_kind::ed25519);
  write_file(ada.file("key"), strange.openssh_private_key("eve@lab"));
  chmod(ada.file("key").c_str(), 0600);
  auto const said = ada.types({"login", server().url(), "--key", "key"});
  EXPECT_EQ(said.status, 4) << said.all();
  EXPECT_THAT(said.err, HasSubstr("authorized_keys"));
  EXPECT_THAT(said.err, HasSubstr(strange.authorized_keys_line("eve@lab")));
}

TEST_F(cli_login, means_the_named_key_again_the_next_time) {
  std::filesystem::rename(ada.home() + "/.ssh/id_rsa", ada.file("mine"));
  auto const first = ada.types({"login", server().url(), "--key", "mine"});
  ASSERT_EQ(first.status, 0) << first.all();
  auto const again = ada.types({"login"});
  EXPECT_EQ(again.status, 0) << again.all();
  EXPECT_THAT(ada.types({"context", "show"}).out, HasSubstr("Key       " + ada.file("mine")));
}

TEST_F(cli_login, asks_for_a_passphrase_without_showing_it) {
  auto const key = ada.home() + "/.ssh/id_rsa";
  auto const locked = run({"ssh-keygen", "-q", "-p", "-P", "", "-N", "so secret", "-f", key}, ada.environment());
  ASSERT_EQ(locked.status, 0) << locked.output;
  auto const terminal = ada.sits_at({"login", server().url()});
  ASSERT_TRUE(terminal->shows("assphrase")) << terminal->output();
  terminal->types("so secret\n");
  EXPECT_EQ(terminal->wait(), 0) << terminal->output();
  EXPECT_THAT(terminal->output(), HasSubstr("Logged in to"));
  EXPECT_THAT(terminal->output(), Not(HasSubstr("so secret")));

  auto const alone = ada.types({"login", server().url()});
  EXPECT_NE(alone.status, 0) << "a passphrase cannot be asked for without a terminal";
}

TEST_F(cli_login, is_over_after_a_logout) {
  log_in();
  std::string const token = read_file(tokens_file());
  auto const out = ada.types({"logout"});
  EXPECT_EQ(out.status, 0) << out.all();
  EXPECT_EQ(out.err, "Logged out of " + server().url() + "\n");
  EXPECT_THAT(read_file(tokens_file()), Not(HasSubstr("krs_")));
  auto const at = token.find("krs_");
  auto const with_old = exchange(server().where(), "GET", "/deployments",
                                 {{"Authorization", "Bearer " + token.substr(at, token.find('"', at) - at)}});
  EXPECT_EQ(with_old.status, 401);

  auto const list = ada.types({"ls"});
  EXPECT_EQ(list.status, 4);
  EXPECT_EQ(list.err,
            "krane: you are not logged in to " + server().url() + "\n  next: krane login " + server().url() + "\n");
  EXPECT_EQ(ada.types({"logout"}).status, 0) << "there is nothing left to do";
}

TEST_F(cli_login, says_that_a_session_lives_on_when_the_server_cannot_be_told) {
  log_in();
  server().stop();
  auto const out = ada.types({"logout"});
  EXPECT_EQ(out.status, 6);
  EXPECT_THAT(out.err, HasSubstr("it could not be ended"));
  EXPECT_THAT(read_file(tokens_file()), Not(HasSubstr("krs_")));
}

TEST_F(cli_login, remembers_several_servers_by_name) {
  auto const other = another_server();
  log_in();
  ASSERT_EQ(ada.types({"login", other->url(), "--context", "spare"}).status, 0);
  auto const list = ada.types({"context", "ls"});
  EXPECT_THAT(list.out, ContainsRegex("NAME +ENDPOINT +USER +SESSION"));
  EXPECT_THAT(list.out, ContainsRegex("\n +local +" + server().url() + " +tester +expires in "));
  EXPECT_THAT(list.out, ContainsRegex("\n\\* +spare +" + other->url()));
  EXPECT_EQ(ada.types({"context", "ls", "-o", "name"}).out, "local\nspare\n");

  EXPECT_THAT(ada.types({"context", "show", "-o", "yaml"}).out, HasSubstr("name: spare\n"));
  auto const used = ada.types({"context", "use", "local"});
  EXPECT_EQ(used.err, "Now talking to local at " + server().url() + "\n");
  EXPECT_THAT(ada.types({"context", "show"}).out, StartsWith("Name      local (current)\n"));
  EXPECT_THAT(ada.types({"context", "show", "--context", "spare"}).out, StartsWith("Name      spare\n"));

  EXPECT_EQ(ada.types({"context", "rm", "spare"}).status, 0);
  EXPECT_EQ(ada.types({"context", "ls", "-o", "name"}).out, "local\n");
  auto const gone = ada.types({"context", "use", "spare"});
  EXPECT_EQ(gone.status, 3);
  EXPECT_EQ(gone.err, "krane: there is no context \"spare\"; see krane context ls\n");
}

TEST_F(cli_login, does_not_forget_the_name_of_a_server_at_the_next_login) {
  ASSERT_EQ(ada.types({"login", server().url(), "--context", "mine"}).status, 0);
  ASSERT_EQ(ada.types({"login", server().url()}).status, 0);
  ASSERT_EQ(ada.types({"login"}).status, 0);
  EXPECT_EQ(ada.types({"context", "ls", "-o", "name"}).out, "mine\n");
}

TEST_F(cli_login, is_not_needed_where_the_environment_has_a_token) {
  person ci;
  person::variables const set{{"KRANE_ENDPOINT", server().url()}, {"KRANE_TOKEN", server().token()}};
  EXPECT_EQ(ci.types({"ls"}, set).status, 0);
  EXPECT_FALSE(std::filesystem::exists(ci.home() + "/.config/krane"));
  auto const wrong = ci.types({"ls"}, {{"KRANE_ENDPOINT", server().url()}, {"KRANE_TOKEN", "krs_wrong"}});
  EXPECT_EQ(wrong.status, 4) << wrong.all();
}

TEST_F(cli_login, says_when_the_environment_counts_more) {
  auto const said = ada.types({"login", server().url()}, {{"KRANE_TOKEN", "krs_of_something_else"}});
  EXPECT_EQ(said.status, 0) << said.all();
  EXPECT_THAT(said.err, HasSubstr("KRANE_TOKEN is set"));
  EXPECT_THAT(ada.types({"login", server().url()}).err, Not(HasSubstr("KRANE_TOKEN")));
}

TEST_F(cli_login, refuses_an_endpoint_that_is_none) {
  for (std::string const endpoint : {"ftp://host", "http://", "http://user:secret@host", "http://host/path"}) {
    auto const said = ada.types({"login", endpoint});
    EXPECT_NE(said.status, 0) << endpoint;
    EXPECT_THAT(said.err, StartsWith("krane: ")) << endpoint;
    EXPECT_THAT(said.err, Not(HasSubstr("secret"))) << endpoint;
  }
}

}  // namespace
}  // namespace krane::e2e
