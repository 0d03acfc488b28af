#pragma once
// What the server says that a deploy would do, and what it is asked with; read as leniently as types.hpp.
#include <boost/describe/class.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/json.hpp"

namespace krane::client {

struct plan_wanted {
  std::optional<std::string> tag{};
  std::optional<boost::json::value> config{};  // as model/spec_json.hpp writes it; none: the one that is stored
};
BOOST_DESCRIBE_STRUCT(plan_wanted, (), (tag, config))

struct change_info {
  static constexpr bool json_defaults = true;
  std::string key;
  std::optional<boost::json::value> before;
  std::optional<boost::json::value> after;
};
BOOST_DESCRIBE_STRUCT(change_info, (), (key, before, after))

struct planned_image_info {
  static constexpr bool json_defaults = true;
  std::string reference;
  std::optional<std::string> digest;
  std::optional<std::string> id;
  std::optional<std::string> image_id;
  std::optional<std::string> serving_digest;
  std::optional<std::string> serving_id;
  std::optional<std::string> serving_image_id;
  bool pulled = false;
  std::optional<std::uint64_t> bytes_to_pull;
  std::optional<std::uint64_t> bytes_free;
  bool changes = false;
};
BOOST_DESCRIBE_STRUCT(planned_image_info, (),
                      (reference, digest, id, image_id, serving_digest, serving_id, serving_image_id, pulled,
                       bytes_to_pull, bytes_free, changes))

struct planned_container_info {
  static constexpr bool json_defaults = true;
  std::string id;
  std::string name;
  std::optional<std::uint64_t> release;
  bool running = false;
};
BOOST_DESCRIBE_STRUCT(planned_container_info, (), (id, name, release, running))

struct planned_containers_info {
  static constexpr bool json_defaults = true;
  std::uint64_t created = 0;
  std::vector<planned_container_info> replaced;
  std::vector<planned_container_info> kept;
};
BOOST_DESCRIBE_STRUCT(planned_containers_info, (), (created, replaced, kept))

struct gap_info {
  static constexpr bool json_defaults = true;
  std::string kind;
  std::string order;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(gap_info, (), (kind, order, message))

struct problem_info {
  static constexpr bool json_defaults = true;
  std::string reason;
  std::string message;
  std::string path;
  bool fails = true;
};
BOOST_DESCRIBE_STRUCT(problem_info, (), (reason, message, path, fails))

struct planned_volume_info {
  static constexpr bool json_defaults = true;
  std::string name;
  std::string target;
  bool of_image = false;
  bool is_new = false;
};
BOOST_DESCRIBE_STRUCT(planned_volume_info, (), (name, target, of_image, is_new))

struct plan_fields {
  static constexpr bool json_defaults = true;
  std::string deployment;
  bool creates = false;
  bool changes = true;
  bool fails = false;
  std::uint64_t release = 0;
  std::vector<change_info> config;
  planned_image_info image;
  planned_containers_info containers;
  std::vector<planned_volume_info> volumes;
  gap_info gap;
  std::vector<problem_info> problems;
};
BOOST_DESCRIBE_STRUCT(plan_fields, (),
                      (deployment, creates, changes, fails, release, config, image, containers, volumes, gap, problems))

struct plan_info : plan_fields {
  boost::json::value whole{};  // the same as it came
};
result<plan_info> json_decode(std::type_identity<plan_info>, boost::json::value const& from);

}  // namespace krane::client
