#pragma once
// One row of the route table: what is asked, who may ask, who answers, and what the document says of it. The router
// and the document are both made from these rows, so neither can know what the other does not.
#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/schema.hpp"
#include "base/task.hpp"
#include "http/message.hpp"
#include "model/once.hpp"
#include "model/session.hpp"

namespace krane::endpoints {

enum class access {
  open,     // anybody; a token is not even looked at
  session,  // a good token
  stream,   // a good token, unless streams are open (contract: "Open as documented while …")
};

// A request on its way, and who sent it.
struct call {
  http::request& request;
  std::optional<session> who;  // streams that are open to all: none
  std::string token;           // the caller's own, as it came
  // Of a request that may come again (Idempotency-Key). Whoever hands it to the store for what it commits says so.
  std::optional<request_key> once{};
  bool is_kept = false;
};

struct query_field {
  std::string name;
  std::string meaning;
  boost::json::value schema;
};

struct answer {
  int status = 200;
  std::string meaning;
  boost::json::value data;  // schema of "data" within the envelope; null: the error body
  std::string content_type = "application/json";
  std::vector<std::string> headers{};
  bool bare = false;  // without the envelope
};

struct endpoint {
  std::string method;
  std::string pattern;
  std::string summary;
  access who = access::session;
  std::vector<query_field> query{};
  std::optional<boost::json::value> body{};  // schema of the request's body, bare
  std::vector<answer> answers{};
  // Of a POST: a second one with the same Idempotency-Key is answered as the first one was. Not where an answer holds
  // what must not be kept.
  bool takes_key = true;
  // Of a POST: nothing is changed, so that it is answered while the server recovers, as a GET is.
  bool only_looks = false;
  std::function<task<http::reply>(call&)> handle;
};

// It has to find its place behind the runs that the server had accepted before it was started.
inline bool changes_deployments(endpoint const& asked) {
  return asked.method != "GET" && !asked.only_looks && asked.pattern.starts_with("/deployments");
}

// An answer that is an error.
inline answer fails(int status, std::string meaning) {
  return {.status = status, .meaning = std::move(meaning), .data = nullptr};
}

}  // namespace krane::endpoints
