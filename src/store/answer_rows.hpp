#pragma once
// The table of answers that are kept for requests which may come again. On the database thread; storage_failure.
#include <optional>

#include "model/once.hpp"
#include "store/database.hpp"
#include "store/store.hpp"

namespace krane {

// None too where it is older than answers are kept.
std::optional<kept_answer> find_answer(database& db, request_hash const& key, time_point now);

// errc::conflict, request_repeated: it is there. Asked in the commit that would carry the request out again.
result<void> check_unanswered(database& db, request_key const& of, time_point now);

// Takes away what is too old, and the oldest beyond `limit`.
void insert_answer(database& db, request_key const& of, given_answer const& what, std::size_t limit, time_point now);

}  // namespace krane
