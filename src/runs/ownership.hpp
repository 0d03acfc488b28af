#pragma once
// Which containers are krane's. A label can be copied by anybody; so a container is ours only if its labels, its name
// and what the store knows agree.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "model/ids.hpp"

namespace krane {

namespace label {
inline constexpr char deployment[] = "deployment.name";
inline constexpr char run[] = "krane.run";
inline constexpr char instance[] = "krane.instance";
inline constexpr char replica[] = "krane.replica";  // "2" and so on; the first has none
}  // namespace label

// The labels that a container of this run gets; `replica` from 0.
labels marks_of(deployment_name const& name, run_id const& run, instance_id const& instance, std::uint32_t replica = 0);

// Which replica a container with our marks is, from 0.
std::uint32_t replica_of(labels const& marks);

// The labels are there, the instance is ours, and the name is "{deployment}-{run}" or "{deployment}-{run}-{replica}" as
// the labels say it.
bool bears_our_marks(std::string const& container_name, labels const& marks, instance_id const& instance);

// Containers with our marks, of one deployment or of all, in any state; strangers that copied a label are left out.
task<std::vector<container_summary>> list_our_containers(engine& docker, instance_id const& instance,
                                                         deployment_name const* only);

}  // namespace krane
