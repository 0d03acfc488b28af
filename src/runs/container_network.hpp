#pragma once
// The network that this server's containers are in: which one it is, that it is there, and that a container is in it.
//
// Names in a network mean one thing only while one server uses it. So the first server on an engine has "krane", and
// another one "krane-" and the beginning of its instance's id. A network says by its label whose it is; one without the
// label, which an older krane made, is taken by the server whose containers are in it, or else by the first that comes.
// What was chosen is in the store, and stays.
//
// Threads: the network thread.
// Failure: the engine's (engine/engine.hpp) and the store's; errc::conflict, name_conflict: the network is another
// server's by now.
#include <map>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "engine/engine.hpp"
#include "runs/run_service.hpp"
#include "store/store.hpp"

namespace krane {

class container_network {
public:
  // `options.network` is the name that is wanted, and from the choice on the one that was chosen; it outlives this.
  container_network(executor network, store& state, engine& docker, run_options& options);

  // There, whoever removed it.
  task<network_details> ensure();
  // There, with the container in it, reachable by these names. Gone: success, since its start will tell.
  task<void> attach(container_id container, std::vector<std::string> aliases);
  // Off it.
  task<void> detach(container_id container);
  // Nothing is deployed any more: the network goes, if it is nobody else's wish to have it.
  task<void> give_up();

private:
  task<std::string> choose();

  store& state_;
  engine& docker_;
  run_options& options_;
  semaphore choosing_;
};

// Whether one that runs can be reached: in that network, or in the host's.
bool is_reachable(std::map<std::string, std::string> const& addresses, std::string const& network);

}  // namespace krane
