#include "support/test_key.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "program.hpp"
#include "support/temp_folder.hpp"

namespace krane::test {
namespace {

class test_key_kinds : public testing::TestWithParam<key_kind> {};

TEST_P(test_key_kinds, are_what_ssh_keygen_takes_them_for) {
  if (!program_exists("ssh-keygen")) GTEST_SKIP() << "openssh-client is not installed";
  temp_folder folder;
  auto const key = test_key::generate(GetParam());
  std::ofstream(folder / "id.pub") << key.authorized_keys_line("ada") << "\n";
  EXPECT_NE(output_of("ssh-keygen -lf " + (folder / "id.pub")).find(" " + key.fingerprint() + " ada "),
            std::string::npos);

  std::ofstream(folder / "id") << key.openssh_private_key("ada");
  std::filesystem::permissions(folder / "id", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(output_of("ssh-keygen -yf " + (folder / "id")), key.authorized_keys_line("ada") + "\n");
}

INSTANTIATE_TEST_SUITE_P(all, test_key_kinds,
                         testing::Values(key_kind::rsa2048, key_kind::ed25519, key_kind::p256, key_kind::p384,
                                         key_kind::p521));

TEST(test_key, comes_back_from_its_pem) {
  auto const key = test_key::generate(key_kind::p256);
  EXPECT_EQ(test_key::from_pem(key.private_pem()).fingerprint(), key.fingerprint());
}

}  // namespace
}  // namespace krane::test
