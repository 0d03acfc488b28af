#pragma once
// Why the HTTP layer itself answers a request, before any handler sees it.
#include <string>

namespace krane::http {

struct refusal {
  int status = 400;
  std::string reason;   // machine word
  std::string message;  // one sentence
};

inline refusal bad_request(std::string message) {
  return {400, "malformed", std::move(message)};
}

}  // namespace krane::http
