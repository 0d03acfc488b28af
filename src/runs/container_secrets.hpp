#pragma once
// The secrets of a run: which versions its container is given, and their values when it is made.
//
// Failure: errc::not_found, secret_missing, with a sentence that names the secret and the command that sets it.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "model/run.hpp"
#include "secrets/vault.hpp"

namespace krane {

inline constexpr char secrets_folder[] = "/run/secrets";

// Those in force now; a version that the run has already (of a release that it restores) stays.
result<std::map<std::string, std::uint64_t>> fix_secret_versions(vault const& from, run const& of);

// The environment that its deployment asks for, every secret in it replaced by its value.
result<std::map<std::string, std::string>> resolve_environment(vault const& from, run const& of);
// What its container finds below secrets_folder.
result<std::vector<container_file>> resolve_secret_files(vault const& from, run const& of);

}  // namespace krane
