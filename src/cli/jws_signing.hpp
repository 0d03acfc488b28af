#pragma once
// The token of a login: a JWS in its compact form that says the phrase. All of it is built here.
//
// Threads: any.
// Source: RFC 7515, RFC 7518 §3, RFC 8037 §3; the signatures of SSH: RFC 4253 §6.6, RFC 5656 §3.1.2, RFC 8332, RFC
// 8709.
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/key_type.hpp"

namespace krane::cli {

// The phrase that is signed for a server reached under `authority`, from the one that the server gave: the same if it
// is one for this server. errc::forbidden, reason "foreign_phrase": it is not, and must not be signed.
result<std::string> phrase_to_sign(std::string_view given, std::string_view authority);

// "header.payload", which is what gets signed. `authority` becomes the audience.
std::string signing_input(login_algorithm algorithm, std::string_view phrase, std::string_view authority);
std::string finished_token(std::string input, std::string_view signature);

// A signature as SSH has it (its name, then its bytes), in the form of JWS. errc::invalid if it is of another algorithm
// or damaged.
result<std::string> to_jws_signature(login_algorithm algorithm, std::string_view ssh_signature);
// An ECDSA signature's two numbers, each to the width of the curve.
result<std::string> to_fixed_width(login_algorithm algorithm, std::string_view r, std::string_view s);

}  // namespace krane::cli
