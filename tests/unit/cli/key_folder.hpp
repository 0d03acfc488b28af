#pragma once
// A home with keys in its .ssh, made by the machine's own ssh-keygen, and the server's side of them: the very code that
// the server checks a login with.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "auth/jws.hpp"
#include "auth/public_key.hpp"
#include "cli/jws_signing.hpp"
#include "support/run_coroutine.hpp"
#include "support/temp_folder.hpp"
#include "unit/auth/program.hpp"
#include "unit/auth/ssh_agent.hpp"

namespace krane::test {

// One that can log in, as ssh-keygen makes it.
struct key_row {
  char const* name;
  char const* options;
  char const* type;
  cli::login_algorithm algorithm;
  friend void PrintTo(key_row const& row, std::ostream* out) { *out << row.name; }
};

inline std::vector<key_row> const login_keys{
    {"rsa2048", "-t rsa -b 2048", "ssh-rsa", cli::login_algorithm::rs256},
    {"rsa3072", "-t rsa -b 3072", "ssh-rsa", cli::login_algorithm::rs256},
    {"ed25519", "-t ed25519", "ssh-ed25519", cli::login_algorithm::eddsa},
    {"p256", "-t ecdsa -b 256", "ecdsa-sha2-nistp256", cli::login_algorithm::es256},
    {"p384", "-t ecdsa -b 384", "ecdsa-sha2-nistp384", cli::login_algorithm::es384},
};

inline std::string name_of(testing::TestParamInfo<key_row> const& info) {
  return info.param.name;
}

class key_folder {
protected:
  key_folder() { std::filesystem::create_directories(place.path() / ".ssh"); }
  static bool has_programs() {
    for (char const* program : {"ssh-keygen", "ssh-agent", "ssh-add", "openssl"})
      if (!program_exists(program)) return false;
    return true;
  }
  std::string home() const { return place.path(); }
  std::string in_ssh(std::string const& name) const { return place / (".ssh/" + name); }

  // Its path.
  std::string make_key(std::string const& name, std::string const& options, std::string const& passphrase = "") const {
    std::string const path = in_ssh(name);
    output_of("ssh-keygen -q -C ada@lab -N '" + passphrase + "' " + options + " -f " + path + " 2>&1");
    return path;
  }
  // In PEM instead of OpenSSH's format: "PEM" or "PKCS8".
  static void convert(std::string const& path, std::string const& format, std::string const& passphrase = "") {
    output_of("ssh-keygen -q -p -m " + format + " -P '' -N '" + passphrase + "' -f " + path + " 2>&1");
  }
  static std::string read(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(std::string const& path, std::string const& text) {
    std::ofstream(path, std::ios::binary) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  static cli::public_half public_half_of(std::string const& path) {
    return *cli::parse_public_line(read(path + ".pub"));
  }

  // Whether a server that has this line in authorized_keys takes the token for this phrase.
  static testing::AssertionResult is_accepted(std::string const& token, cli::public_half const& key,
                                              std::string const& phrase) {
    auto const known = public_key::parse(key.type, bytes_of(key.blob));
    if (!known) return testing::AssertionFailure() << "the key: " << known.error().message;
    auto const parsed = signed_token::parse(token);
    if (!parsed) return testing::AssertionFailure() << "the token: " << parsed.error().message;
    if (!parsed->signed_by(*known)) return testing::AssertionFailure() << "the key did not sign it";
    auto const claims = login_claims::read(*parsed, "krane.example:8080", time_point{});
    if (!claims) return testing::AssertionFailure() << "the claims: " << claims.error().message;
    if (claims->phrase != phrase) return testing::AssertionFailure() << "it says " << claims->phrase;
    return testing::AssertionSuccess();
  }

  temp_folder place;
};

class key_folder_test : public testing::Test, protected key_folder {
protected:
  void SetUp() override {
    if (!has_programs()) GTEST_SKIP() << "OpenSSH's programs or openssl are not installed";
  }
  asio::io_context loop{1};
};

// Answers ssh-add's question for a passphrase while it is there; when asked again, it gives up as a person would.
class passphrase_at_hand {
public:
  passphrase_at_hand(std::string const& script, std::string const& passphrase) {
    std::ofstream(script) << "#!/bin/sh\nmkdir " << script << ".asked 2>/dev/null || exit 1\necho '" << passphrase
                          << "'\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    setenv("SSH_ASKPASS", script.c_str(), 1);
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
  }
  ~passphrase_at_hand() {
    unsetenv("SSH_ASKPASS");
    unsetenv("SSH_ASKPASS_REQUIRE");
  }
};

}  // namespace krane::test
