#pragma once
// What POST /deployments/:name/plan takes and answers, field by field; the members' names are the keys.
#include <boost/describe/class.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/types.hpp"
#include "runs/deploy_plan.hpp"

namespace krane::wire {

// As it is read: the config by spec_reader.hpp.
struct plan_request {
  std::optional<std::string> tag;
  std::optional<boost::json::value> config;
};
BOOST_DESCRIBE_STRUCT(plan_request, (), (tag, config))

// As it is documented.
struct documented_plan_request {
  std::optional<std::string> tag;
  std::optional<config_request> config;
};
BOOST_DESCRIBE_STRUCT(documented_plan_request, (), (tag, config))

struct change_answer {
  std::string key;
  std::optional<boost::json::value> before;  // none: it is not set now
  std::optional<boost::json::value> after;   // none: it is set no more
};
BOOST_DESCRIBE_STRUCT(change_answer, (), (key, before, after))

struct planned_image_answer {
  std::string reference;
  std::optional<std::string> digest;    // that the reference stands for now
  std::optional<std::string> id;        // as image_id, which is its name everywhere else
  std::optional<std::string> image_id;  // none: it is not on the engine
  std::optional<std::string> serving_digest;
  std::optional<std::string> serving_id;  // as serving_image_id
  std::optional<std::string> serving_image_id;
  bool pulled = false;
  std::optional<std::uint64_t> bytes_to_pull;  // compressed, of the layers that are missing; none: not known
  std::optional<std::uint64_t> bytes_free;     // on the engine's disk
  bool changes = false;
};
BOOST_DESCRIBE_STRUCT(planned_image_answer, (),
                      (reference, digest, id, image_id, serving_digest, serving_id, serving_image_id, pulled,
                       bytes_to_pull, bytes_free, changes))

struct planned_container_answer {
  std::string id;
  std::string name;
  std::optional<std::uint64_t> release;
  bool running = false;
};
BOOST_DESCRIBE_STRUCT(planned_container_answer, (), (id, name, release, running))

struct planned_containers_answer {
  std::uint64_t created = 0;
  std::vector<planned_container_answer> replaced;
  std::vector<planned_container_answer> kept;
};
BOOST_DESCRIBE_STRUCT(planned_containers_answer, (), (created, replaced, kept))

struct gap_answer {
  gap_kind kind = gap_kind::none;
  run_order order = run_order::side_by_side;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(gap_answer, (), (kind, order, message))

struct problem_answer {
  std::string reason;
  std::string message;
  std::optional<std::string> path;
  bool fails = true;
};
BOOST_DESCRIBE_STRUCT(problem_answer, (), (reason, message, path, fails))

struct planned_volume_answer {
  std::string name;
  std::string target;
  bool of_image = false;  // the image declares it, and not the config
  bool is_new = false;    // it is not there yet
};
BOOST_DESCRIBE_STRUCT(planned_volume_answer, (), (name, target, of_image, is_new))

struct plan_answer {
  std::string deployment;
  bool creates = false;  // the deployment is not there yet
  bool changes = false;
  bool fails = false;
  std::uint64_t release = 0;  // that serves, for if_release
  std::vector<change_answer> config;
  planned_image_answer image;
  planned_containers_answer containers;
  std::vector<planned_volume_answer> volumes;
  gap_answer gap;
  std::vector<problem_answer> problems;
};
BOOST_DESCRIBE_STRUCT(plan_answer, (),
                      (deployment, creates, changes, fails, release, config, image, containers, volumes, gap, problems))

}  // namespace krane::wire
