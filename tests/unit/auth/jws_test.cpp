#include "auth/jws.hpp"

#include <gmock/gmock.h>

#include "login_fixture.hpp"

namespace krane {
namespace {

using test::base64url;
using test::key_kind;
using test::shared_key;
using testing::HasSubstr;

std::string const payload = R"({"phrase":"p"})";
auto const now = *parse_rfc3339("2026-01-02T03:04:05Z");
constexpr long long now_seconds = 1767323045;

test::test_key const& key() {
  return shared_key(key_kind::ed25519);
}

public_key public_part() {
  return *public_key::parse("ssh-ed25519", bytes_of(key().ssh_blob()));
}

std::string refusal(std::string token) {
  auto const parsed = signed_token::parse(std::move(token));
  return parsed ? "taken" : parsed.error().message;
}

std::string with_header(std::string const& header) {
  return key().sign_jws(payload, {}, header);
}

TEST(signed_token, of_the_released_client_is_taken) {
  auto const& rsa = shared_key(key_kind::rsa2048);
  auto const token = signed_token::parse(
      rsa.sign_jws(R"({"phrase":"p","iat":1767323045})", "RS256", R"({"alg":"RS256","typ":"JWT"})"));
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->algorithm(), signature_algorithm::rs256);
  ASSERT_TRUE(token->signed_by(*public_key::parse("ssh-rsa", bytes_of(rsa.ssh_blob()))));
  EXPECT_EQ(login_claims::read(*token, "host", now)->phrase, "p");
}

TEST(signed_token, may_name_its_key_and_types_and_nothing_else) {
  EXPECT_EQ(refusal(with_header(R"({"alg":"EdDSA"})")), "taken");
  EXPECT_EQ(refusal(with_header(R"({"kid":"1","alg":"EdDSA","typ":"JWT","cty":"json"})")), "taken");
  for (char const* member : {R"("crit":["exp"])",
                             R"("crit":[])",
                             R"("jku":"https://evil.example/keys")",
                             R"("jwk":{"kty":"OKP"})",
                             R"("x5u":"https://evil.example")",
                             R"("x5c":["MII"])",
                             R"("x5t":"a")",
                             R"("x5t#S256":"a")",
                             R"("zip":"DEF")",
                             R"("b64":false)",
                             R"("b64":true)",
                             R"("enc":"A128GCM")",
                             R"("epk":{})",
                             R"("apu":"a")",
                             R"("p2c":1000000)",
                             R"("exp":1)",
                             R"("nonce":"a")",
                             R"("url":"a")",
                             R"("Alg":"EdDSA")",
                             R"("":"")"})
    EXPECT_THAT(refusal(with_header(R"({"alg":"EdDSA",)" + std::string(member) + "}")), HasSubstr("not taken"))
        << member;
}

TEST(signed_token, with_another_algorithm_is_refused) {
  for (char const* alg :
       {"none",  "None", "NONE",  "nOnE",   "HS256",   "HS384", "HS512", "PS256", "PS384", "PS512",
        "RS384", "RS1",  "ES512", "ES256K", "Ed25519", "eddsa", "EDDSA", "",      "dir",   "RSA-OAEP"})
    EXPECT_THAT(refusal(key().sign_jws(payload, alg)), HasSubstr("not one of")) << alg;
}

TEST(signed_token, with_a_header_that_is_not_one_is_refused) {
  for (char const* header : {"",
                             "{}",
                             "[]",
                             "null",
                             "\"EdDSA\"",
                             "{",
                             R"({"alg":"EdDSA")",
                             R"({"alg":"EdDSA"}x)",
                             R"({"alg":"EdDSA"} {})",
                             R"({"alg":null})",
                             R"({"alg":1})",
                             R"({"alg":["EdDSA"]})",
                             R"({"alg":"EdDSA","typ":1})",
                             R"({"alg":"EdDSA","kid":{}})",
                             R"({"typ":"JWT"})",
                             R"({"alg":"EdDSA","alg":"EdDSA"})",
                             R"({"alg":"none","alg":"EdDSA"})",
                             R"({"alg":"EdDSA","\u0061lg":"none"})",
                             R"({'alg':'EdDSA'})",
                             "{\"alg\":\"EdDSA\",}",
                             "{\"alg\":\"EdDSA\"}\xff",
                             "\xef\xbb\xbf{\"alg\":\"EdDSA\"}",
                             "{/**/\"alg\":\"EdDSA\"}",
                             R"({"alg":"EdDSA\u0000"})"})
    EXPECT_NE(refusal(with_header(header)), "taken") << header;
}

TEST(signed_token, needs_exactly_three_parts) {
  std::string const token = key().sign_jws(payload);
  auto const first = token.find('.');
  EXPECT_EQ(refusal(token), "taken");
  for (std::string const& wrong :
       {std::string(), std::string("."), std::string(".."), std::string("..."), token + ".", "." + token,
        token + ".AAAA", token.substr(0, first), token.substr(0, token.rfind('.')), token.substr(first),
        token.substr(first + 1), token + token})
    EXPECT_NE(refusal(wrong), "taken") << wrong;
}

TEST(signed_token, is_strict_base64url_without_anything_around_it) {
  std::string const token = key().sign_jws(payload);
  auto const first = token.find('.');
  auto const second = token.rfind('.');
  for (std::size_t at : {std::size_t{0}, first, first + 1, second, second + 1, token.size()}) {
    for (std::string const& extra : {" ", "\n", "\r", "\t", "=", "==", "+", "/", "%", "\xc2\xa0"}) {
      std::string wrong = token;
      wrong.insert(at, extra);
      EXPECT_NE(refusal(wrong), "taken") << at << " " << extra;
    }
    std::string wrong = token;
    wrong.insert(at, 1, '\0');
    EXPECT_NE(refusal(wrong), "taken");
  }
  EXPECT_NE(refusal("Bearer " + token), "taken");
  EXPECT_NE(refusal("\"" + token + "\""), "taken");
  // The JSON form of a JWS is another thing.
  EXPECT_NE(refusal(R"({"payload":"","signatures":[]})"), "taken");
}

TEST(signed_token, has_no_second_text_for_the_same_signature) {
  // 64 bytes are 86 characters, of whose last only two bits count.
  std::string token = key().sign_jws(payload);
  char const last = token.back();
  for (char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
    token.back() = c;
    auto const parsed = signed_token::parse(token);
    EXPECT_EQ(parsed && parsed->signed_by(public_part()), c == last) << c;
  }
}

TEST(signed_token, of_more_than_8_KiB_is_refused) {
  auto padded = [](std::size_t n) { return key().sign_jws(R"({"phrase":"p","x":")" + std::string(n, 'x') + "\"}"); };
  EXPECT_EQ(refusal(padded(5900)), "taken");
  EXPECT_THAT(refusal(padded(6100)), HasSubstr("too long"));
  EXPECT_THAT(refusal(padded(10'000'000)), HasSubstr("too long"));
  EXPECT_THAT(refusal(std::string(8193, '.')), HasSubstr("too long"));
}

