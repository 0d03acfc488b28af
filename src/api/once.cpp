#include "api/once.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "api/envelope.hpp"
#include "auth/digest.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

constexpr char header[] = "Idempotency-Key";
constexpr std::size_t max_key_bytes = 255;

// Each part with its length, so that no two lists of parts make one text.
void append_part(std::string& to, std::string_view part) {
  to += fmt::format("{}:", part.size());
  to += part;
}

result<std::optional<std::string_view>> read_key(http::request const& from) {
  auto const given = from.headers.find(header);
  if (!given) return std::optional<std::string_view>();
  bool const visible = std::ranges::all_of(*given, [](char c) { return c > ' ' && c <= '~'; });
  if (from.headers.count(header) == 1 && visible && !given->empty() && given->size() <= max_key_bytes) return given;
  return make_error(errc::malformed, reason::idempotency_key_invalid,
                    fmt::format("{} must be given once, as 1 to {} visible ASCII characters; a random UUID is a good "
                                "one",
                                header, max_key_bytes));
}

request_key key_of(http::request const& from, session const& sender, std::string_view given) {
  std::string whose;
  append_part(whose, sender.key_fingerprint);
  append_part(whose, given);
  std::string what;
  for (std::string_view const part : {std::string_view(from.method), std::string_view(from.path)})
    append_part(what, part);
  for (auto const& [name, value] : from.query) {
    append_part(what, name);
    append_part(what, value);
  }
  append_part(what, from.headers.find("If-None-Match").value_or(""));
  if (auto const expected = from.headers.find("If-Match")) append_part(what, *expected);
  append_part(what, from.body);
  return {sha256(whose), sha256(what)};
}

error still_under_way() {
  return make_error(errc::conflict, reason::idempotency_key_in_use,
                    fmt::format("the request with this {} is being carried out; send it again in a moment", header));
}

error other_request() {
  return make_error(errc::invalid, reason::idempotency_key_reused,
                    fmt::format("this {} came with another request before; give each request one of its own", header));
}

bool may_be_kept(int status) {
  return status < 500 && status != http_status(errc::unauthorized) && status != http_status(errc::rate_limited);
}

// A key whose request is being carried out, until that is over.
class busy_key {
public:
  busy_key(std::map<request_hash, request_hash>& all, request_key key) : all_(all), key_(key.key) {
    all_.emplace(key.key, key.what);
  }
  busy_key(busy_key const&) = delete;
  ~busy_key() { all_.erase(key_); }

private:
  std::map<request_hash, request_hash>& all_;
  request_hash key_;
};

}  // namespace

namespace endpoints {

given_answer to_given(http::response const& answer) {
  return {.status = answer.status,
          .location = std::string(answer.headers.find("Location").value_or("")),
          .body = answer.body ? *answer.body : std::string()};
}

}  // namespace endpoints

task<http::reply> once_only::answer(endpoints::endpoint const& by, endpoints::call& from) {
  if (by.method != "POST" || !by.takes_key || !from.who) co_return co_await by.handle(from);
  auto const given = read_key(from.request);
  if (!given) co_return given.error();
  if (!*given) co_return co_await by.handle(from);
  request_key const key = key_of(from.request, *from.who, **given);
  if (auto const other = under_way_.find(key.key); other != under_way_.end())
    co_return other->second == key.what ? still_under_way() : other_request();
  busy_key const busy(under_way_, key);
  co_return co_await answer_first(by, from, key);
}

task<std::optional<http::response>> once_only::answer_again(request_key key) {
  auto kept = co_await state_.answers().find(key.key, time_.now());
  if (!kept) co_return kept.error();
  if (!*kept) co_return std::nullopt;
  if ((*kept)->under.what != key.what) co_return other_request();
  auto& was = (*kept)->answer;
  http::response again{.status = was.status, .headers = {}, .body = envelope::shared(std::move(was.body))};
  if (!was.location.empty()) again.headers.add("Location", std::move(was.location));
  again.headers.add("Idempotent-Replayed", "true");
  co_return again;
}

task<http::reply> once_only::answer_first(endpoints::endpoint const& by, endpoints::call& from, request_key key) {
  auto again = co_await answer_again(key);
  if (!again) co_return again.error();
  if (*again) co_return std::move(**again);
  from.once = key;
  auto made = co_await by.handle(from);
  if (!made && made.error().reason == reason::request_repeated) {
    // It was carried out while we asked, by a request that its sender had given up.
    again = co_await answer_again(key);
    if (!again) co_return again.error();
    if (*again) co_return std::move(**again);
    co_return still_under_way();
  }
  bool const is_kept = made && from.is_kept;
  http::reply answer =
      made ? std::move(*made) : http::reply(envelope::failure(hides_.clean(made.error()), from.request.id));
  auto const* const whole = std::get_if<http::response>(&answer);
  if (is_kept || whole == nullptr || !may_be_kept(whole->status)) co_return answer;
  // It changed nothing, or may be done again: where this cannot be kept, the next one is answered by the same rules.
  (void)co_await state_.answers().insert({key, endpoints::to_given(*whole)}, time_.now());
  co_return answer;
}

}  // namespace krane
