// Keys that ssh-keygen made and signatures that ssh-agent made, as people have them.
#include <gmock/gmock.h>

#include "base/base64.hpp"
#include "login_fixture.hpp"
#include "program.hpp"
#include "ssh_agent.hpp"

namespace krane::test {
namespace {

struct key_row {
  char const* name;
  char const* keygen;  // its options
  char const* alg;
  std::uint32_t flags;  // of the agent's sign request: 2 rsa-sha2-256, 4 rsa-sha2-512
  char const* agent_kind;
  std::size_t width;  // of r and s; 0: not ECDSA
  friend void PrintTo(key_row const& row, std::ostream* out) { *out << row.name; }
};

class ssh_tools : public login_test, public testing::WithParamInterface<key_row> {
protected:
  void SetUp() override {
    for (char const* program : {"ssh-keygen", "ssh-agent", "ssh-add"})
      if (!program_exists(program)) GTEST_SKIP() << "openssh-client is not installed";
    output_of(std::string("ssh-keygen -q -N '' -C ada@lab ") + GetParam().keygen + " -f " + (folder / "id") + " 2>&1");
    std::ifstream file(folder / "id.pub");
    std::getline(file, line);
    write_keys(line + "\n");
    start();
  }
  std::string blob() const {
    auto const begin = line.find(' ') + 1;
    auto const bytes = decode_base64(line.substr(begin, line.find(' ', begin) - begin));
    return std::string(text_of(*bytes));
  }
  // Two mpints, each to the curve's width.
  static std::string fixed_width(std::string_view pair, std::size_t width) {
    std::string out;
    for (int i = 0; i < 2; ++i) {
      std::string number(ssh_agent::take_field(pair));
      if (number.size() > width) number.erase(0, number.size() - width);
      out += std::string(width - number.size(), '\0') + number;
    }
    return out;
  }
  std::string line;
};

class ssh_pem_keys : public ssh_tools {};

TEST_P(ssh_tools, make_keys_and_agent_signatures_that_log_in) {
  ssh_agent agent(folder / "agent");
  agent.add(folder / "id");
  // More than once: about one ECDSA signature in 128 has a shorter number.
  for (int i = 0; i < 40; ++i) {
    auto const asked = ask();
    std::string const input = base64url(R"({"alg":")" + std::string(GetParam().alg) + R"(","typ":"JWT"})") + "." +
                              base64url(payload(asked.phrase));
    std::string kind;
    std::string signature = agent.sign(blob(), input, GetParam().flags, kind);
    ASSERT_EQ(kind, GetParam().agent_kind);
    if (GetParam().width != 0) signature = fixed_width(signature, GetParam().width);
    auto const granted = log_in(asked.request_id, input + "." + base64url(signature));
    ASSERT_TRUE(granted) << i;
    EXPECT_EQ(granted->what.user, "ada@lab");
  }
  EXPECT_THAT(output_of("ssh-keygen -lf " + (folder / "id.pub")),
              testing::HasSubstr(auth->list_sessions()[0].key_fingerprint));
}

TEST_P(ssh_pem_keys, log_in_signed_by_OpenSSL) {
  output_of("ssh-keygen -q -p -N '' -m PEM -f " + (folder / "id") + " 2>&1");
  std::ifstream file(folder / "id");
  std::string const pem{std::istreambuf_iterator<char>(file), {}};
  ASSERT_THAT(pem, testing::HasSubstr("BEGIN " + std::string(GetParam().width != 0 ? "EC" : "RSA") + " PRIVATE KEY"));
  auto const key = test_key::from_pem(pem);
  for (int i = 0; i < 10; ++i) {
    auto const asked = ask();
    EXPECT_TRUE(log_in(asked.request_id, key.sign_jws(payload(asked.phrase), GetParam().alg)));
  }
}

key_row const rsa2048{"rsa2048_RS256", "-t rsa -b 2048", "RS256", 2, "rsa-sha2-256", 0};
key_row const rsa3072{"rsa3072_RS512", "-t rsa -b 3072", "RS512", 4, "rsa-sha2-512", 0};
key_row const ed25519{"ed25519", "-t ed25519", "EdDSA", 0, "ssh-ed25519", 0};
key_row const p256{"p256", "-t ecdsa -b 256", "ES256", 0, "ecdsa-sha2-nistp256", 32};
key_row const p384{"p384", "-t ecdsa -b 384", "ES384", 0, "ecdsa-sha2-nistp384", 48};

std::string name_of(testing::TestParamInfo<key_row> const& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(all, ssh_tools, testing::Values(rsa2048, rsa3072, ed25519, p256, p384), name_of);
// ssh-keygen writes no Ed25519 key as PEM.
INSTANTIATE_TEST_SUITE_P(all, ssh_pem_keys, testing::Values(rsa2048, rsa3072, p256, p384), name_of);

}  // namespace
}  // namespace krane::test