TEST(signed_token, nested_deeply_is_refused_before_it_costs_anything) {
  EXPECT_NE(refusal(with_header(std::string(3000, '[') + std::string(3000, ']'))), "taken");
}

TEST(signed_token, changed_anywhere_is_not_signed_any_more) {
  std::string const token = key().sign_jws(payload);
  auto const parsed = signed_token::parse(token);
  ASSERT_TRUE(parsed && parsed->signed_by(public_part()));
  auto const middle = token.find('.') + 1;
  auto const end = token.rfind('.');
  for (std::string const& other : {R"({"phrase":"q"})", R"({"phrase":"p","exp":9})", ""}) {
    auto const tampered = signed_token::parse(token.substr(0, middle) + base64url(other) + token.substr(end));
    EXPECT_TRUE(tampered && !tampered->signed_by(public_part())) << other;
  }
  auto const other_header = signed_token::parse(base64url(R"({"alg":"EdDSA"})") + token.substr(middle - 1));
  EXPECT_TRUE(other_header && !other_header->signed_by(public_part()));
  auto const no_signature = signed_token::parse(token.substr(0, end + 1));
  EXPECT_TRUE(no_signature && !no_signature->signed_by(public_part()));
}

TEST(signed_token, with_a_DER_signature_is_not_signed) {
  auto const& p256 = shared_key(key_kind::p256);
  auto const line = public_key::parse("ecdsa-sha2-nistp256", bytes_of(p256.ssh_blob()));
  std::string const input = base64url(R"({"alg":"ES256"})") + "." + base64url(payload);
  std::string const raw = p256.sign(input, "ES256");
  auto number = [](std::string part) {
    while (part.size() > 1 && part[0] == 0) part.erase(0, 1);
    if ((part[0] & 0x80) != 0) part.insert(0, 1, '\0');
    return std::string("\2") + static_cast<char>(part.size()) + part;
  };
  std::string const body = number(raw.substr(0, 32)) + number(raw.substr(32));
  std::string const der = std::string("\x30") + static_cast<char>(body.size()) + body;
  EXPECT_TRUE(signed_token::parse(input + "." + base64url(raw))->signed_by(*line));
  EXPECT_FALSE(signed_token::parse(input + "." + base64url(der))->signed_by(*line));
}

