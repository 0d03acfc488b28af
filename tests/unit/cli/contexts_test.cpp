#include "cli/contexts.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "support/temp_folder.hpp"

namespace krane::cli {
namespace {

using testing::HasSubstr;

environment with(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    auto const found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

context_book two_servers() {
  context_book book;
  book.put({.name = "prod", .endpoint = "ssh://ada@example.com", .key = "~/.ssh/id_ed25519", .user = "ada"});
  book.put({.name = "local", .endpoint = "http://127.0.0.1:8080", .key = {}, .user = {}});
  book.current = "local";
  book.sessions["prod"] = {.id = "s1", .token = "krs_prod", .expires_at = "2030-01-01T00:00:00Z"};
  book.sessions["local"] = {.id = "s2", .token = "krs_local", .expires_at = "2030-01-01T00:00:00Z"};
  return book;
}

class contexts : public testing::Test {
protected:
  void keep(context_book const& book) {
    auto const kept = files_.update([&](context_book& now) -> result<void> {
      now = book;
      return {};
    });
    ASSERT_TRUE(kept) << kept.error().message;
  }

  test::temp_folder folder_;
  context_files files_{folder_ / "config/krane"};
};

TEST_F(contexts, are_an_empty_book_before_the_first_login) {
  auto const book = files_.read();
  ASSERT_TRUE(book) << book.error().message;
  EXPECT_TRUE(book->contexts.empty());
  EXPECT_FALSE(std::filesystem::exists(files_.folder()));
}

TEST_F(contexts, are_read_as_they_were_kept) {
  keep(two_servers());
  auto const book = files_.read();
  ASSERT_TRUE(book) << book.error().message;
  EXPECT_EQ(book->current, "local");
  EXPECT_EQ(book->contexts, two_servers().contexts);
  EXPECT_EQ(book->sessions, two_servers().sessions);
}

TEST_F(contexts, keep_tokens_apart_and_to_their_owner) {
  keep(two_servers());
  struct stat found{};
  ASSERT_EQ(::stat(files_.tokens_path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(files_.folder().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700u);
  std::ifstream config(files_.config_path());
  std::string const text(std::istreambuf_iterator<char>(config), {});
  EXPECT_THAT(text, testing::Not(HasSubstr("krs_")));
}

TEST_F(contexts, refuse_a_tokens_file_that_others_can_read) {
  keep(two_servers());
  ::chmod(files_.tokens_path().c_str(), 0640);
  auto const book = files_.read();
  ASSERT_FALSE(book);
  EXPECT_EQ(book.error().code, errc::forbidden);
  EXPECT_THAT(book.error().message, HasSubstr("chmod 600 " + files_.tokens_path()));
}

TEST_F(contexts, leave_the_files_alone_when_a_change_fails) {
  keep(two_servers());
  auto const refused = files_.update([](context_book& book) -> result<void> {
    book.contexts.clear();
    return make_error(errc::invalid, "no");
  });
  EXPECT_FALSE(refused);
  EXPECT_EQ(files_.read()->contexts.size(), 2u);
}

TEST_F(contexts, lose_no_change_of_several_at_once) {
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([this, writer] {
      for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(files_.update([&](context_book& book) -> result<void> {
          book.put({.name = std::to_string(writer) + "-" + std::to_string(i), .endpoint = "x", .key = {}, .user = {}});
          return {};
        }));
    });
  writers.clear();
  EXPECT_EQ(files_.read()->contexts.size(), 40u);
  for (auto const& left : std::filesystem::directory_iterator(files_.folder()))
    EXPECT_THAT(left.path().string(), testing::AnyOf(files_.config_path(), files_.tokens_path()));
}

TEST_F(contexts, say_which_file_is_damaged) {
  keep(two_servers());
  std::ofstream(files_.config_path()) << "{\"current\": ";
  auto const book = files_.read();
  ASSERT_FALSE(book);
  EXPECT_THAT(book.error().message, HasSubstr(files_.config_path() + " is damaged"));
}

TEST_F(contexts, keep_to_what_they_know_of_a_newer_kranes_files) {
  std::filesystem::create_directories(files_.folder());
  std::ofstream(files_.config_path())
      << R"({"current": "a", "colour": 3, "contexts": [{"name": "a", "endpoint": "http://a:80", "more": []}]})";
  auto const book = files_.read();
  ASSERT_TRUE(book) << book.error().message;
  EXPECT_EQ(book->contexts.at(0).endpoint, "http://a:80");
}

TEST_F(contexts, forget_the_session_with_the_context) {
  auto book = two_servers();
  ASSERT_TRUE(book.remove("local"));
  EXPECT_EQ(book.current, "");
  EXPECT_EQ(book.sessions.count("local"), 0u);
  auto const again = book.remove("pord");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, "there is no context \"pord\"; was \"prod\" meant?");
  EXPECT_EQ(again.error().code, errc::not_found);
}

TEST(context_files, lie_where_the_user_keeps_settings) {
  EXPECT_EQ(context_files::find(with({{"HOME", "/home/ada"}}))->folder(), "/home/ada/.config/krane");
  EXPECT_EQ(context_files::find(with({{"HOME", "/home/ada"}, {"XDG_CONFIG_HOME", "/x"}}))->folder(), "/x/krane");
  EXPECT_FALSE(context_files::find(with({})));
}

TEST(new_context_name, is_the_hosts_or_local) {
  context_book book;
  EXPECT_EQ(new_context_name(book, "http://127.0.0.1:9000"), "local");
  EXPECT_EQ(new_context_name(book, "unix:///run/krane.sock"), "local");
  EXPECT_EQ(new_context_name(book, "https://krane.example.com"), "krane.example.com");
  EXPECT_EQ(new_context_name(book, "ssh://ada@localhost"), "localhost");
  EXPECT_EQ(new_context_name(book, "http://[2001:db8::1]:80"), "2001-db8--1");
  book.put({.name = "local", .endpoint = "http://127.0.0.1:8080", .key = {}, .user = {}});
  EXPECT_EQ(new_context_name(book, "http://localhost:9000"), "local-2");
}

TEST(check_context_name, takes_simple_names_only) {
  EXPECT_TRUE(check_context_name("prod_1.eu-west"));
  for (std::string const name : {"", "a b", "a/b", "ä", "a\n"}) EXPECT_FALSE(check_context_name(name)) << name;
  EXPECT_FALSE(check_context_name(std::string(65, 'a')));
}

TEST(choose_target, takes_the_current_context) {
  auto const to = choose_target(two_servers(), {}, with({}));
  ASSERT_TRUE(to);
  EXPECT_EQ(to->endpoint, "http://127.0.0.1:8080");
  EXPECT_EQ(to->token, "krs_local");
  EXPECT_EQ(to->context, "local");
}

TEST(choose_target, takes_the_servers_own_default_where_nothing_is_known) {
  auto const to = choose_target({}, {}, with({}));
  ASSERT_TRUE(to);
  EXPECT_EQ(to->endpoint, default_endpoint);
  EXPECT_FALSE(to->token);
}

TEST(choose_target, takes_a_named_context_whatever_the_environment_says) {
  auto const to = choose_target(two_servers(), "prod", with({{"KRANE_ENDPOINT", "http://x:1"}, {"KRANE_TOKEN", "t"}}));
  ASSERT_TRUE(to);
  EXPECT_EQ(to->endpoint, "ssh://ada@example.com");
  EXPECT_EQ(to->token, "krs_prod");
  EXPECT_EQ(choose_target(two_servers(), "prd", with({})).error().code, errc::not_found);
}

TEST(choose_target, takes_the_environment_before_the_current_context) {
  auto const ci = choose_target(two_servers(), {}, with({{"KRANE_ENDPOINT", "http://ci:9000"}, {"KRANE_TOKEN", "t"}}));
  ASSERT_TRUE(ci);
  EXPECT_EQ(ci->endpoint, "http://ci:9000");
  EXPECT_EQ(ci->token, "t");
  EXPECT_FALSE(ci->context);
  EXPECT_EQ(choose_target(two_servers(), {}, with({{"KRANE_CONTEXT", "prod"}}))->context, "prod");
  EXPECT_EQ(choose_target(two_servers(), {}, with({{"KRANE_TOKEN", "t"}}))->token, "t");
}

TEST(choose_target, never_shows_a_stored_token_to_another_server) {
  auto const elsewhere = choose_target(two_servers(), {}, with({{"KRANE_ENDPOINT", "http://elsewhere:8080"}}));
  ASSERT_TRUE(elsewhere);
  EXPECT_FALSE(elsewhere->token);
  auto const same = choose_target(two_servers(), {}, with({{"KRANE_ENDPOINT", "http://127.0.0.1:8080"}}));
  EXPECT_EQ(same->token, "krs_local");
  EXPECT_EQ(same->context, "local");
}

TEST(choose_target, says_which_variable_is_wrong) {
  auto const to = choose_target({}, {}, with({{"KRANE_ENDPOINT", "ftp://x"}}));
  ASSERT_FALSE(to);
  EXPECT_THAT(to.error().message, testing::StartsWith("KRANE_ENDPOINT: "));
}

}  // namespace
}  // namespace krane::cli
