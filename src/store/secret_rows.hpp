#pragma once
// The table of secrets. On the database thread; storage_failure.
#include <cstdint>
#include <string>
#include <vector>

#include "model/ids.hpp"
#include "model/sealed_secret.hpp"
#include "store/database.hpp"

namespace krane {

// secret_store says what is kept.
result<std::vector<std::uint64_t>> insert_secret(database& db, sealed_secret const& s);
void erase_secret(database& db, std::string const& scope, std::string const& key, time_point now);
void erase_secrets_of(database& db, deployment_name const& name);
std::vector<sealed_secret> load_secrets(database& db);

}  // namespace krane
