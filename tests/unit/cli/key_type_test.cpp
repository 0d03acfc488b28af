#include "cli/key_type.hpp"

#include <gmock/gmock.h>

#include "key_folder.hpp"

namespace krane::cli {
namespace {

using testing::HasSubstr;

class key_type : public test::key_folder_test {};

TEST_F(key_type, is_known_with_its_fingerprint_as_ssh_keygen_has_it) {
  for (auto const& row : test::login_keys) {
    std::string const path = make_key(row.name, row.options);
    auto const key = public_half_of(path);
    EXPECT_EQ(key.type, row.type);
    EXPECT_EQ(key.comment, "ada@lab");
    EXPECT_EQ(key.line() + "\n", read(path + ".pub"));
    EXPECT_THAT(test::output_of("ssh-keygen -lf " + path), HasSubstr(key.fingerprint()));
    auto const fit = algorithm_for(key);
    ASSERT_TRUE(fit) << row.name;
    EXPECT_EQ(*fit, row.algorithm);
  }
}

TEST_F(key_type, that_cannot_sign_a_login_is_explained_with_those_that_can) {
  auto const why = [](std::string const& type) {
    auto const fit = algorithm_for({type, "", ""});
    EXPECT_FALSE(fit) << type;
    return fit ? std::string() : fit.error().message;
  };
  for (char const* type : {"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"}) {
    EXPECT_THAT(why(type), HasSubstr("a key on a security token (" + std::string(type) + ") cannot sign a login"));
    EXPECT_THAT(why(type), HasSubstr("log in with an Ed25519, ECDSA (256 or 384 bits) or RSA key instead"));
  }
  EXPECT_THAT(why("ssh-ed25519-cert-v01@openssh.com"), HasSubstr("a certificate"));
  EXPECT_THAT(why("ssh-dss"), HasSubstr("of the type ssh-dss"));
  EXPECT_THAT(why("ecdsa-sha2-nistp521"), HasSubstr("of the type ecdsa-sha2-nistp521"));

  auto const small = algorithm_for(public_half_of(make_key("small", "-t rsa -b 1024")));
  ASSERT_FALSE(small);
  EXPECT_THAT(small.error().message, HasSubstr("has 1024 bits, and a server wants 2048 at least"));
}

TEST_F(key_type, is_not_read_out_of_what_is_no_key) {
  for (std::string const line : {"", "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5",
                                 "-----BEGIN OPENSSH PRIVATE KEY-----", "no key at all"})
    EXPECT_FALSE(parse_public_line(line)) << line;
}

}  // namespace
}  // namespace krane::cli
