#pragma once
// The tables, as steps from each version of the store to the next. A step that has been in a release never changes.
//
// Failure: storage_failure.
#include <span>

#include "store/database.hpp"

namespace krane {

// Step n makes version n + 1 out of version n; version 0 is an empty file.
using schema_steps = std::span<char const* const>;
schema_steps known_steps();

std::int64_t schema_version(database& db);
// Takes every step that is missing, each in a transaction of its own with the version that it makes.
void upgrade_schema(database& db, schema_steps steps);

}  // namespace krane
