#include "store/answer_rows.hpp"

#include <algorithm>

#include "model/reason.hpp"

namespace krane {
namespace {

sql_value oldest_kept(time_point now) {
  return to_sql(now - answers_are_kept_for);
}

}  // namespace

std::optional<kept_answer> find_answer(database& db, request_hash const& key, time_point now) {
  auto found = db.select("SELECT request, status, location, body FROM kept_answers WHERE key = ? AND at > ?",
                         {std::span(key), oldest_kept(now)});
  if (!found.next()) return std::nullopt;
  kept_answer out;
  out.under.key = key;
  auto const what = found.bytes(0);
  if (what.size() != out.under.what.size())
    throw storage_failure(storage_fault::damaged, "the hash of a kept request has a wrong size");
  std::ranges::copy(what, out.under.what.begin());
  out.answer = {.status = static_cast<int>(found.integer(1)), .location = found.text(2), .body = found.text(3)};
  return out;
}

result<void> check_unanswered(database& db, request_key const& of, time_point now) {
  if (!find_answer(db, of.key, now)) return {};
  return make_error(errc::conflict, reason::request_repeated, "a request with this Idempotency-Key was carried out");
}

void insert_answer(database& db, request_key const& of, given_answer const& what, std::size_t limit, time_point now) {
  db.run("DELETE FROM kept_answers WHERE at <= ?", {oldest_kept(now)});
  db.run("INSERT INTO kept_answers (key, request, status, location, body, at) VALUES (?, ?, ?, ?, ?, ?)",
         {std::span(of.key), std::span(of.what), std::int64_t{what.status}, what.location, what.body, to_sql(now)});
  // They come and go in the order of their numbers.
  db.run("DELETE FROM kept_answers WHERE seq <= ?", {db.last_insert_id() - static_cast<std::int64_t>(limit)});
}

}  // namespace krane
