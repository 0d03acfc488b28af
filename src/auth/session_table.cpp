#include "auth/session_table.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "auth/digest.hpp"
#include "base/random.hpp"

namespace krane {
namespace {

constexpr std::string_view token_prefix = "krs_";
constexpr std::size_t token_size = 4 + 43;

bool is_good(session const& s, time_point now) {
  return now < s.expires_at;
}

}  // namespace

std::string make_session_token() {
  std::array<std::uint8_t, 32> secret{};
  fill_random(secret);
  return std::string(token_prefix) + encode_base64url(secret);
}

token_hash hash_of_token(std::string_view token) {
  return sha256(token);
}

// SHA-256 is as good a hash as there is, so its first bytes do.
std::size_t session_table::first_bytes::operator()(token_hash const& hash) const {
  std::size_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

bool session_table::same_hash::operator()(token_hash const& a, token_hash const& b) const {
  return equal_in_constant_time(a, b);
}

void session_table::add(session s) {
  by_id_.emplace(s.id, s.hash);
  by_key_[s.key_fingerprint].emplace(s.created_at, s.id);
  auto const hash = s.hash;
  by_hash_.emplace(hash, std::move(s));
}

bool session_table::erase(session_id const& id) {
  auto const known = by_id_.find(id);
  if (known == by_id_.end()) return false;
  auto const found = by_hash_.find(known->second);
  auto const of_key = by_key_.find(found->second.key_fingerprint);
  of_key->second.erase({found->second.created_at, id});
  if (of_key->second.empty()) by_key_.erase(of_key);
  by_hash_.erase(found);
  by_id_.erase(known);
  return true;
}

std::optional<session> session_table::find(std::string_view token, time_point now) const {
  if (token.size() != token_size || !token.starts_with(token_prefix)) return std::nullopt;
  auto const known = by_hash_.find(hash_of_token(token));
  if (known == by_hash_.end() || !is_good(known->second, now)) return std::nullopt;
  return known->second;
}

bool session_table::is_live(session_id const& id, time_point now) const {
  auto const known = by_id_.find(id);
  return known != by_id_.end() && is_good(by_hash_.at(known->second), now);
}

std::vector<session> session_table::list(time_point now) const {
  std::vector<session> all;
  for (auto const& [hash, one] : by_hash_)
    if (is_good(one, now)) all.push_back(one);
  std::ranges::sort(all, {}, [](session const& s) { return std::pair(s.created_at, s.id); });
  return all;
}

std::size_t session_table::count_of(std::string const& fingerprint) const {
  auto const of_key = by_key_.find(fingerprint);
  return of_key == by_key_.end() ? 0 : of_key->second.size();
}

std::size_t session_table::named_count_of(std::string const& fingerprint) const {
  auto const ids = all_of(fingerprint);
  return static_cast<std::size_t>(std::ranges::count_if(ids, [&](session_id const& id) { return is_named(id); }));
}

std::optional<session_id> session_table::oldest_unnamed_of(std::string const& fingerprint) const {
  for (session_id const& id : all_of(fingerprint))
    if (!is_named(id)) return id;
  return std::nullopt;
}

bool session_table::is_named(session_id const& id) const {
  return !by_hash_.at(by_id_.at(id)).name.empty();
}

std::vector<session_id> session_table::all_of(std::string const& fingerprint) const {
  std::vector<session_id> ids;
  if (auto const of_key = by_key_.find(fingerprint); of_key != by_key_.end())
    for (auto const& [created, id] : of_key->second) ids.push_back(id);
  return ids;
}

std::vector<std::string> session_table::fingerprints() const {
  std::vector<std::string> all;
  for (auto const& [fingerprint, ids] : by_key_) all.push_back(fingerprint);
  return all;
}

std::vector<session_id> session_table::expired(time_point now) const {
  std::vector<session_id> ids;
  for (auto const& [hash, one] : by_hash_)
    if (!is_good(one, now)) ids.push_back(one.id);
  return ids;
}

}  // namespace krane