std::string claim_refusal(std::string const& claims) {
  auto const token = signed_token::parse(key().sign_jws(claims));
  if (!token) return token.error().message;
  auto const read = login_claims::read(*token, "host", now);
  return read ? "taken" : read.error().message;
}

std::string at(char const* name, std::string const& value) {
  return R"({"phrase":"p",")" + std::string(name) + "\":" + value + "}";
}
std::string at(char const* name, long long offset) {
  return at(name, std::to_string(now_seconds + offset));
}

TEST(login_claims, hold_within_a_minute_of_their_times) {
  EXPECT_EQ(claim_refusal(at("exp", 1)), "taken");
  EXPECT_EQ(claim_refusal(at("exp", -59)), "taken");
  EXPECT_THAT(claim_refusal(at("exp", -60)), HasSubstr("expired"));
  EXPECT_EQ(claim_refusal(at("nbf", 60)), "taken");
  EXPECT_THAT(claim_refusal(at("nbf", 61)), HasSubstr("not valid yet"));
  EXPECT_EQ(claim_refusal(at("iat", 60)), "taken");
  EXPECT_THAT(claim_refusal(at("iat", 61)), HasSubstr("future"));
  EXPECT_EQ(claim_refusal(at("iat", -1'000'000)), "taken");
  EXPECT_EQ(claim_refusal(at("exp", "1767323045.5")), "taken");
  EXPECT_EQ(claim_refusal(at("exp", "9e99")), "taken");
  EXPECT_EQ(claim_refusal(at("exp", "18446744073709551615")), "taken");
}

TEST(login_claims, with_times_that_are_none_are_refused) {
  for (char const* value : {"null", "true", "\"1767323045\"", "[]", "{}", "[1767323045]"})
    for (char const* name : {"exp", "nbf", "iat"}) EXPECT_NE(claim_refusal(at(name, value)), "taken") << name << value;
  for (char const* value : {"-1", "0", "-9e99", "-9223372036854775808", "1"})
    EXPECT_NE(claim_refusal(at("exp", value)), "taken") << value;
}

TEST(login_claims, meant_for_another_server_are_refused) {
  EXPECT_EQ(claim_refusal(at("aud", "\"host\"")), "taken");
  EXPECT_EQ(claim_refusal(at("aud", R"(["other","host"])")), "taken");
  for (char const* value : {"\"other\"", "[]", "[\"other\"]", "null", "1", "{}", "[[\"host\"]]"})
    EXPECT_THAT(claim_refusal(at("aud", value)), HasSubstr("another server")) << value;
}

TEST(login_claims, need_one_phrase_in_one_object) {
  for (char const* claims :
       {"", "{}", "[]", "\"p\"", "p", "null", R"({"phrase":1})", R"({"phrase":null})", R"({"phrase":["p"]})",
        R"({"Phrase":"p"})", R"({"phrase":"p","phrase":"p"})", R"({"phrase":"p","phras\u0065":"q"})",
        R"({"phrase":"p"}{})", R"([{"phrase":"p"}])", R"({"data":{"phrase":"p"}})"})
    EXPECT_NE(claim_refusal(claims), "taken") << claims;
  EXPECT_EQ(claim_refusal(R"({"phrase":"p","sub":"ada","iss":"cli","jti":"1","x":[{}]})"), "taken");
}

}  // namespace
}  // namespace krane
