#include "api/stream_end.hpp"

#include "base/async.hpp"

namespace krane {
namespace {

// A key that was taken out has ended its sessions after half a second; the rest of the promised one is for a slow
// moment.
constexpr std::chrono::milliseconds look_every{250};
constexpr int looks_until_gone = 8;

}  // namespace

coroutine<stream_end> watch_stream(authenticator const& auth, store const& state, std::optional<session_id> opened_by,
                                   std::optional<deployment_name> of) {
  int missing = 0;
  while (co_await sleep_for(look_every)) {
    if (opened_by && !auth.is_live(*opened_by)) co_return session_ended();
    if (!of) continue;
    missing = state.find_deployment(*of) == nullptr ? missing + 1 : 0;
    if (missing >= looks_until_gone) break;
  }
  co_return deployment_deleted();
}

}  // namespace krane
