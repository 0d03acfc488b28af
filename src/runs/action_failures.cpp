#include "runs/action_failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "model/reason.hpp"

namespace krane {
namespace {

bool must_be_waited_for(error const& e) {
  // The store goes on when its disk has room again. An engine's pull does not, and nobody may see that it waits.
  bool const stores_disk = e.code == errc::storage_full && e.reason != reason::engine_storage;
  return e.code == errc::cancelled || e.reason == reason::overloaded || e.reason == reason::engine_unavailable ||
         e.reason == reason::store_failed || stores_disk;
}

}  // namespace

result<outcome> failed_at_front(error const& e) {
  if (must_be_waited_for(e)) return e;
  outcome o;
  o.failed = failure{e.reason, e.message, {}, false, {}};
  o.worth_retrying = e.reason == reason::front_unavailable;
  return o;
}

bool may_pass(error const& e) {
  constexpr std::array passing{std::string_view{reason::registry_unreachable},
                               std::string_view{reason::registry_error}};
  return std::ranges::find(passing, e.reason) != passing.end();
}

result<outcome> failed_with(error const& e, bool worth_retrying) {
  if (must_be_waited_for(e)) return e;
  outcome o;
  o.failed = failure{e.reason, e.message, {}, false, {}};
  o.worth_retrying = worth_retrying;
  return o;
}

result<outcome> failed_because(char const* why, std::string message) {
  outcome o;
  o.failed = failure{why, std::move(message), {}, false, {}};
  return o;
}

failure taken_by_a_stranger(std::string const& name) {
  return {reason::name_conflict,
          fmt::format("a container named {} exists that krane did not make; rename or remove it, and run again", name),
          {},
          false,
          {}};
}

}  // namespace krane
