#pragma once
// What can go wrong, as a value. Every failure that leaves a function is one of these: a class that decides the HTTP
// status and whether trying again can help, a machine word that programs match on, and a sentence for a person that
// says what happened, to what, and what to do.
#include <string>
#include <vector>

namespace krane {

// Closed on purpose: a new member needs a row in error.cpp's table.
enum class errc {
  malformed,            // not JSON, not HTTP
  unauthorized,         // no token, or none that is known
  forbidden,            // known, but not for this
  not_found,            //
  method_not_allowed,   //
  conflict,             // the world is not as the request needs it
  precondition_failed,  // If-None-Match
  too_large,            //
  unsupported_media,    //
  invalid,              // well-formed and wrong; `details` names each fault
  rate_limited,         //
  internal,             // a bug or a broken machine
  unavailable,          // the engine or another part does not answer; later it may
  timed_out,            // a deadline of ours passed
  storage_full,         // the disk is full; reads go on
  cancelled,            // stopped because the caller or the server stopped
};

// One fault of many in a request, with the JSON path it was found at ("config.host_port").
struct fault {
  std::string path;
  std::string error;
  friend bool operator==(fault const&, fault const&) = default;
};

struct error {
  errc code = errc::internal;
  std::string reason;   // machine word, snake_case; never empty
  std::string message;  // one sentence, for a person
  std::vector<fault> details{};

  friend bool operator==(error const&, error const&) = default;
};

// The HTTP status of a class of errors (contract: "Statuses").
int http_status(errc code);

// The reason used where nothing more precise is known ("not_found", "internal", …).
std::string default_reason(errc code);

// An error with the class's default reason.
error make_error(errc code, std::string message);
error make_error(errc code, std::string reason, std::string message);
// errc::invalid with every fault; the message is the first one, and how many more there are. `faults` is not empty.
error make_error(std::vector<fault> faults);

}  // namespace krane
