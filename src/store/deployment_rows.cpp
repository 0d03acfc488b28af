#include "store/deployment_rows.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/log.hpp"
#include "base/utf8.hpp"
#include "model/reason.hpp"
#include "store/row_values.hpp"
#include "store/run_rows.hpp"

namespace krane {
namespace {

sql_value port_or_null(std::optional<port> const& p) {
  if (!p) return nullptr;
  return std::int64_t{*p};
}

constexpr char every_row[] =
    "SELECT spec, status, serving, created_at, updated_at, made_by, replicas, warm, warm_made_by, warm_until, name,"
    " host_port FROM deployments";

// It costs this deployment, never the server: it is listed, and can be replaced and removed.
void make_unreadable(deployment& d, std::string const& why) {
  if (d.status != deployment_status::deleting) d.status = deployment_status::unreadable;
  d.trouble = fmt::format("{}; deploy it again from its file (krane deploy), or remove it (krane rm {})",
                          to_valid_utf8(why), d.config.name.str());
}

std::optional<std::string> read_config(deployment& d, database::rows const& row) {
  auto config = from_stored(row.text(0));
  if (config && config->name == d.config.name) {
    d.config = std::move(*config);
    return std::nullopt;
  }
  // Another deployment must not be given the port: nobody knows what still uses it.
  if (!row.is_null(11)) d.config.host_port = static_cast<port>(row.integer(11));
  return config ? "the store holds a deployment that cannot be read: its name is another's" : config.error().message;
}

deployment read_deployment(database::rows const& row) {
  deployment d;
  d.config.name = deployment_name{row.text(10)};
  auto trouble = read_config(d, row);
  if (auto const status = find_word<deployment_status>(row.text(1)); status && *status != deployment_status::unreadable)
    d.status = *status;
  else
    trouble = fmt::format("the store holds a deployment with the unknown status \"{}\"", row.text(1));
  if (trouble) make_unreadable(d, *trouble);
  if (!row.is_null(2)) d.serving = run_id{row.text(2)};
  d.created_at = to_time(row.integer(3));
  d.updated_at = to_time(row.integer(4));
  if (!row.is_null(5)) d.made_by = run_id{row.text(5)};
  d.replicas = static_cast<std::uint32_t>(row.integer(6));
  if (!row.is_null(7)) d.warm = warm_release{run_id{row.text(7)}, run_id{row.text(8)}, to_time(row.integer(9))};
  return d;
}

std::optional<error> port_held_by_another(database& db, spec const& wanted) {
  if (!wanted.host_port) return std::nullopt;
  auto holder = db.select("SELECT name FROM deployments WHERE host_port = ? AND name <> ?",
                          {std::int64_t{*wanted.host_port}, wanted.name.str()});
  if (!holder.next()) return std::nullopt;
  return make_error(errc::conflict, reason::host_port_taken,
                    fmt::format("host port {} is held by deployment {}; choose another, or take it from that one first",
                                *wanted.host_port, holder.text(0)));
}

// A value that one of our readers takes and another does not would be lost with the row, and all that belongs to it.
error not_read_back(deployment_name const& name) {
  return make_error(errc::internal, "not_storable",
                    fmt::format("the config of {} could not be stored so that it can be read again; nothing was "
                                "changed. This is a fault in krane: please report it with the config",
                                name.str()));
}

// Its release goes on serving, if that can be told.
deployment_store::put_outcome replace_unreadable(database& db, commit& told, spec const& wanted,
                                                 std::string const& text, time_point now) {
  db.run("UPDATE deployments SET spec = ?, host_port = ?, updated_at = ? WHERE name = ?",
         {text, port_or_null(wanted.host_port), to_sql(now), wanted.name.str()});
  auto known = find_deployment_row(db, wanted.name);
  if (known && !known->trouble.empty()) {
    db.run("UPDATE deployments SET status = ? WHERE name = ?",
           {to_word(known->serving ? deployment_status::down : deployment_status::idle), wanted.name.str()});
    known = find_deployment_row(db, wanted.name);
  }
  if (!known) throw storage_failure(storage_fault::other, "a deployment that was there is gone");
  add_notes(db, *known);
  told.changed.push_back(*known);
  return {std::move(*known), false};
}

}  // namespace

std::map<deployment_name, deployment> load_deployments(database& db) {
  std::map<deployment_name, deployment> all;
  {
    auto found = db.select(every_row, {});
    while (found.next()) {
      auto one = read_deployment(found);
      auto const name = one.config.name;
      all.insert_or_assign(name, std::move(one));
    }
  }
  for (unreadable_run const& one : find_unreadable_runs(db))
    if (auto const of = all.find(one.of); of != all.end() && of->second.trouble.empty())
      make_unreadable(of->second, one.why);
  for (auto const& [name, one] : all)
    if (!one.trouble.empty())
      log::error("store", fmt::format("deployment {} cannot be read, and is left alone: {}", name.str(), one.trouble));
  for (auto& [name, one] : all) add_notes(db, one);
  return all;
}

std::optional<deployment> find_deployment_row(database& db, deployment_name const& name) {
  static std::string const one_row = std::string(every_row) + " WHERE name = ?";
  auto found = db.select(one_row.c_str(), {name.str()});
  if (!found.next()) return std::nullopt;
  return read_deployment(found);
}

void update_deployment_row(database& db, deployment const& now) {
  // What cannot be read stays as it is stored: it may be of use to somebody yet.
  std::string const text = now.has_config() ? to_stored(now.config) : std::string();
  db.run(
      "UPDATE deployments SET spec = coalesce(?, spec), host_port = ?, status = coalesce(?, status), serving = ?,"
      " updated_at = ?, made_by = ?, replicas = ?, warm = ?, warm_made_by = ?, warm_until = ? WHERE name = ?",
      {now.has_config() ? sql_value(text) : sql_value(nullptr), port_or_null(now.config.host_port),
       now.status == deployment_status::unreadable ? sql_value(nullptr) : sql_value(to_word(now.status)),
       or_null(now.serving), to_sql(now.updated_at), or_null(now.made_by), std::int64_t{now.replicas},
       now.warm ? sql_value(now.warm->run.str()) : sql_value(nullptr),
       now.warm ? sql_value(now.warm->made_by.str()) : sql_value(nullptr),
       now.warm ? sql_value(to_sql(now.warm->until)) : sql_value(nullptr), now.config.name.str()});
}

void add_notes(database& db, deployment& d) {
  {
    auto found = db.select("SELECT restarts FROM deployments WHERE name = ?", {d.config.name.str()});
    if (found.next()) d.restarts = static_cast<std::uint64_t>(found.integer(0));
  }
  if (auto const serving = d.serving ? find_run(db, *d.serving) : std::nullopt)
    d.active = release_note{serving->number, serving->image_name().text()};
  auto const newest = newest_runs(db, d.config.name, 1);
  if (newest.empty()) return;
  run const& last = newest.front();
  d.last_run = run_note{.number = last.number,
                        .kind = last.kind,
                        .step = last.step,
                        .reason = last.why_failed ? std::optional(last.why_failed->reason) : std::nullopt,
                        .message = last.why_failed ? std::optional(last.why_failed->message) : std::nullopt,
                        .finished_at = last.finished_at};
}

void update_restarts(database& db, deployment_name const& name, std::uint64_t restarts) {
  db.run("UPDATE deployments SET restarts = ? WHERE name = ?", {static_cast<std::int64_t>(restarts), name.str()});
}

result<void> note_restarts(database& db, commit& told, deployment_name const& name, std::uint64_t restarts) {
  auto d = find_deployment_row(db, name);
  if (!d) return make_error(errc::not_found, fmt::format("there is no deployment {}", name.str()));
  update_restarts(db, name, restarts);
  add_notes(db, *d);
  told.changed.push_back(std::move(*d));
  return {};
}

std::uint64_t take_run_number(database& db, deployment_name const& name) {
  auto given =
      db.select("UPDATE deployments SET last_run = last_run + 1 WHERE name = ? RETURNING last_run", {name.str()});
  if (!given.next()) throw storage_failure(storage_fault::other, "a run number for a deployment that is not there");
  auto const number = static_cast<std::uint64_t>(given.integer(0));
  while (given.next()) {
  }
  return number;
}

void erase_deployment_row(database& db, deployment_name const& name) {
  db.run("DELETE FROM deployments WHERE name = ?", {name.str()});
}

result<void> check_serving(database& db, deployment_name const& name, std::optional<deployment> const& d,
                           std::uint64_t wanted) {
  std::optional<run> serving;
  if (d && d->serving) serving = find_run(db, *d->serving);
  if ((serving ? serving->number : 0) == wanted) return {};
  std::string const now = serving ? fmt::format("release {} of {} serves now", serving->number, name.str())
                                  : "nothing of " + name.str() + " serves now";
  std::string const then = wanted == 0 ? "although nothing was to serve" : fmt::format("not release {}", wanted);
  return make_error(errc::conflict, reason::release_moved,
                    fmt::format("{}, {}; krane plan {} says what a deploy would do now", now, then, name.str()));
}

result<void> check_config(database& db, spec const& expected) {
  auto const now = find_deployment_row(db, expected.name);
  if (!now) return make_error(errc::not_found, fmt::format("there is no deployment named \"{}\"", expected.name.str()));
  if (now->config == expected) return {};
  return make_error(errc::precondition_failed, reason::config_moved,
                    fmt::format("the configuration of {} was changed meanwhile; read it again", expected.name.str()));
}

result<deployment_store::put_outcome> put_deployment(database& db, commit& told, spec const& wanted, bool create_only,
                                                     time_point now, std::optional<std::uint64_t> if_release) {
  auto known = find_deployment_row(db, wanted.name);
  if (known && create_only)
    return make_error(errc::precondition_failed, reason::deployment_exists,
                      fmt::format("there is a deployment {} already", wanted.name.str()));
  if (known && known->status == deployment_status::deleting)
    return make_error(errc::conflict, reason::deployment_deleting,
                      fmt::format("deployment {} is being deleted; try again when it is gone", wanted.name.str()));
  if (if_release)
    if (auto const same = check_serving(db, wanted.name, known, *if_release); !same) return same.error();
  if (auto taken = port_held_by_another(db, wanted)) return *taken;
  std::string const text = to_stored(wanted);
  if (auto const back = from_stored(text); !back || *back != wanted) return not_read_back(wanted.name);
  if (known && !known->trouble.empty()) return replace_unreadable(db, told, wanted, text, now);
  if (known) {
    // Clients send the same spec at every deploy: that is no change.
    if (known->config == wanted) return deployment_store::put_outcome{std::move(*known), false};
    known->config = wanted;
    known->updated_at = now;
    update_deployment_row(db, *known);
    add_notes(db, *known);
    told.changed.push_back(*known);
    return deployment_store::put_outcome{std::move(*known), false};
  }
  deployment made{.config = wanted,
                  .status = deployment_status::idle,
                  .serving = std::nullopt,
                  .created_at = now,
                  .updated_at = now};
  db.run("INSERT INTO deployments (name, spec, host_port, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
         {wanted.name.str(), text, port_or_null(wanted.host_port), to_word(made.status), to_sql(now), to_sql(now)});
  told.changed.push_back(made);
  return deployment_store::put_outcome{std::move(made), true};
}

}  // namespace krane
