#include "auth/challenge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.hpp"

namespace krane {
namespace {

// version (1) · microseconds of the steady clock (8) · nonce (16) · host · seal (32)
constexpr std::uint8_t version = 1;
constexpr std::size_t fixed_bytes = 1 + 8 + 16;
constexpr std::size_t seal_bytes = 32;
constexpr std::size_t max_host = 255;
constexpr std::size_t max_request_id = (fixed_bytes + max_host + seal_bytes) * 4 / 3 + 1;

error bad_challenge(std::string why) {
  return make_error(errc::unauthorized, std::move(why));
}

std::string purpose(char what, std::string_view body) {
  return what + std::string(body);
}

}  // namespace

std::string host_for_phrase(std::string_view host) {
  if (host.empty()) return "_";
  std::string out(host.substr(0, max_host));
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    bool const plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view(".:_-[]").contains(c);
    if (!plain) c = '_';
  }
  return out;
}

challenge_book::challenge_book(std::chrono::seconds lifetime) : lifetime_(lifetime) {
  fill_random(key_);
}

std::string challenge_book::phrase_for(std::string_view host, std::string_view body) const {
  return fmt::format("krane-login:v1:{}:{}", host, to_hex(hmac_sha256(key_, purpose('p', body))));
}

challenge challenge_book::issue(std::string_view host, steady_time now) const {
  std::string const named = host_for_phrase(host);
  std::array<std::uint8_t, 16> nonce{};
  fill_random(nonce);
  auto const when = static_cast<std::uint64_t>(now.time_since_epoch().count());
  std::string body(1, static_cast<char>(version));
  for (int shift = 56; shift >= 0; shift -= 8) body += static_cast<char>(when >> shift & 0xff);
  body += text_of(nonce);
  body += named;
  auto const seal = hmac_sha256(key_, purpose('r', body));
  return {encode_base64url(bytes_of(body + std::string(text_of(seal)))), phrase_for(named, body)};
}

result<known_challenge> challenge_book::check(std::string_view request_id, steady_time now) const {
  if (request_id.size() > max_request_id) return bad_challenge("the request id is too long");
  auto const bytes = decode_base64url(request_id);
  if (!bytes || bytes->size() < fixed_bytes + seal_bytes || bytes->front() != version)
    return bad_challenge("the request id is none of ours");
  std::string_view const body = text_of(*bytes).substr(0, bytes->size() - seal_bytes);
  if (!equal_in_constant_time(byte_view(*bytes).last(seal_bytes), hmac_sha256(key_, purpose('r', body))))
    return bad_challenge("the request id was not made by this server since it started");

  known_challenge known;
  std::uint64_t when = 0;
  for (std::size_t i = 1; i <= 8; ++i) when = when << 8 | (*bytes)[i];
  known.issued_at = steady_time{std::chrono::microseconds{static_cast<std::int64_t>(when)}};
  std::copy_n(bytes->begin() + 9, known.nonce.size(), known.nonce.begin());
  known.host = body.substr(fixed_bytes);
  known.phrase = phrase_for(known.host, body);
  if (auto const why = why_over(known.issued_at, known.nonce, now); !why.empty())
    return bad_challenge(std::string(why));
  return known;
}

std::string_view challenge_book::why_over(steady_time issued_at, std::array<std::uint8_t, 16> const& nonce,
                                          steady_time now) const {
  if (now >= issued_at + lifetime_ || issued_at < forgotten_until_) return "the challenge has run out";
  if (burnt_.contains({issued_at, nonce})) return "the challenge was used before";
  return {};
}

bool challenge_book::burn(known_challenge const& what, steady_time now) {
  forget_old(now);
  if (burnt_.size() >= max_burnt) return false;
  if (!why_over(what.issued_at, what.nonce, now).empty()) return false;
  return burnt_.emplace(what.issued_at, what.nonce).second;
}

void challenge_book::forget_old(steady_time now) {
  auto const until = now - lifetime_;
  if (until <= forgotten_until_) return;
  forgotten_until_ = until;
  burnt_.erase(burnt_.begin(), burnt_.lower_bound({until, {}}));
}

}  // namespace krane
