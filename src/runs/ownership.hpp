#pragma once
// Which containers are krane's. Labels and names can be copied by anybody, so they do not say it. A container is ours
// if the store knows its id, which nobody can choose: also one that was renamed by hand, or that 0.1.0 made. One whose
// id is not known, as after a create without an answer, or of a newer state than the one that was restored, is ours if
// it bears a mark that only this server can make, has the name that it was made with, and is no copy of one that is
// known.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "model/ids.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"

namespace krane {

namespace label {
inline constexpr char deployment[] = "deployment.name";
inline constexpr char run[] = "krane.run";
inline constexpr char instance[] = "krane.instance";
inline constexpr char replica[] = "krane.replica";  // "2" and so on; the first has none
inline constexpr char mark[] = "krane.mark";        // over those before
inline constexpr char owner[] = "krane.owner";      // of a volume: "deployment/NAME"
}  // namespace label

// The labels that say whose a container of this run is; `replica` from 0.
labels marks_of(deployment_name const& name, run_id const& run, instance_id const& instance, std::uint32_t replica = 0);
// The same with the mark that goes with them: what a container gets.
labels marked(labels marks, vault const& secrets);

// Which replica a container with our marks is, from 0.
std::uint32_t replica_of(labels const& marks);

// Whether they say that it is the container of that run and replica.
bool says_it_is_of(labels const& marks, run_id const& made_by, std::uint32_t replica);

// Fails as the store.
task<bool> is_ours(store& state, vault const& secrets, container_id id, std::string name, labels marks);

// Containers of ours, of one deployment or of all, in any state; strangers that copied a label are left out.
task<std::vector<container_summary>> list_our_containers(engine& docker, store& state, vault const& secrets,
                                                         deployment_name const* only);

}  // namespace krane
