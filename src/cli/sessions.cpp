#include <fmt/format.h>
#include <boost/json/array.hpp>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/deployment_text.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/relative_time.hpp"

namespace krane::cli {
namespace {

std::string who(client::session_info const& one) {
  return one.user.empty() ? "(a key without a comment)" : one.user;
}

task<exit_code> list_sessions(command_context& with, arguments) {
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const all = co_await (*api)->list_sessions();
  if (!all) co_return all.error();
  auto const now = with.time.now();
  table rows({{"ID"}, {"NAME"}, {"USER", column::cut}, {"CREATED"}, {"EXPIRES"}, {""}});
  listing out{.data = boost::json::array(), .names = {}, .text = {}};
  for (client::session_info one : *all) {
    // Whoever looks at a list does not want it to hold a secret.
    one.token.clear();
    auto json = encode(one);
    json.as_object().erase("token");
    out.data.as_array().push_back(std::move(json));
    out.names.push_back(one.id);
    rows.add({{one.id},
              {one.name.empty() ? "-" : one.name},
              {who(one)},
              {relative_time(one.created_at, now)},
              {relative_time(one.expires_at_utc, now)},
              {one.current ? "this one" : "", colour::green}});
  }
  out.text = with.out.text_of(rows);
  with.out.show(out);
  co_return exit_code::done;
}

task<exit_code> remove_sessions(command_context& with, arguments given) {
  auto const api = with.connect();
  if (!api) co_return api.error();
  listing out{.data = boost::json::array(), .names = {}, .text = {}};
  std::optional<exit_code> failed;
  for (std::string const& id : given.all("ID")) {
    auto const done = co_await (*api)->revoke_session(id);
    if (!done) {
      with.say.error(failure_text(done.error(), nullptr, with.verbose));
      if (!failed) failed = exit_code_of(done.error());
      continue;
    }
    out.data.as_array().push_back({{"id", id}});
    out.names.push_back(id);
    out.text += fmt::format("Ended session {}\n", id);
  }
  with.out.show(out);
  co_return failed.value_or(exit_code::done);
}

task<exit_code> create_session(command_context& with, arguments given) {
  std::optional<std::chrono::seconds> ttl;
  if (auto const text = given.find("ttl")) {
    ttl = parse_duration(*text);
    if (!ttl) co_return usage_error(fmt::format("--ttl \"{}\" is no time; write 12h, 90d or 4w", *text));
  }
  auto const name = given.find("name");
  if (!name) co_return usage_error("--name is missing; it tells this session from others, as in: --name ci");
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const made = co_await (*api)->create_session(*name, ttl);
  if (!made) co_return made.error();
  with.say.line(fmt::format("Session {} for {} ends {}. This is its token; it is shown this once only:", made->id,
                            made->name, relative_time(made->expires_at_utc, with.time.now())));
  with.out.show({.data = encode(*made), .names = {made->token}, .text = made->token + "\n"});
  with.say.line(fmt::format("A program uses it with KRANE_ENDPOINT={} and KRANE_TOKEN", (*api)->where().text()));
  co_return exit_code::done;
}

task<exit_code> who_am_i(command_context& with, arguments) {
  auto const to = with.find_target();
  if (!to) co_return to.error();
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto own = co_await (*api)->get_own_session();
  if (!own) co_return own.error();
  own->token.clear();
  auto data = encode(*own);
  data.as_object().erase("token");
  data.as_object()["endpoint"] = to->endpoint;
  data.as_object()["context"] = to->context ? boost::json::value(*to->context) : boost::json::value();
  std::string text = fmt::format("{} on {}\n", who(*own), to->endpoint);
  if (to->context) text += fmt::format("  context  {}\n", *to->context);
  if (!own->name.empty()) text += fmt::format("  session  {} ({})\n", own->name, own->id);
  text += fmt::format("  key      {}\n", own->key_fingerprint);
  text += fmt::format("  expires  {}, {}\n", relative_time(own->expires_at_utc, with.time.now()),
                      local_time(own->expires_at_utc));
  with.out.show({.data = std::move(data), .names = {who(*own)}, .text = std::move(text)});
  co_return exit_code::done;
}

}  // namespace

std::vector<command> session_commands() {
  return {{.path = {"whoami"},
           .group = command_group::server,
           .summary = "Show who is logged in, where, and for how long",
           .run = who_am_i},
          {.path = {"sessions"},
           .group = command_group::server,
           .summary = "List, end and make sessions: who may use the server"},
          {.path = {"sessions", "ls"},
           .aliases = {"list"},
           .group = command_group::server,
           .summary = "List the sessions that are good now",
           .run = list_sessions},
          {.path = {"sessions", "rm"},
           .group = command_group::server,
           .summary = "End sessions at once",
           .description = "What they follow is closed within a second. krane logout ends one's own.",
           .arguments = {{.name = "ID", .meaning = "the sessions, as krane sessions ls shows them", .many = true}},
           .run = remove_sessions},
          {.path = {"sessions", "create"},
           .group = command_group::server,
           .summary = "Make a session for a program, and show its token once",
           .description = "The token is written to standard output alone, so that a script can take it.",
           .options = {{.name = "name", .value = "NAME", .meaning = "what the session is for: ci"},
                       {.name = "ttl",
                        .value = "TIME",
                        .meaning = "how long it is good: 12h, 90d, 4w; without it, as long as the server gives"}},
           .examples = {{"krane sessions create --name ci --ttl 90d", "a token for a build server"}},
           .run = create_session}};
}

}  // namespace krane::cli
