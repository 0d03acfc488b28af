#pragma once
// The ETag of a deployment's config, and what a request says of it with If-Match: "change it only if it is still what I
// read".
//
// Threads: any.
#include <optional>
#include <string>

#include "base/result.hpp"
#include "http/message.hpp"
#include "model/spec.hpp"

namespace krane::endpoints {

// In its quotes. Equal configs have equal ones.
std::string config_tag(spec const& of);

// Whether the request says which config it wants to change.
bool names_config(http::request const& from);
// errc::precondition_failed, config_moved, unless If-Match names `stored`, or is not given; "*" is any that is there.
result<void> check_if_match(http::request const& from, spec const* stored);

}  // namespace krane::endpoints
