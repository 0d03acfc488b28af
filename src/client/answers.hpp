#pragma once
// What an answer of a server means: its data, or the error that it carries, in the words of the server where it is one.
//
// Threads: any.
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "client/endpoint.hpp"
#include "client/http_connection.hpp"

namespace krane::client {

// The "data" of a good answer.
result<boost::json::value> read_answer(answer_head const& head, std::string_view body, endpoint const& where,
                                       bool had_token);
// The class of errors that a status stands for.
errc class_of(int status);

}  // namespace krane::client
