#include "auth/challenge.hpp"

#include <gmock/gmock.h>

#include <set>

#include "manual_steady.hpp"

namespace krane {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

class challenge_test : public testing::Test {
protected:
  std::string refusal(std::string_view id) {
    auto const known = book.check(id, time.now());
    return known ? "known" : known.error().message;
  }
  test::manual_steady time;
  challenge_book book{seconds{120}};
};

TEST_F(challenge_test, names_the_host_and_is_known_again) {
  auto const asked = book.issue("krane.example:8080", time.now());
  EXPECT_THAT(asked.phrase, StartsWith("krane-login:v1:krane.example:8080:"));
  auto const known = book.check(asked.request_id, time.now());
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(known->phrase, asked.phrase);
  EXPECT_EQ(known->host, "krane.example:8080");
  EXPECT_EQ(known->issued_at, time.now());
}

TEST_F(challenge_test, is_another_each_time) {
  std::set<std::string> phrases;
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    auto const asked = book.issue("h", time.now());
    phrases.insert(asked.phrase);
    ids.insert(asked.request_id);
  }
  EXPECT_EQ(phrases.size(), 1000U);
  EXPECT_EQ(ids.size(), 1000U);
}

TEST_F(challenge_test, holds_for_120_seconds) {
  auto const asked = book.issue("h", time.now());
  time.advance(seconds{120} - std::chrono::microseconds{1});
  EXPECT_EQ(refusal(asked.request_id), "known");
  time.advance(std::chrono::microseconds{1});
  EXPECT_THAT(refusal(asked.request_id), HasSubstr("run out"));
}

TEST_F(challenge_test, of_another_start_is_not_known) {
  challenge_book const other{seconds{120}};
  EXPECT_THAT(refusal(other.issue("h", time.now()).request_id), HasSubstr("not made by this server"));
}

TEST_F(challenge_test, with_any_bit_changed_is_not_known) {
  auto const asked = book.issue("host", time.now());
  auto const bytes = *decode_base64url(asked.request_id);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto changed = bytes;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    ASSERT_NE(refusal(encode_base64url(changed)), "known") << bit;
  }
}

TEST_F(challenge_test, of_every_other_text_is_not_known) {
  std::string const id = book.issue("h", time.now()).request_id;
  for (std::string const& wrong :
       {std::string(), std::string("x"), id + "A", id + "=", " " + id, id + "\n", id.substr(1),
        id.substr(0, id.size() - 1), id + id, std::string(10'000, 'A'), std::string(76, 'A')})
    EXPECT_NE(refusal(wrong), "known") << wrong;
}

TEST_F(challenge_test, is_burnt_once) {
  auto const asked = book.issue("h", time.now());
  auto const known = book.check(asked.request_id, time.now());
  EXPECT_TRUE(book.burn(*known, time.now()));
  EXPECT_FALSE(book.burn(*known, time.now()));
  EXPECT_THAT(refusal(asked.request_id), HasSubstr("used before"));
}

TEST_F(challenge_test, cannot_be_burnt_after_its_time) {
  auto const known = book.check(book.issue("h", time.now()).request_id, time.now());
  time.advance(seconds{120});
  EXPECT_FALSE(book.burn(*known, time.now()));
}

TEST_F(challenge_test, is_forgotten_once_it_has_run_out_and_stays_refused) {
  auto const asked = book.issue("h", time.now());
  EXPECT_TRUE(book.burn(*book.check(asked.request_id, time.now()), time.now()));
  time.advance(seconds{121});
  EXPECT_TRUE(book.burn(*book.check(book.issue("h", time.now()).request_id, time.now()), time.now()));
  EXPECT_EQ(book.burnt(), 1U);
  EXPECT_THAT(refusal(asked.request_id), HasSubstr("run out"));
}

TEST_F(challenge_test, book_is_bounded) {
  for (std::size_t i = 0; i < challenge_book::max_burnt; ++i) {
    known_challenge const one{
        time.now(),
        {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i >> 16)},
        "",
        ""};
    ASSERT_TRUE(book.burn(one, time.now()));
  }
  auto const late = book.check(book.issue("h", time.now()).request_id, time.now());
  EXPECT_FALSE(book.burn(*late, time.now()));
  time.advance(seconds{121});
  EXPECT_TRUE(book.burn(*book.check(book.issue("h", time.now()).request_id, time.now()), time.now()));
  EXPECT_EQ(book.burnt(), 1U);
}

TEST(host_for_phrase, holds_nothing_but_a_host) {
  EXPECT_EQ(host_for_phrase("Krane.Example:8080"), "krane.example:8080");
  EXPECT_EQ(host_for_phrase("[2001:DB8::1]:8080"), "[2001:db8::1]:8080");
  EXPECT_EQ(host_for_phrase(""), "_");
  EXPECT_EQ(host_for_phrase("a\"b\\c\n\xff<script>"), "a_b_c___script_");
  EXPECT_EQ(host_for_phrase(std::string(100'000, 'a')).size(), 255U);
  EXPECT_EQ(host_for_phrase(std::string_view("a\0b", 3)), "a_b");
}

}  // namespace
}  // namespace krane
