#pragma once
// The form of every answer: {"success", "code", "data"}.
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "http/message.hpp"

namespace krane::envelope {

std::shared_ptr<std::string const> shared(std::string text);

// `data`: JSON already serialized.
std::string success_text(int status, std::string_view data);
http::response success(int status, std::string_view data);

template <class T>
http::response success_of(int status, T const& data) {
  return success(status, to_json_text(data));
}

// To a HEAD: what a stream's answer would begin with.
http::response head_of_stream();

std::string failure_text(int status, error const& why);
// What is internal is logged with the request's id and not told.
http::response failure(error const& why, std::string const& request_id);

}  // namespace krane::envelope
