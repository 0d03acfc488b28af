#include "secrets/vault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include "base/utf8.hpp"
#include "model/reason.hpp"
#include "model/secret_key.hpp"
#include "secrets/key_file.hpp"

namespace krane {
namespace {

error not_there(deployment_name const& of, std::string_view key) {
  return make_error(errc::not_found, fmt::format("deployment {} has no secret {}", of.str(), key));
}

error in_use(deployment_name const& of, std::string_view key, std::string_view by) {
  return make_error(
      errc::conflict, reason::secret_in_use,
      fmt::format("secret {} of {} is used by {}; take it out of the deployment and run it first", key, of.str(), by));
}

bool asks_for(service_config const& config, std::string_view key) {
  return std::ranges::any_of(secret_references(config), [&](auto const& one) { return one.key == key; });
}

std::vector<fault> faults_of(std::string const& key, std::string const& value) {
  std::vector<fault> faults;
  if (!is_secret_key(key))
    faults.push_back({"key", "must be 1 to 128 letters, digits, _, . and -, a letter or _ first"});
  if (value.empty())
    faults.push_back({"value", "is empty; krane secrets rm takes a secret away"});
  else if (value.size() > most_secret_bytes)
    faults.push_back({"value", fmt::format("has {} bytes; a secret has at most {}", value.size(), most_secret_bytes)});
  else if (value.contains('\0'))
    faults.push_back({"value", "has a NUL byte, which no environment can hold; encode it, as with base64"});
  else if (!is_valid_utf8(value))
    faults.push_back({"value", "is not UTF-8 text; encode it, as with base64"});
  return faults;
}

// What the store was handed is carried out, and must be known here whatever becomes of the caller.
auto uninterrupted() {
  return asio::bind_cancellation_slot(asio::cancellation_slot{}, use_coroutine);
}

}  // namespace

std::string missing_secret_text(deployment_name const& of, std::string_view key) {
  return fmt::format("secret {0} of {1} is not there; set it with: krane secrets set {1} {0}", key, of.str());
}

vault::vault(executor network, store& state, scrubber& hides, clock const& time, vault_options options)
    : network_(network), state_(state), hides_(hides), time_(time), options_(std::move(options)), turn_(network, 1) {}

result<master_key> vault::get_key(bool something_is_sealed) const {
  auto key = read_key_file(options_.key_file);
  if (key || key.error().code != errc::not_found) return key;
  if (something_is_sealed)
    return make_error(
        errc::not_found,
        fmt::format("{}, and the store holds secrets that were sealed with it; put the file back, or name "
                    "it with secrets-key",
                    key.error().message));
  if (!options_.may_make_key)
    return make_error(errc::not_found, fmt::format("{}; make it: (umask 077; head -c 32 /dev/urandom > {})",
                                                   key.error().message, options_.key_file));
  return make_key_file(options_.key_file);
}

result<master_key> vault::get_marks_key() const {
  constexpr std::string_view what = "the key of the marks on containers";
  std::string path = options_.marks_file;
  if (path.empty()) {
    auto const slash = options_.key_file.rfind('/');
    path = (slash == std::string::npos ? "" : options_.key_file.substr(0, slash + 1)) + "marks.key";
  }
  auto key = read_key_file(path, what);
  if (key || key.error().code != errc::not_found) return key;
  // Without the one that there was, containers are known by their ids, which the store has.
  return make_key_file(path, what);
}

task<void> vault::start() {
  auto marks = get_marks_key();
  if (!marks) co_return marks.error();
  marks_key_ = *marks;
  auto const stored = co_await state_.secrets().all();
  if (!stored) co_return stored.error();
  auto key = get_key(std::ranges::any_of(*stored, [](sealed_secret const& s) { return !s.sealed.empty(); }));
  if (!key) co_return key.error();
  key_ = *key;
  for (sealed_secret const& s : *stored) {
    version one{.value = {}, .created_at = s.created_at};
    if (!s.sealed.empty()) {
      one.value = unseal(key_, {s.scope, s.key, s.version}, s.sealed);
      if (!one.value)
        co_return make_error(errc::invalid, reason::secrets_locked,
                             fmt::format("the key in {} does not open secret {} of {} in the store; give the file that "
                                         "it was sealed with (secrets-key), or put it back",
                                         options_.key_file, s.key, s.scope.empty() ? "the server" : s.scope));
    }
    all_[{s.scope, s.key}].emplace(s.version, std::move(one));
  }
  state_.on_commit([this](commit const& c) {
    if (!c.erased.empty()) forget(c.erased);
  });
  hide_all();
  co_return result<void>{};
}

void vault::forget(std::vector<deployment_name> const& erased) {
  std::erase_if(all_, [&](auto const& one) {
    return std::ranges::any_of(erased, [&](deployment_name const& name) { return name.str() == one.first.first; });
  });
  hide_all();
}

void vault::hide_all() {
  std::vector<std::string> values;
  for (auto const& [at, each] : all_)
    for (auto const& [number, one] : each)
      // Of the server's own (registry_logins.hpp) the first line says who, which is no secret.
      if (one.value) values.push_back(at.first.empty() ? one.value->substr(one.value->find('\n') + 1) : *one.value);
  hides_.hide(values);
}

vault::versions const* vault::find(std::string_view scope, std::string_view key) const {
  auto const found = all_.find({std::string(scope), std::string(key)});
  return found == all_.end() ? nullptr : &found->second;
}

task<vault::put_outcome> vault::put(deployment_name of, std::string key, std::string value) {
  if (auto faults = faults_of(key, value); !faults.empty()) co_return make_error(std::move(faults));
  co_return co_await asio::co_spawn(network_, put_uninterrupted(std::move(of), std::move(key), std::move(value)),
                                    uninterrupted());
}

task<vault::put_outcome> vault::put_uninterrupted(deployment_name of, std::string key, std::string value) {
  auto const turn = co_await turn_.acquire();
  if (!turn) co_return turn.error();
  std::uint64_t last = 0;
  bool created = true;
  if (versions const* const known = find(of.str(), key)) {
    last = known->rbegin()->first;
    version const& now = known->rbegin()->second;
    if (now.value == value) co_return put_outcome{last, now.created_at, false};
    created = !now.value;
  }
  time_point const now = time_.now();
  std::uint64_t const number = last + 1;
  auto const kept =
      co_await state_.secrets().insert({of.str(), key, number, seal(key_, {of.str(), key, number}, value), now});
  if (!kept) co_return kept.error();
  versions& mine = all_[{of.str(), key}];
  mine.emplace(number, version{std::move(value), now});
  std::erase_if(mine, [&](auto const& one) { return !std::ranges::binary_search(*kept, one.first); });
  hide_all();
  co_return put_outcome{number, now, created};
}

task<std::vector<secret_info>> vault::list(deployment_name of) {
  std::map<std::string, std::uint64_t> in_service;
  if (deployment const* const now = state_.find_deployment(of); now != nullptr && now->serving) {
    auto serving = co_await state_.runs().find(*now->serving);
    if (!serving) co_return serving.error();
    if (*serving) in_service = (*serving)->secret_versions;
  }
  std::vector<secret_info> out;
  for (auto const& [at, each] : all_) {
    if (at.first != of.str() || !each.rbegin()->second.value) continue;
    auto const first = std::ranges::find_if(each, [](auto const& one) { return one.second.value.has_value(); });
    out.push_back({.key = at.second,
                   .version = each.rbegin()->first,
                   .created_at = first->second.created_at,
                   .updated_at = each.rbegin()->second.created_at,
                   .used_by_serving = in_service.contains(at.second)});
  }
  co_return out;
}

task<void> vault::remove(deployment_name of, std::string key) {
  co_return co_await asio::co_spawn(network_, remove_uninterrupted(std::move(of), std::move(key)), uninterrupted());
}

task<void> vault::remove_uninterrupted(deployment_name of, std::string key) {
  auto const turn = co_await turn_.acquire();
  if (!turn) co_return turn.error();
  if (!newest(of.str(), key)) co_return not_there(of, key);
  if (deployment const* const now = state_.find_deployment(of); now != nullptr && now->serving) {
    auto serving = co_await state_.runs().find(*now->serving);
    if (!serving) co_return serving.error();
    if (*serving && (*serving)->secret_versions.contains(key))
      co_return in_use(of, key, fmt::format("run {} of it, which serves", (*serving)->number));
  }
  auto const unfinished = co_await state_.runs().unfinished();
  if (!unfinished) co_return unfinished.error();
  for (run const& one : *unfinished)
    if (one.what.name == of && asks_for(one.what.service, key))
      co_return in_use(of, key, fmt::format("run {} of it, which is under way", one.number));
  if (deployment const* const now = state_.find_deployment(of); now != nullptr)
    for (secret_reference const& place : secret_references(now->config.service))
      if (place.key == key) co_return in_use(of, key, place.path);
  time_point const now = time_.now();
  if (auto const gone = co_await state_.secrets().erase(of.str(), key, now); !gone) co_return gone.error();
  if (auto const mine = all_.find({of.str(), key}); mine != all_.end()) {
    std::uint64_t const number = mine->second.rbegin()->first + 1;
    mine->second = {{number, version{std::nullopt, now}}};
  }
  hide_all();
  co_return result<void>{};
}

std::optional<std::uint64_t> vault::newest(std::string_view scope, std::string_view key) const {
  versions const* const found = find(scope, key);
  if (found == nullptr || !found->rbegin()->second.value) return std::nullopt;
  return found->rbegin()->first;
}

result<std::string> vault::open(std::string_view scope, std::string_view key, std::uint64_t number) const {
  versions const* const found = find(scope, key);
  if (found != nullptr)
    if (auto const one = found->find(number); one != found->end() && one->second.value) return *one->second.value;
  return make_error(errc::not_found, reason::secret_missing,
                    fmt::format("version {} of secret {} of {} is not there any more; set it with krane secrets set {} "
                                "{}, and deploy again",
                                number, key, scope, scope, key));
}

std::vector<fault> vault::missing(deployment_name const& of, service_config const& config) const {
  std::vector<fault> faults;
  for (secret_reference const& one : secret_references(config))
    if (!newest(of.str(), one.key))
      faults.push_back(
          {one.path, fmt::format("asks for a secret that is not there: {}", missing_secret_text(of, one.key))});
  return faults;
}

}  // namespace krane
