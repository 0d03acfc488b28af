#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/command_context.hpp"
#include "cli/families.hpp"
#include "cli/relative_time.hpp"

namespace krane::cli {
namespace {

using boost::json::object;

struct opened {
  context_files files;
  context_book book;
};

result<opened> open_contexts(command_context const& with) {
  auto files = context_files::find(with.env);
  if (!files) return files.error();
  auto book = files->read();
  if (!book) return book.error();
  return opened{std::move(*files), std::move(*book)};
}

// The session's end, "" where nobody is logged in.
std::string expiry_of(context_book const& book, context const& one) {
  auto const session = book.sessions.find(one.name);
  return session == book.sessions.end() ? std::string() : session->second.expires_at;
}

std::string login_text(std::string const& expires_at, time_point now) {
  if (expires_at.empty()) return "not logged in";
  auto const end = parse_rfc3339(expires_at);
  if (end && *end <= now) return "expired " + relative_time(*end, now);
  return end ? "expires " + relative_time(*end, now) : "logged in";
}

object data_of(context_book const& book, context const& one) {
  object out{{"name", one.name}, {"endpoint", one.endpoint}, {"current", one.name == book.current}};
  if (one.user) out["user"] = *one.user;
  if (one.key) out["key"] = *one.key;
  auto const expires_at = expiry_of(book, one);
  out["logged_in"] = !expires_at.empty();
  if (!expires_at.empty()) out["expires_at"] = expires_at;
  return out;
}

task<exit_code> list_contexts(command_context& with, arguments) {
  auto const known = open_contexts(with);
  if (!known) co_return known.error();
  boost::json::array data;
  listing shown;
  table rows({{""}, {"NAME"}, {"ENDPOINT", column::cut}, {"USER", column::cut}, {"SESSION"}});
  for (context const& one : known->book.contexts) {
    bool const current = one.name == known->book.current;
    data.push_back(data_of(known->book, one));
    shown.names.push_back(one.name);
    rows.add({{current ? "*" : "", colour::green},
              {one.name},
              {one.endpoint},
              {one.user.value_or("")},
              {login_text(expiry_of(known->book, one), with.time.now()), colour::grey}});
  }
  shown.data = std::move(data);
  if (rows.size() > 0)
    shown.text = with.out.text_of(rows);
  else
    with.say.line("There are no contexts yet: krane login makes one");
  with.out.show(shown);
  co_return exit_code::done;
}

task<exit_code> use_context(command_context& with, arguments given) {
  auto const files = context_files::find(with.env);
  if (!files) co_return files.error();
  std::string const& name = given.get("CONTEXT");
  std::string endpoint;
  auto const changed = files->update([&](context_book& book) -> result<void> {
    if (auto used = book.use(name); !used) return used;
    endpoint = book.find(name)->endpoint;
    return {};
  });
  if (!changed) co_return changed.error();
  with.say.line(fmt::format("Now talking to {} at {}", name, endpoint));
  co_return exit_code::done;
}

task<exit_code> remove_contexts(command_context& with, arguments given) {
  auto const files = context_files::find(with.env);
  if (!files) co_return files.error();
  auto const& names = given.all("CONTEXT");
  bool none_left_current = false;
  auto const changed = files->update([&](context_book& book) -> result<void> {
    for (auto const& name : names)
      if (auto removed = book.remove(name); !removed) return removed;
    none_left_current = book.current.empty() && !book.contexts.empty();
    return {};
  });
  if (!changed) co_return changed.error();
  for (auto const& name : names) with.say.line(fmt::format("Forgot {}", name));
  if (none_left_current) with.say.line("None is the current one now; krane context use makes another one that");
  co_return exit_code::done;
}

task<exit_code> show_context(command_context& with, arguments given) {
  auto const known = open_contexts(with);
  if (!known) co_return known.error();
  auto name = given.find("CONTEXT");
  if (!name) {
    auto const to = choose_target(known->book, with.context_name, with.env);
    if (!to) co_return to.error();
    name = to->context;
    if (!name)
      co_return make_error(errc::not_found, "no_context",
                           fmt::format("no context is in use; commands talk to {}", to->endpoint));
  }
  auto const to = choose_target(known->book, name, with.env);
  if (!to) co_return to.error();
  context const& one = *known->book.find(*name);
  auto const expires_at = expiry_of(known->book, one);
  std::string text = fmt::format("Name      {}{}\nEndpoint  {}\n", one.name,
                                 one.name == known->book.current ? " (current)" : "", one.endpoint);
  if (one.user) text += fmt::format("User      {}\n", *one.user);
  if (one.key) text += fmt::format("Key       {}\n", *one.key);
  text += fmt::format("Session   {}\nFiles     {}\n", login_text(expires_at, with.time.now()), known->files.folder());
  with.out.show({.data = data_of(known->book, one), .names = {one.name}, .text = text});
  co_return exit_code::done;
}

argument context_argument(bool required) {
  return {.name = "CONTEXT", .meaning = "the context", .required = required, .completes = completion::contexts};
}

}  // namespace

std::vector<command> context_commands() {
  argument many = context_argument(true);
  many.many = true;
  return {{.path = {"context"},
           .group = command_group::server,
           .summary = "The servers that are known here, by name",
           .description = "krane login makes a context of a server. One of them is the current one, which commands "
                          "talk to unless --context, KRANE_CONTEXT or KRANE_ENDPOINT says otherwise. Programs such as "
                          "CI set KRANE_ENDPOINT and KRANE_TOKEN and need no context."},
          {.path = {"context", "ls"},
           .aliases = {"list"},
           .group = command_group::server,
           .summary = "List the contexts",
           .run = list_contexts},
          {.path = {"context", "use"},
           .group = command_group::server,
           .summary = "Make a context the current one",
           .arguments = {context_argument(true)},
           .run = use_context},
          {.path = {"context", "rm"},
           .aliases = {"remove"},
           .group = command_group::server,
           .summary = "Forget contexts and their sessions",
           .description = "The sessions stay good on their servers; krane logout ends one.",
           .arguments = {many},
           .run = remove_contexts},
          {.path = {"context", "show"},
           .group = command_group::server,
           .summary = "Show one context, the current one unless another is named",
           .arguments = {context_argument(false)},
           .run = show_context}};
}

}  // namespace krane::cli
