#pragma once
// The table of sessions. On the database thread; storage_failure.
#include <vector>

#include "model/session.hpp"
#include "store/database.hpp"

namespace krane {

void insert_session(database& db, session const& s);
void erase_session(database& db, session_id const& id);
std::vector<session> load_sessions(database& db);

}  // namespace krane
