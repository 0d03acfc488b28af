#pragma once
// The form in which the store keeps specs and runs: flat structs of plain values, so that the types of the field can
// change without changing what is on the disk. Private to the model.
//
// Every member has a default and unknown ones are ignored: what an older krane wrote lacks members, and what a newer
// one wrote may have more. A change that an older krane must not overlook raises `current_version`.
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "model/run.hpp"
#include "model/spec.hpp"

namespace krane::stored {

inline constexpr int current_version = 1;

struct stored_spec {
  static constexpr bool json_defaults = true;
  int version = current_version;
  std::string name;
  std::string registry;
  std::string image;
  std::optional<std::string> tag;
  std::optional<std::string> digest;
  std::optional<port> container_port;
  std::optional<port> host_port;
  std::optional<publish_by> publish;
  std::optional<rollout> replace;
  std::optional<std::int64_t> hold_ms;
  std::optional<boost::json::value> service;  // as people write it
};
BOOST_DESCRIBE_STRUCT(stored_spec, (),
                      (version, name, registry, image, tag, digest, container_port, host_port, publish, replace,
                       hold_ms, service))

stored_spec to_stored_spec(spec const& s);
result<spec> from_stored_spec(stored_spec const& kept);

error damaged(char const* what, std::string const& why);

template <class T>
result<T> read(std::string_view text, char const* what) {
  auto document = parse_json(text, {.max_bytes = 16 * 1024 * 1024});
  if (!document) return damaged(what, document.error().message);
  auto kept = decode<T>(*document, unknown_keys::ignore);
  if (!kept) return damaged(what, kept.error().message);
  if (kept->version > current_version) return damaged(what, "it was written by a newer krane");
  return kept;
}

}  // namespace krane::stored
