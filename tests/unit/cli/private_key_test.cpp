// Key files in every form in which people have them, and what they sign, against the server's own check.
#include "cli/private_key.hpp"

#include <gmock/gmock.h>

#include "key_folder.hpp"

namespace krane::cli {
namespace {

using testing::HasSubstr;

std::string const phrase = "krane-login:v1:krane.example:8080:" + std::string(64, 'c');

result<std::string> nobody() {
  return make_error(errc::internal, "asked for a passphrase that is not needed");
}

class private_key_test : public test::key_folder_test, public testing::WithParamInterface<test::key_row> {
protected:
  void expect_login(private_key const& key, public_half const& known) {
    // More than once: about one ECDSA signature in 128 has a shorter number.
    for (int i = 0; i < 40; ++i) {
      std::string input = signing_input(GetParam().algorithm, phrase, "krane.example:8080");
      auto const signature = key.sign(GetParam().algorithm, input);
      ASSERT_TRUE(signature) << signature.error().message;
      ASSERT_TRUE(is_accepted(finished_token(std::move(input), *signature), known, phrase));
    }
  }
  void expect_login(std::string const& path, passphrase_source const& ask = nobody) {
    auto const key = private_key::read(read(path), ask);
    ASSERT_TRUE(key) << key.error().message;
    auto const known = public_half_of(path);
    EXPECT_EQ(key->public_part().blob, known.blob);
    expect_login(*key, known);
  }
};
class pem_key_test : public private_key_test {};

TEST_P(private_key_test, signs_from_the_format_of_OpenSSH) {
  std::string const path = make_key("id", GetParam().options);
  EXPECT_THAT(read(path), HasSubstr("BEGIN OPENSSH PRIVATE KEY"));
  expect_login(path);
}

TEST_P(private_key_test, signs_from_PKCS8) {
  std::string const path = make_key("id", GetParam().options);
  // ssh-keygen writes no Ed25519 key so; OpenSSL does.
  if (GetParam().algorithm == login_algorithm::eddsa) {
    test::output_of("openssl genpkey -algorithm ed25519 -out " + path + " 2>&1");
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    auto const key = private_key::read(read(path), nobody);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->public_part().type, "ssh-ed25519");
    expect_login(*key, key->public_part());
    return;
  }
  convert(path, "PKCS8");
  EXPECT_THAT(read(path), HasSubstr("BEGIN PRIVATE KEY"));
  expect_login(path);
}

TEST_P(private_key_test, with_a_passphrase_in_the_format_of_OpenSSH_is_left_to_an_agent) {
  std::string const path = make_key("id", GetParam().options, "open sesame");
  auto const facts = look_at_key(read(path));
  EXPECT_TRUE(facts.is_private && facts.is_openssh && facts.needs_passphrase);
  ASSERT_TRUE(facts.known);
  EXPECT_EQ(facts.known->blob, public_half_of(path).blob);
  auto const key = private_key::read(read(path), nobody);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().reason, "encrypted_openssh");
}

TEST_P(pem_key_test, signs_from_the_older_PEM) {
  std::string const path = make_key("id", GetParam().options);
  convert(path, "PEM");
  EXPECT_THAT(read(path), HasSubstr(std::string("BEGIN ") +
                                    (GetParam().algorithm == login_algorithm::rs256 ? "RSA" : "EC") + " PRIVATE KEY"));
  EXPECT_FALSE(look_at_key(read(path)).needs_passphrase);
  expect_login(path);
}

TEST_P(pem_key_test, opens_PEM_with_its_passphrase_only) {
  for (char const* format : {"PEM", "PKCS8"}) {
    std::string const path = make_key(format, GetParam().options);
    convert(path, format, "open sesame");
    auto const facts = look_at_key(read(path));
    EXPECT_TRUE(facts.is_private && facts.needs_passphrase && !facts.is_openssh) << format;
    int asked = 0;
    expect_login(path, [&] {
      ++asked;
      return result<std::string>("open sesame");
    });
    EXPECT_EQ(asked, 1);
    auto const wrong = private_key::read(read(path), [] { return result<std::string>("something else"); });
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().reason, "wrong_passphrase") << wrong.error().message;
    auto const unasked =
        private_key::read(read(path), [] { return result<std::string>(make_error(errc::cancelled, "cancelled")); });
    EXPECT_EQ(unasked.error().code, errc::cancelled);
  }
}

TEST_F(private_key_test, of_a_kind_that_cannot_log_in_says_so) {
  for (auto const& [name, options, says] :
       {std::tuple("p521", "-t ecdsa -b 521", "nistp521"), {"small", "-t rsa -b 1024", "1024 bits"}}) {
    std::string const path = make_key(name, options);
    for (char const* format : {"", "PEM"}) {
      if (*format != '\0') convert(path, format);
      auto const key = private_key::read(read(path), nobody);
      ASSERT_FALSE(key) << name << format;
      EXPECT_EQ(key.error().reason, "unfit_key");
      EXPECT_THAT(key.error().message, HasSubstr(says));
    }
  }
  test::output_of("openssl genpkey -algorithm x25519 -out " + in_ssh("x") + " 2>&1");
  EXPECT_EQ(private_key::read(read(in_ssh("x")), nobody).error().reason, "unfit_key");
}

TEST_F(private_key_test, that_is_damaged_anywhere_is_refused_and_harms_nothing) {
  for (char const* options : {"-t ed25519", "-t ecdsa", "-t rsa -b 2048"}) {
    std::string const path = make_key(std::string("id") + options[4], options);
    std::string const whole = read(path);
    EXPECT_FALSE(private_key::read("", nobody));
    for (std::size_t at = 0; at < whole.size(); at += 7) {
      EXPECT_FALSE(private_key::read(whole.substr(0, at), nobody)) << at;
      std::string changed = whole;
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      // It may be a key again, of other numbers or another comment; reading and signing must only not break.
      if (auto const key = private_key::read(changed, nobody))
        if (auto const fit = algorithm_for(key->public_part())) static_cast<void>(key->sign(*fit, "x"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(all, private_key_test, testing::ValuesIn(test::login_keys), test::name_of);
INSTANTIATE_TEST_SUITE_P(all, pem_key_test,
                         testing::Values(test::login_keys[0], test::login_keys[1], test::login_keys[3],
                                         test::login_keys[4]),
                         test::name_of);

}  // namespace
}  // namespace krane::cli
