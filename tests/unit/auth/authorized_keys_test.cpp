#include "auth/authorized_keys.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <ctime>

#include "login_fixture.hpp"

namespace krane {
namespace {

using test::key_kind;
using test::shared_key;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string line(std::string_view comment = "ada", key_kind kind = key_kind::ed25519) {
  return shared_key(kind).authorized_keys_line(comment);
}

TEST(authorized_keys, holds_keys_among_comments_and_blank_lines) {
  auto const list = parse_authorized_keys("# the lab\n\n   \t \n  # more\n" + line("ada") + "\n\t " +
                                          line("eve at home", key_kind::p256) + "  \r\n#" + line("nobody") + "\n" +
                                          line("", key_kind::rsa2048));
  EXPECT_THAT(list.warnings, IsEmpty());
  ASSERT_THAT(list.keys, SizeIs(3));
  EXPECT_EQ(list.keys[0].comment, "ada");
  EXPECT_EQ(list.keys[0].line, 5U);
  EXPECT_EQ(list.keys[1].comment, "eve at home");
  EXPECT_EQ(list.keys[1].line, 6U);
  EXPECT_EQ(list.keys[2].comment, "");
  EXPECT_EQ(list.keys[2].line, 8U);
  EXPECT_EQ(list.keys[0].key.fingerprint(), shared_key(key_kind::ed25519).fingerprint());
}

TEST(authorized_keys, takes_tabs_and_several_blanks_between_the_words) {
  std::string spread = line("ada lovelace");
  spread.replace(spread.find(' '), 1, " \t  ");
  EXPECT_THAT(parse_authorized_keys(spread).keys, SizeIs(1));
  EXPECT_EQ(parse_authorized_keys(spread).keys[0].comment, "ada lovelace");
}

struct wrong_line {
  std::string text;
  char const* why;
};

TEST(authorized_keys, leaves_out_each_wrong_line_with_its_reason_and_no_other_line) {
  std::string const blob = line().substr(0, line().rfind(' '));
  for (auto const& [text, why] : std::vector<wrong_line>{
           {"ssh-dss AAAAB3NzaC1kc3MAAAADAQAB ada", "not"},
           {test::test_key::generate(key_kind::rsa1024).authorized_keys_line(), "1024 bits"},
           {line("ada", key_kind::p521), "cannot log in"},
           {"sk-ssh-ed25519@openssh.com " + test::base64(std::string("\0\0\0\x1ask-ssh-ed25519@openssh.com", 30)) +
                " ada",
            "cannot log in"},
           {"ssh-ed25519-cert-v01@openssh.com AAAA ada", "key"},
           {"ssh-ed25519", "base64"},
           {"ssh-ed25519 ada", "base64"},
           {blob.substr(0, blob.size() - 1), "base64"},
           {blob.substr(0, blob.size() - 4) + " ada", "damaged"},
           {blob + "AAAA ada", "damaged"},
           {"ssh-rsa" + blob.substr(blob.find(' ')), "not of the type"},
           {"ada " + blob, "that krane can honour"},
           {"-----BEGIN OPENSSH PRIVATE KEY-----", "no key"},
           {"{\"keys\": []}", "no key"},
           {"from=\"192.0.2.7 " + blob, "quote"},
           {"from=\"192.0.2.7\" ", "no key"},
           {std::string("ssh-ed25519 \0", 13) + blob, "zero byte"},
           {"ssh-ed25519 " + std::string(20'000, 'A'), "longer"},
           {"\xef\xbb\xbf" + blob, "no key"},
       }) {
    auto const list = parse_authorized_keys(line("before") + "\n" + text + "\n" + line("after") + "\n");
    ASSERT_THAT(list.keys, SizeIs(2)) << text;
    EXPECT_EQ(list.keys[1].comment, "after");
    EXPECT_EQ(list.keys[1].line, 3U);
    ASSERT_THAT(list.warnings, SizeIs(1)) << text;
    EXPECT_THAT(list.warnings[0], testing::AllOf(testing::StartsWith("line 2: "), HasSubstr(why)));
  }
}

TEST(authorized_keys, makes_comments_fit_for_a_log) {
  auto const list = parse_authorized_keys(line("a\x1b[31md\xff\x7f" + std::string(1000, 'x')));
  ASSERT_THAT(list.keys, SizeIs(1));
  EXPECT_THAT(list.keys[0].comment, testing::StartsWith("a?[31md\xef\xbf\xbd?xxx"));
  EXPECT_LT(list.keys[0].comment.size(), 300U);
}

TEST(authorized_keys, takes_256_keys_and_says_that_there_are_more) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += line(std::to_string(i)) + "\n";
  auto const list = parse_authorized_keys(text);
  EXPECT_THAT(list.keys, SizeIs(256));
  EXPECT_THAT(list.warnings, ElementsAre(HasSubstr("line 257: only the first 256")));
}

TEST(authorized_keys, of_nothing_but_wrong_lines_gives_a_bounded_number_of_warnings) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "x\n";
  EXPECT_LE(parse_authorized_keys(text).warnings.size(), 101U);
}

// Options

result<key_options> options_of(std::string const& options) {
  return parse_key_options(options);
}

TEST(key_options, that_change_nothing_here_are_taken) {
  for (char const* options :
       {"no-port-forwarding", "no-agent-forwarding,no-X11-forwarding,no-pty,no-user-rc", "agent-forwarding",
        "port-forwarding", "X11-forwarding", "x11-Forwarding", "pty", "user-rc"}) {
    auto const list = parse_authorized_keys(std::string(options) + " " + line());
    EXPECT_THAT(list.keys, SizeIs(1)) << options;
    EXPECT_THAT(list.warnings, IsEmpty()) << options;
  }
}

TEST(key_options, that_krane_cannot_keep_take_the_key_out) {
  for (char const* options : {"command=\"/bin/true\"",
                              "restrict",
                              "restrict,pty",
                              "cert-authority",
                              "principals=\"ada\"",
                              "permitopen=\"h:1\"",
                              "permitlisten=\"1\"",
                              "environment=\"A=b\"",
                              "tunnel=\"0\"",
                              "verify-required",
                              "no-touch-required",
                              "no-such-thing",
                              "no-",
                              "no-no-pty",
                              "pty=\"yes\"",
                              "no-pty,",
                              ",no-pty",
                              "no-pty,,pty",
                              "no-pty\"\"",
                              "=\"a\"",
                              "from",
                              "from=",
                              "from=192.0.2.7",
                              "from=\"\"",
                              "from=\"192.0.2.0/99\"",
                              "from=\"!evil.example.com,*\"",
                              "from=\"1.2.3.4\",from=\"1.2.3.5\"",
                              "from=\"192.0.2.7\"x",
                              "from=\"192.0.2.7\"\"\"",
                              "expiry-time",
                              "expiry-time=\"\"",
                              "expiry-time=\"tomorrow\"",
                              "expiry-time=20300101",
                              "command=\"a \\\" b\"",
                              "COMMAND=\"a\"",
                              "Restrict"}) {
    auto const list = parse_authorized_keys(std::string(options) + " " + line() + "\n" + line("after"));
    ASSERT_THAT(list.keys, SizeIs(1)) << options;
    EXPECT_EQ(list.keys[0].comment, "after");
    EXPECT_THAT(list.warnings, SizeIs(1)) << options;
  }
}

TEST(key_options, may_hold_blanks_commas_and_quotes_in_their_values) {
  for (char const* options : {R"(command="echo \"a, b\" # c")", R"(environment="A=1 2,from=3")"})
    EXPECT_THAT(parse_authorized_keys(std::string(options) + " " + line()).warnings,
                ElementsAre(HasSubstr("can honour")))
        << options;
  auto const list = parse_authorized_keys(R"(no-pty,FROM="192.0.2.7,10.*",no-X11-forwarding )" + line());
  ASSERT_THAT(list.keys, SizeIs(1));
  EXPECT_TRUE(list.keys[0].options.allow({}, "10.9.8.7"));
  EXPECT_FALSE(list.keys[0].options.allow({}, "11.9.8.7"));
}

TEST(key_options, end_a_key_at_its_expiry_time) {
  struct row {
    char const* text;
    char const* when;
  };
  for (auto const& [text, when] :
       {row{"20260102Z", "2026-01-02T00:00:00Z"}, row{"202601020304Z", "2026-01-02T03:04:00Z"},
        row{"20260102030405Z", "2026-01-02T03:04:05Z"}, row{"20240229Z", "2024-02-29T00:00:00Z"}}) {
    auto const options = options_of("expiry-time=\"" + std::string(text) + "\"");
    ASSERT_TRUE(options) << text;
    auto const limit = *parse_rfc3339(when);
    EXPECT_EQ(options->expires_at, limit) << text;
    EXPECT_TRUE(options->allow(limit - std::chrono::microseconds{1}, "::1"));
    EXPECT_FALSE(options->allow(limit, "::1"));
  }
}

TEST(key_options, take_an_expiry_time_without_Z_in_the_machines_time_zone) {
  char const* before = std::getenv("TZ");
  std::string const kept = before == nullptr ? "" : before;
  setenv("TZ", "EST5", 1);
  tzset();
  EXPECT_EQ(options_of("expiry-time=\"202601020304\"")->expires_at, *parse_rfc3339("2026-01-02T08:04:00Z"));
  before == nullptr ? unsetenv("TZ") : setenv("TZ", kept.c_str(), 1);
  tzset();
}

TEST(key_options, take_the_earlier_of_two_expiry_times) {
  auto const early = *parse_rfc3339("2026-01-02T00:00:00Z");
  EXPECT_EQ(options_of("expiry-time=\"20260102Z\",expiry-time=\"20270102Z\"")->expires_at, early);
  EXPECT_EQ(options_of("expiry-time=\"20270102Z\",expiry-time=\"20260102Z\"")->expires_at, early);
}

TEST(key_options, refuse_times_that_are_none) {
  for (char const* text : {"2026010", "202601021", "2026010203", "20261301Z", "20260132Z", "20260229Z", "20260100Z",
                           "20260001Z", "202601022400Z", "202601020060Z", "20260102000060Z", "2026-01-02", "20260102z",
                           "20260102ZZ", "Z", "+20260102", "2026010203040506Z"})
    EXPECT_FALSE(options_of("expiry-time=\"" + std::string(text) + "\"")) << text;
}

}  // namespace
}  // namespace krane
