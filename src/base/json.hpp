#pragma once
// JSON at the edges. parse_json() is what strangers' bytes go through; encode() and decode() turn described structs
// (BOOST_DESCRIBE_STRUCT) into JSON and back, member names being the keys.
//
// decode: std::optional members may be missing or null; other members with a default keep it when missing only if the
//         struct says so by `static constexpr bool json_defaults = true;`, else a missing one is a fault. Strings,
//         bools, integers (range-checked), doubles, enums with described names, vectors, maps with string keys, nested
//         structs, boost::json::value (taken as it is), and types with
//           result<T> json_decode(std::type_identity<T>, boost::json::value const&)   found by argument lookup.
// Failure: every fault at once (of more than a hundred the first hundred), errc::invalid, reason "invalid", one
//          `details` entry each with its path ("config.host_port", "ports[2].published"; "" is the document itself).
// Threads: any.
#include <algorithm>
#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace krane {

struct json_limits {
  std::size_t max_bytes = 1024 * 1024;
  std::size_t max_depth = 32;
};

// Strict RFC 8259: one document, valid UTF-8 without lone surrogates, no key twice in one object. errc::malformed with
// what is wrong and where (byte offset); errc::too_large past max_bytes.
result<boost::json::value> parse_json(std::string_view text, json_limits limits = {});

enum class unknown_keys {
  refuse,  // our own input: named, with the nearest known key if it is close
  ignore,  // the engine's answers
};

template <class T>
result<T> decode(boost::json::value const& from, unknown_keys policy);

// Members that are empty optionals are left out.
template <class T>
boost::json::value encode(T const& from);

// encode() and serialize.
template <class T>
std::string to_json_text(T const& from);

// The candidate nearest to `word` by edit distance, if it is near enough that it may have been meant.
std::string_view nearest(std::string_view word, std::vector<std::string_view> const& candidates);

}  // namespace krane

#include "base/json_codec.hpp"
