#include "auth/session_table.hpp"

#include <gmock/gmock.h>

#include "base/random.hpp"
#include "support/manual_clock.hpp"

namespace krane {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class session_table_test : public testing::Test {
protected:
  // Gives its token.
  std::string add(std::string const& id, std::string const& key = "SHA256:a",
                  std::chrono::seconds lifetime = std::chrono::hours{1}) {
    auto const token = make_session_token();
    table.add({session_id{id}, hash_of_token(token), "ada", key, time.now(), time.now() + lifetime});
    time.advance(std::chrono::seconds{1});
    return token;
  }
  std::vector<std::string> listed() {
    std::vector<std::string> ids;
    for (auto const& one : table.list(time.now())) ids.push_back(one.id.str());
    return ids;
  }
  test::manual_clock time;
  session_table table;
};

TEST_F(session_table_test, finds_a_session_by_its_token_and_by_nothing_else) {
  auto const token = add("one");
  ASSERT_TRUE(table.find(token, time.now()));
  EXPECT_EQ(table.find(token, time.now())->id, session_id{"one"});
  std::string other = token;
  other.back() = other.back() == 'A' ? 'E' : 'A';
  for (std::string const& wrong : {std::string(), std::string("krs_"), std::string("undefined"), token.substr(0, 46),
                                   token + "A", other, "KRS_" + token.substr(4), token.substr(4), " " + token,
                                   std::string(47, 'k'), "krs_redacted_" + to_hex(hash_of_token(token)).substr(0, 8),
                                   to_hex(hash_of_token(token)), std::string(1'000'000, 'A')})
    EXPECT_FALSE(table.find(wrong, time.now())) << wrong.substr(0, 100);
}

TEST_F(session_table_test, ends_sessions_at_their_time) {
  auto const token = add("one", "SHA256:a", std::chrono::seconds{10});
  time.advance(std::chrono::seconds{9} - std::chrono::microseconds{1});
  EXPECT_TRUE(table.find(token, time.now()));
  EXPECT_TRUE(table.is_live(session_id{"one"}, time.now()));
  EXPECT_THAT(table.expired(time.now()), IsEmpty());
  time.advance(std::chrono::microseconds{1});
  EXPECT_FALSE(table.find(token, time.now()));
  EXPECT_FALSE(table.is_live(session_id{"one"}, time.now()));
  EXPECT_THAT(listed(), IsEmpty());
  EXPECT_THAT(table.expired(time.now()), ElementsAre(session_id{"one"}));
}

TEST_F(session_table_test, lists_the_oldest_first) {
  add("c");
  add("a");
  add("b");
  EXPECT_THAT(listed(), ElementsAre("c", "a", "b"));
}

TEST_F(session_table_test, knows_the_sessions_of_each_key) {
  add("1", "SHA256:a");
  add("2", "SHA256:b");
  add("3", "SHA256:a");
  EXPECT_EQ(table.count_of("SHA256:a"), 2U);
  EXPECT_EQ(table.oldest_unnamed_of("SHA256:a"), session_id{"1"});
  EXPECT_THAT(table.all_of("SHA256:a"), ElementsAre(session_id{"1"}, session_id{"3"}));
  EXPECT_THAT(table.fingerprints(), testing::UnorderedElementsAre("SHA256:a", "SHA256:b"));
  EXPECT_TRUE(table.erase(session_id{"2"}));
  EXPECT_FALSE(table.erase(session_id{"2"}));
  EXPECT_THAT(table.fingerprints(), ElementsAre("SHA256:a"));
  EXPECT_EQ(table.count_of("SHA256:b"), 0U);
  EXPECT_FALSE(table.oldest_unnamed_of("SHA256:b"));
  EXPECT_EQ(table.size(), 2U);
}

TEST(session_tokens, are_43_characters_of_chance_after_their_prefix) {
  std::set<std::string> made;
  for (int i = 0; i < 1000; ++i) {
    auto const token = make_session_token();
    EXPECT_EQ(token.size(), 47U);
    EXPECT_TRUE(token.starts_with("krs_"));
    made.insert(token);
  }
  EXPECT_EQ(made.size(), 1000U);
}

}  // namespace
}  // namespace krane
