#pragma once
// The secrets of a run: which versions its container is given, and their values when it is made.
//
// Failure: errc::not_found, secret_missing, with a sentence that names the secret and the command that sets it.
#include <cstdint>
#include <map>
#include <string>

#include "engine/engine.hpp"
#include "model/run.hpp"
#include "secrets/vault.hpp"

namespace krane {

// Where a container finds them.
inline constexpr char secrets_folder[] = "/run/secrets";

// Those in force now; a version that the run has already (of a release that it restores) stays.
result<std::map<std::string, std::uint64_t>> fix_secret_versions(vault const& from, run const& of);

// The environment that its deployment asks for, every secret in it replaced by its value, and the place for the files.
result<void> give_secrets(container_spec& to, vault const& from, run const& of);
// What it finds below /run/secrets. Before every start of a container that may just have been made: a kill in between
// may have left it without them.
task<void> put_secret_files(engine& docker, vault const& from, run const& of, container_id into);

// What a container printed or an engine said may quote them.
void hide_secrets(failure& in, scrubber const& hides);

}  // namespace krane
