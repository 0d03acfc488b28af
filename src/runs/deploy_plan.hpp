#pragma once
// What a deploy will do, said before it is done: what changes, which containers come and go, what becomes of
// connections meanwhile, and what it would fail with. Pure; planner.hpp finds the facts.
//
// How the new release takes over is chosen by plan.hpp, as the run itself chooses it. What can only be known by trying,
// whether the new container works, is in no plan.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/engine.hpp"
#include "model/config_changes.hpp"
#include "model/deployment.hpp"
#include "model/run.hpp"
#include "runs/disk_room.hpp"
#include "runs/plan.hpp"

namespace krane {

struct plan_problem {
  std::string reason;  // what the run or the request would fail with (model/reason.hpp)
  std::string message;
  std::string path{};  // of the field: "config.volumes[0]"
  bool fails = true;   // the deploy would; else it may, or the plan may be wrong
};

struct planned_container {
  container_id id;
  std::string name;
  std::optional<std::uint64_t> release{};  // that it is of, if that is known
  bool running = false;
};

struct planned_volume {
  std::string name;
  std::string target;
  bool of_image = false;  // the image declares it, not the config
  bool is_new = false;    // it is not there yet
};

struct planned_image {
  image_ref name;
  std::optional<std::string> digest{};  // that the registry gives it by
  std::optional<image_id> id{};         // none: it is not on the engine yet
  std::optional<std::string> serving_digest{};
  std::optional<image_id> serving_id{};
  bool pulled = false;              // the registry has to send it
  std::optional<pull_size> size{};  // of what it has to send, where that is known
  bool changes = false;             // it is another than the one that serves, or nobody knows
};

struct plan_facts {
  run wanted;                         // as it would be accepted, with the secrets that there are now
  std::optional<deployment> known{};  // none: it would be a new one
  std::optional<run> serving{};
  struct container {
    planned_container what;
    std::optional<run> of{};
  };
  std::vector<container> containers{};  // of the deployment, in any state
  bool through_front = false;           // host_port::goes_through_front
  std::chrono::milliseconds warmth{0};

  bool asks_registry = true;  // else the image that is here is taken
  std::optional<image_details> here{};
  std::optional<std::string> digest{};  // what the registry says
  std::optional<image_details> here_by_digest{};
  std::optional<error> registry_trouble{};
  std::optional<pull_size> size{};  // of what would be pulled

  std::vector<fault> forbidden{};
  std::vector<fault> missing_secrets{};
  std::optional<error> secrets_trouble{};
  std::optional<deployment_name> port_holder{};  // another deployment that has the host port
  std::vector<error> port_troubles{};
  std::vector<plan_problem> foreign_volumes{};
  std::vector<planned_volume> volumes{};
};

struct deploy_plan {
  spec what;                  // with the tag that is pulled
  bool is_new = false;        // the deployment is not there yet
  std::uint64_t release = 0;  // that serves now; 0: none
  // What would run is not what runs now: config, image or secrets are others, or it does not run.
  bool changes = true;
  // Of the release that serves; all of it where none does. "secret_versions.KEY" is one where a secret has a new value.
  std::vector<config_change> config{};
  planned_image image;
  std::size_t created = 0;  // containers
  std::vector<planned_container> replaced{};
  std::vector<planned_container> kept{};  // because it fails, or paused to go back to
  std::vector<planned_volume> volumes{};
  run_order order = run_order::side_by_side;
  gap_kind gap = gap_kind::none;
  bool runs_now = false;
  std::vector<plan_problem> problems{};

  bool fails() const;
};

deploy_plan make_plan(plan_facts const& from);

}  // namespace krane
