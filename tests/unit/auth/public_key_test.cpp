#include "auth/public_key.hpp"

#include <gmock/gmock.h>

#include "base/random.hpp"
#include "login_fixture.hpp"
#include "support/test_key.hpp"

namespace krane {
namespace {

using test::key_kind;
using test::shared_key;
using testing::HasSubstr;

std::string field(std::string_view value) {
  std::string out;
  for (int shift : {24, 16, 8, 0}) out += static_cast<char>(value.size() >> shift & 0xff);
  return out + std::string(value);
}

result<public_key> parse(std::string_view type, std::string const& blob) {
  return public_key::parse(type, bytes_of(blob));
}

// n of that many bytes, odd, its highest bit as said.
std::string modulus(std::size_t bytes, unsigned char first = 0xc1) {
  std::string n(bytes, '\x5b');
  n[0] = static_cast<char>(first);
  return (first & 0x80) != 0 ? '\0' + n : n;
}

std::string rsa(std::string_view e, std::string_view n) {
  return field("ssh-rsa") + field(e) + field(n);
}

std::string const e65537("\1\0\1", 3);

TEST(public_key, has_the_fingerprint_that_ssh_keygen_shows) {
  for (auto kind : {key_kind::rsa2048, key_kind::ed25519, key_kind::p256, key_kind::p384}) {
    auto const& key = shared_key(kind);
    auto const line = key.authorized_keys_line("");
    auto const parsed = parse(line.substr(0, line.find(' ')), key.ssh_blob());
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->fingerprint(), key.fingerprint());
  }
}

TEST(public_key, takes_RSA_from_2048_to_16384_bits) {
  EXPECT_TRUE(parse("ssh-rsa", rsa(e65537, modulus(256))));
  EXPECT_TRUE(parse("ssh-rsa", rsa(e65537, modulus(2048))));
  EXPECT_THAT(parse("ssh-rsa", rsa(e65537, modulus(128))).error().message, HasSubstr("1024 bits"));
  EXPECT_THAT(parse("ssh-rsa", rsa(e65537, modulus(256, 0x7f))).error().message, HasSubstr("2047 bits"));
  EXPECT_THAT(parse("ssh-rsa", rsa(e65537, modulus(2049, 1))).error().message, HasSubstr("16384"));
  EXPECT_THAT(parse("ssh-rsa", rsa(e65537, modulus(500'000))).error().message, HasSubstr("16384"));
}

TEST(public_key, refuses_RSA_numbers_that_are_none) {
  std::string const n = modulus(256);
  std::string even = n;
  even.back() = '\x5a';
  EXPECT_FALSE(parse("ssh-rsa", rsa(e65537, even)));
  EXPECT_FALSE(parse("ssh-rsa", rsa("", n)));
  EXPECT_FALSE(parse("ssh-rsa", rsa(std::string(1, '\0'), n)));
  EXPECT_FALSE(parse("ssh-rsa", rsa("\1", n)));
  EXPECT_FALSE(parse("ssh-rsa", rsa("\4", n)));
  EXPECT_FALSE(parse("ssh-rsa", rsa("\x81", n))) << "a negative exponent";
  EXPECT_FALSE(parse("ssh-rsa", rsa(std::string("\0\3", 2), n))) << "a zero in front that means nothing";
  EXPECT_FALSE(parse("ssh-rsa", rsa("\1\1\1\1\1", n))) << "an exponent of 33 bits";
  EXPECT_FALSE(parse("ssh-rsa", rsa(e65537, n.substr(1)))) << "a negative modulus";
  EXPECT_FALSE(parse("ssh-rsa", rsa(e65537, '\0' + n)));
  EXPECT_FALSE(parse("ssh-rsa", rsa(n, e65537))) << "the two exchanged";
}

TEST(public_key, refuses_points_that_are_not_on_the_curve) {
  std::string const blob = shared_key(key_kind::p256).ssh_blob();
  std::string moved = blob;
  moved.back() = static_cast<char>(moved.back() ^ 1);
  EXPECT_THAT(parse("ecdsa-sha2-nistp256", moved).error().message, HasSubstr("not on the curve"));
  auto const start = field("ecdsa-sha2-nistp256") + field("nistp256");
  EXPECT_FALSE(parse("ecdsa-sha2-nistp256", start + field(std::string(1, '\0')))) << "the point at infinity";
  EXPECT_FALSE(parse("ecdsa-sha2-nistp256", start + field("\4" + std::string(64, '\0'))));
  EXPECT_FALSE(parse("ecdsa-sha2-nistp256", start + field("\4" + std::string(64, '\xff'))));
  EXPECT_FALSE(parse("ecdsa-sha2-nistp256", start + field("\2" + blob.substr(blob.size() - 64, 32)))) << "compressed";
  EXPECT_FALSE(parse("ecdsa-sha2-nistp256", start + field("\6" + blob.substr(blob.size() - 64)))) << "hybrid";
}

TEST(public_key, refuses_a_type_or_curve_that_is_not_the_one_named) {
  std::string const p256 = shared_key(key_kind::p256).ssh_blob();
  std::string const point256 = p256.substr(p256.size() - 65);
  EXPECT_THAT(parse("ecdsa-sha2-nistp384", p256).error().message, HasSubstr("not of the type"));
  EXPECT_FALSE(parse("ecdsa-sha2-nistp256", field("ecdsa-sha2-nistp256") + field("nistp384") + field(point256)));
  EXPECT_FALSE(parse("ecdsa-sha2-nistp384", field("ecdsa-sha2-nistp384") + field("nistp384") + field(point256)));
  EXPECT_FALSE(parse("ssh-rsa", shared_key(key_kind::ed25519).ssh_blob()));
  EXPECT_FALSE(parse("rsa-sha2-256", field("rsa-sha2-256") + field(e65537) + field(modulus(256))));
  EXPECT_THAT(parse("ecdsa-sha2-nistp521", shared_key(key_kind::p521).ssh_blob()).error().message,
              HasSubstr("ssh-ed25519"));
}

TEST(public_key, refuses_every_cut_and_everything_that_follows) {
  for (auto kind : {key_kind::ed25519, key_kind::p256}) {
    std::string const line = shared_key(kind).authorized_keys_line("");
    std::string const type = line.substr(0, line.find(' '));
    std::string const blob = shared_key(kind).ssh_blob();
    for (std::size_t length = 0; length < blob.size(); ++length) EXPECT_FALSE(parse(type, blob.substr(0, length)));
    EXPECT_FALSE(parse(type, blob + '\0'));
    EXPECT_FALSE(parse(type, blob + field("")));
  }
}

TEST(public_key, refuses_the_points_of_ed25519_that_belong_to_no_private_key) {
  std::string const zeros(30, '\0');
  std::string const ones(30, '\xff');
  std::string const eighth =
      "\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7"
      "\xfd\x77\x92\xac\x03";
  std::string const other_eighth =
      "\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38"
      "\x02\x88\x6d\x53\xfc";
  for (std::string const& point :
       {// of order 1, 2, 4 and 8
        '\1' + zeros + '\0', '\xec' + ones + '\x7f', '\0' + zeros + '\0', '\0' + zeros + '\x80', eighth + '\x7a',
        eighth + '\xfa', other_eighth + '\x05', other_eighth + '\x85',
        // the same, and others, not written in the one right way
        '\1' + zeros + '\x80', '\xec' + ones + '\xff', '\xed' + ones + '\x7f', '\xed' + ones + '\xff',
        '\xee' + ones + '\x7f', '\xee' + ones + '\xff', '\xf0' + ones + '\x7f',
        // not on the curve
        '\2' + zeros + '\0'}) {
    ASSERT_EQ(point.size(), 32u);
    EXPECT_FALSE(parse("ssh-ed25519", field("ssh-ed25519") + field(point))) << to_hex(bytes_of(point));
  }
}

class signatures : public testing::Test {
protected:
  static public_key of(key_kind kind) {
    auto const& key = shared_key(kind);
    auto const line = key.authorized_keys_line("");
    return *parse(line.substr(0, line.find(' ')), key.ssh_blob());
  }
  static bool good(key_kind kind, signature_algorithm algorithm, std::string const& signature) {
    return of(kind).verify(algorithm, "text", bytes_of(signature));
  }
};

struct pairing {
  key_kind kind;
  char const* name;
};

TEST_F(signatures, hold_for_the_algorithms_of_the_key_and_for_no_other) {
  std::vector<pairing> const fitting{{key_kind::rsa2048, "RS256"},
                                     {key_kind::rsa2048, "RS512"},
                                     {key_kind::ed25519, "EdDSA"},
                                     {key_kind::p256, "ES256"},
                                     {key_kind::p384, "ES384"}};
  for (auto const& [kind, name] : fitting) {
    auto const signature = shared_key(kind).sign("text", name);
    for (auto const& other : fitting) {
      bool const same = std::string_view(other.name) == name;
      EXPECT_EQ(good(kind, *find_algorithm(other.name), signature), same) << name << " taken as " << other.name;
    }
    EXPECT_FALSE(of(kind).verify(*find_algorithm(name), "texT", bytes_of(signature)));
    EXPECT_FALSE(of(kind).verify(*find_algorithm(name), "", bytes_of(signature)));
  }
}

TEST_F(signatures, of_any_other_length_do_not_hold) {
  for (auto const& [kind, name] : {pairing{key_kind::rsa2048, "RS256"}, pairing{key_kind::ed25519, "EdDSA"},
                                   pairing{key_kind::p256, "ES256"}, pairing{key_kind::p384, "ES384"}}) {
    auto const algorithm = *find_algorithm(name);
    std::string const signature = shared_key(kind).sign("text", name);
    ASSERT_TRUE(good(kind, algorithm, signature));
    EXPECT_FALSE(good(kind, algorithm, ""));
    EXPECT_FALSE(good(kind, algorithm, signature.substr(1)));
    EXPECT_FALSE(good(kind, algorithm, signature.substr(0, signature.size() - 1)));
    EXPECT_FALSE(good(kind, algorithm, signature + '\0'));
    EXPECT_FALSE(good(kind, algorithm, '\0' + signature));
  }
}

TEST_F(signatures, with_any_bit_changed_do_not_hold) {
  for (auto const& [kind, name] : {pairing{key_kind::rsa2048, "RS256"}, pairing{key_kind::ed25519, "EdDSA"},
                                   pairing{key_kind::p256, "ES256"}, pairing{key_kind::p384, "ES384"}}) {
    std::string const signature = shared_key(kind).sign("text", name);
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
      std::string changed = signature;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
      ASSERT_FALSE(good(kind, *find_algorithm(name), changed)) << name << " bit " << bit;
    }
  }
}

TEST_F(signatures, of_ECDSA_need_r_and_s_between_one_and_the_order) {
  auto from_hex = [](std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2)
      out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return out;
  };
  std::string const n = from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  std::string const zero(32, '\0');
  std::string one = zero;
  one.back() = 1;
  std::string above = n;
  above.back() = static_cast<char>(above.back() + 1);
  std::string const most(32, '\xff');
  std::string const signature = shared_key(key_kind::p256).sign("text", "ES256");
  std::string const r = signature.substr(0, 32);
  std::string const s = signature.substr(32);
  for (std::string const& bad : {zero, one, n, above, most}) {
    EXPECT_FALSE(good(key_kind::p256, signature_algorithm::es256, bad + s));
    EXPECT_FALSE(good(key_kind::p256, signature_algorithm::es256, r + bad));
    for (std::string const& other : {zero, one, n, above, most})
      EXPECT_FALSE(good(key_kind::p256, signature_algorithm::es256, bad + other));
  }
  EXPECT_FALSE(good(key_kind::p256, signature_algorithm::es256, s + r)) << "the two exchanged";
}

TEST_F(signatures, of_Ed25519_need_s_below_the_order) {
  // s + L is the same signature in the group, and must not be another text for it.
  unsigned char const order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                   0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                   0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  std::string signature = shared_key(key_kind::ed25519).sign("text", "EdDSA");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<char>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(good(key_kind::ed25519, signature_algorithm::eddsa, signature));
  EXPECT_FALSE(good(key_kind::ed25519, signature_algorithm::eddsa, std::string(64, '\0')));
}

TEST_F(signatures, of_RSA_as_large_as_the_modulus_do_not_hold) {
  EXPECT_FALSE(good(key_kind::rsa2048, signature_algorithm::rs256, std::string(256, '\xff')));
  EXPECT_FALSE(good(key_kind::rsa2048, signature_algorithm::rs256, std::string(256, '\0')));
  EXPECT_FALSE(good(key_kind::rsa2048, signature_algorithm::rs256, std::string(255, '\0') + '\1'));
  EXPECT_FALSE(
      good(key_kind::rsa2048, signature_algorithm::rs256, shared_key(key_kind::rsa2048).sign("text", "PS256")));
  EXPECT_FALSE(
      good(key_kind::rsa2048, signature_algorithm::rs256, shared_key(key_kind::rsa2048).sign("text", "RS384")));
}

TEST(algorithms, are_five_names_and_no_other) {
  for (char const* name : {"RS256", "RS512", "EdDSA", "ES256", "ES384"}) EXPECT_TRUE(find_algorithm(name)) << name;
  for (char const* name :
       {"",      "none", "None",  "NONE",   "HS256",   "HS384", "HS512", "PS256", "PS384",  "PS512",
        "RS384", "RS1",  "ES512", "ES256K", "Ed25519", "Ed448", "eddsa", "rs256", "RS256 ", " RS256"})
    EXPECT_FALSE(find_algorithm(name)) << name;
}

}  // namespace
}  // namespace krane
