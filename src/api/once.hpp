#pragma once
// The same request twice is done once: a POST with an Idempotency-Key is answered, when it comes again within a day, as
// it was the first time, whatever became of the connection or of the server in between.
//
// The key is its sender's: one of another user's is another key. One that comes with another request is refused (422),
// and so is one whose request is still being carried out (409). Failures that trying again may mend (5xx, 401, 429)
// are not kept. What a commit of the store says is kept in that commit (keep_for); other answers, after they were made.
//
// Threads: the network thread.
// Lifetime: outlives every call of answer(); what it refers to outlives it.
#include <functional>
#include <map>
#include <utility>

#include "api/endpoint.hpp"
#include "base/clock.hpp"
#include "base/scrubber.hpp"
#include "store/store.hpp"

namespace krane {

class once_only {
public:
  once_only(store& state, clock const& time, scrubber const& hides) : state_(state), time_(time), hides_(hides) {}

  // errc::malformed, idempotency_key_invalid; errc::invalid, idempotency_key_reused; errc::conflict,
  // idempotency_key_in_use; else what the endpoint answers.
  task<http::reply> answer(endpoints::endpoint const& by, endpoints::call& from);

private:
  task<http::reply> answer_first(endpoints::endpoint const& by, endpoints::call& from, request_key key);
  task<std::optional<http::response>> answer_again(request_key key);

  store& state_;
  clock const& time_;
  scrubber const& hides_;
  std::map<request_hash, request_hash> under_way_;  // by key, what is asked
};

namespace endpoints {

given_answer to_given(http::response const& answer);

// What the store is to keep of the answer that `make` gives, in the commit that it tells of; none for a request without
// a key.
template <class T>
std::optional<answer_to_keep<T>> keep_for(call& from, std::function<http::response(T const&)> make) {
  if (!from.once) return std::nullopt;
  from.is_kept = true;
  return answer_to_keep<T>{*from.once, [make = std::move(make)](T const& told) { return to_given(make(told)); }};
}

}  // namespace endpoints
}  // namespace krane
