#pragma once
// The volumes of a deployment: how they are called, which it has, and whose one is that is there already. An engine has
// one room of names for all its volumes, and gives whoever asks for a name what has it.
//
// NAME_VOLUME is what the config calls VOLUME. A place that the image declares to be a volume, and at which the config
// mounts nothing, has one too, NAME_-place, each replica its own: else the engine would make one that goes with the
// container. A volume is the deployment's if its labels say so, or if the release that serves has it: krane 0.1.0 took
// what was there.
//
// Threads: the network thread.  Cancel: at any time; what was made is found again.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"
#include "model/run.hpp"
#include "store/store.hpp"

namespace krane {

labels marks_of_volumes(deployment_name const& name, instance_id const& instance);
bool belongs_to(labels const& marks, deployment_name const& name, instance_id const& instance);

std::string config_volume_name(deployment_name const& name, mount const& what);
// No two places, and no place and VOLUME, have the same.
std::string image_volume_name(deployment_name const& name, std::string_view place, std::uint32_t replica);
// Of the places that an image declares, those that get a volume of the deployment.
std::vector<std::string> kept_places(service_config const& service, std::vector<std::string> const& declared);
// Whether the name is one that the engine made up, for a volume of one container.
bool is_anonymous(std::string_view volume);

// errc::conflict, name_conflict.
error taken_volume(volume_details const& there, deployment_name const& wanted_by);

class volume_keeper {
public:
  volume_keeper(store& state, engine& docker) : state_(state), docker_(docker) {}

  // A volume that the config names and that is somebody else's; `index` is its place in the list.
  struct stranger {
    std::size_t index = 0;
    error why;
  };
  // Nothing is made.
  task<std::vector<stranger>> find_strangers(spec of);

  // Told of a volume that the deployment has had and that is not there any more, before it is made again.
  using tell_lost = std::function<task<void>(std::string name)>;
  // The volumes that a container of the run has, made where they are not there; all that the deployment has known is in
  // the list, and what this container mounts is marked so. Also errc::conflict, name_conflict: one is somebody else's.
  task<std::vector<run_volume>> prepare(run of, std::uint32_t replica, tell_lost tell);

  // Whether the run's image declares places that the deployment keeps; looked at once it is there.
  task<bool> keeps_places(run of);
  // Of a run that goes back to a container that is there.
  task<std::vector<run_volume>> of_kept(run of);
  // What a deploy would have, made or not, of an image that declares such places.
  struct outlook {
    run_volume what;
    bool is_new = false;  // it is not there yet
  };
  task<std::vector<outlook>> look_ahead(spec of, std::vector<std::string> declared);

  // Every volume that the deployment has.
  task<std::vector<run_volume>> all_of(deployment_name name);
  // When its containers are gone: removed, or kept.
  struct left_behind {
    std::vector<run_volume> kept;
    std::vector<std::string> notes;  // a sentence for people about each
  };
  task<left_behind> leave(deployment_name of, std::vector<run_volume> all, bool removed);

  // A container of ours, without what is kept in it: its anonymous volumes go, unless it is of a run of krane 0.1.0,
  // whose data may be there.
  task<void> remove_container(container_id container);

private:
  task<std::optional<run>> serving_run(deployment_name name);
  // What the deployment has had until now.
  task<std::vector<run_volume>> known_volumes(run const& of);
  task<std::vector<run_volume>> volumes_of_unrecorded(run serving);
  task<std::vector<std::string>> places_of(run const& of);
  task<void> claim(run_volume const& one, bool known, deployment_name name);

  store& state_;
  engine& docker_;
};

// Sentences for people about volumes that a container of the run has been given for places of its image.
std::vector<std::string> say_new_volumes(std::vector<run_volume> const& now, run const& before);

// What a container of that replica mounts beside what its config says.
std::vector<volume_mount> image_mounts(std::vector<run_volume> const& all, std::uint32_t replica);

}  // namespace krane
