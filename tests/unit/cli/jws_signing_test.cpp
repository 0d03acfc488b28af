#include "cli/jws_signing.hpp"

#include <gmock/gmock.h>

#include "cli/ssh_wire.hpp"

namespace krane::cli {
namespace {

std::string const nonce(64, 'a');

TEST(phrase_to_sign, is_a_login_to_the_server_that_was_dialled) {
  for (std::string const authority : {"krane.example:8080", "127.0.0.1:8080", "localhost", "[::1]:8080"}) {
    auto const phrase = phrase_to_sign("krane-login:v1:" + authority + ":" + nonce, authority);
    ASSERT_TRUE(phrase) << authority;
    EXPECT_EQ(*phrase, "krane-login:v1:" + authority + ":" + nonce);
  }
}

TEST(phrase_to_sign, is_nothing_else) {
  std::string const here = "krane-login:v1:krane.example:8080:";
  for (std::string const& given :
       {std::string(), nonce, "krane-login:v1:" + nonce, "krane-login:v1:other.example:8080:" + nonce,
        "krane-login:v1:krane.example:" + nonce, "krane-login:v1:krane.example:80801:" + nonce,
        "krane-login:v1:krane.example:8080." + nonce, "krane-login:v2:krane.example:8080:" + nonce, here,
        here + "short", here + std::string(300, 'a'), here + nonce + "\n", here + nonce + "Z", here + nonce + ":b",
        " " + here + nonce, here + std::string(64, 'A'), std::string("I owe you 1,000"), std::string("\0", 1)}) {
    auto const phrase = phrase_to_sign(given, "krane.example:8080");
    ASSERT_FALSE(phrase) << given;
    EXPECT_EQ(phrase.error().code, errc::forbidden);
    EXPECT_EQ(phrase.error().reason, "foreign_phrase");
    if (given.size() > 40)
      EXPECT_EQ(phrase.error().message.find(given.substr(20)), std::string::npos) << "a stranger's text";
  }
}

std::string signature_of(std::string_view name, std::string_view r, std::string_view s) {
  std::string pair, whole;
  put_mpint(pair, r);
  put_mpint(pair, s);
  put_text(whole, name);
  put_text(whole, pair);
  return whole;
}

TEST(to_jws_signature, puts_the_numbers_of_ecdsa_into_the_width_of_the_curve) {
  std::string const high(32, '\xff'), low = "\x01";
  auto const padded = to_jws_signature(login_algorithm::es256, signature_of("ecdsa-sha2-nistp256", high, low));
  ASSERT_TRUE(padded);
  EXPECT_EQ(*padded, high + std::string(31, '\0') + low);
  auto const wide = to_jws_signature(login_algorithm::es384, signature_of("ecdsa-sha2-nistp384", low, high));
  ASSERT_TRUE(wide);
  EXPECT_EQ(*wide, std::string(47, '\0') + low + std::string(16, '\0') + high);
}

TEST(to_jws_signature, refuses_what_is_of_another_algorithm_or_damaged) {
  std::string const number(32, '\x7f');
  for (std::string const& wrong :
       {std::string(), std::string("\0\0\0\xff", 4), signature_of("ecdsa-sha2-nistp384", number, number),
        signature_of("ecdsa-sha2-nistp256", std::string(33, '\x7f'), number),
        signature_of("ecdsa-sha2-nistp256", number, number).substr(0, 60)})
    EXPECT_FALSE(to_jws_signature(login_algorithm::es256, wrong));
  std::string sha1;
  put_text(sha1, "ssh-rsa");
  put_text(sha1, "whatever");
  EXPECT_FALSE(to_jws_signature(login_algorithm::rs256, sha1)) << "that would be SHA-1";
}

}  // namespace
}  // namespace krane::cli
