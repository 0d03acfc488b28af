#pragma once
// Why a stream is ended from our side, and the watch over whether it still may go on.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "auth/authenticator.hpp"
#include "base/task.hpp"
#include "model/session.hpp"
#include "store/store.hpp"

namespace krane {

struct stream_end {
  std::uint16_t code = 1000;  // as a WebSocket is closed (RFC 6455 §7.4.1)
  std::string reason;
};

inline stream_end session_ended() {
  return {1008, "the session has ended"};
}
inline stream_end deployment_deleted() {
  return {1000, "deployment deleted"};
}

// Returns when a stream must end whatever it waits for: within a second of the end of the session it was opened with
// (none: it needed none), or a while after its deployment is gone — by then its last event has been told.
coroutine<stream_end> watch_stream(authenticator const& auth, store const& state, std::optional<session_id> opened_by,
                                   std::optional<deployment_name> of);

}  // namespace krane
