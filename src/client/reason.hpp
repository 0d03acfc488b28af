#pragma once
// The machine words of what goes wrong between this program and a server; what a server itself answers carries the
// server's own words. Unless said otherwise each comes with errc::unavailable.
#include "base/error.hpp"

namespace krane::client::reason {

inline constexpr char unreachable[] = "server_unreachable";   // nobody answers there
inline constexpr char ssh_failed[] = "ssh_failed";            // ssh ended before a server was reached
inline constexpr char tls_failed[] = "tls_failed";            // a certificate that does not verify, or no TLS
inline constexpr char not_krane[] = "not_krane";              // something answers, but no krane server
inline constexpr char connection_lost[] = "connection_lost";  // in the middle of an answer
inline constexpr char not_logged_in[] = "not_logged_in";      // with errc::unauthorized: no token, or one that is over
// With errc::conflict, of the server: the same request came before and is still being carried out.
inline constexpr char idempotency_key_in_use[] = "idempotency_key_in_use";

}  // namespace krane::client::reason

namespace krane::client {

// Whether no server was reached at all, or it was lost: exit code 6. A server that answers 503 was reached.
bool is_unreachable(error const& why);

}  // namespace krane::client
