#include "cli/contexts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/class.hpp>

#include "base/json.hpp"
#include "cli/private_file.hpp"
#include "client/endpoint.hpp"

namespace krane::cli {

BOOST_DESCRIBE_STRUCT(context, (), (name, endpoint, key, user))
BOOST_DESCRIBE_STRUCT(saved_session, (), (id, token, expires_at))

namespace {

struct config_file {
  static constexpr bool json_defaults = true;
  std::string current;
  std::vector<context> contexts;
};
BOOST_DESCRIBE_STRUCT(config_file, (), (current, contexts))

struct tokens_file {
  static constexpr bool json_defaults = true;
  std::map<std::string, saved_session> sessions;
};
BOOST_DESCRIBE_STRUCT(tokens_file, (), (sessions))

template <class T>
result<T> read_as(std::string const& path, readers allowed) {
  auto const text = read_small_file(path, allowed);
  if (!text) return text.error();
  if (!*text) return T{};
  auto const damaged = [&](error const& why) {
    return make_error(errc::internal, "file_damaged",
                      fmt::format("{} is damaged: {}; mend it, or remove it and log in again", path, why.message));
  };
  auto const document = parse_json(**text);
  if (!document) return damaged(document.error());
  // A newer krane may have written more.
  auto kept = decode<T>(*document, unknown_keys::ignore);
  if (!kept) return damaged(kept.error());
  return kept;
}

std::optional<std::string> variable(environment const& env, std::string_view name) {
  auto value = env(name);
  return value && !value->empty() ? value : std::nullopt;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

error no_such_context(context_book const& book, std::string_view name) {
  std::vector<std::string_view> known;
  for (context const& one : book.contexts) known.push_back(one.name);
  auto const meant = nearest(name, known);
  return make_error(errc::not_found, "no_such_context",
                    meant.empty() ? fmt::format("there is no context \"{}\"; see krane context ls", name)
                                  : fmt::format("there is no context \"{}\"; was \"{}\" meant?", name, meant));
}

result<target> target_of(context_book const& book, std::string_view name) {
  context const* const found = book.find(name);
  if (found == nullptr) return no_such_context(book, name);
  target out{.endpoint = found->endpoint, .token = {}, .context = found->name, .expires_at = {}};
  if (auto const session = book.sessions.find(found->name); session != book.sessions.end()) {
    out.token = session->second.token;
    out.expires_at = session->second.expires_at;
  }
  return out;
}

}  // namespace

context const* context_book::find(std::string_view name) const {
  auto const found = std::ranges::find(contexts, name, &context::name);
  return found == contexts.end() ? nullptr : &*found;
}

context const* context_book::find_endpoint(std::string_view endpoint) const {
  auto const found = std::ranges::find(contexts, endpoint, &context::endpoint);
  return found == contexts.end() ? nullptr : &*found;
}

void context_book::put(context one) {
  auto const at = std::ranges::lower_bound(contexts, one.name, {}, &context::name);
  if (at != contexts.end() && at->name == one.name)
    *at = std::move(one);
  else
    contexts.insert(at, std::move(one));
}

result<void> context_book::remove(std::string_view name) {
  auto const found = std::ranges::find(contexts, name, &context::name);
  if (found == contexts.end()) return no_such_context(*this, name);
  sessions.erase(found->name);
  if (current == found->name) current.clear();
  contexts.erase(found);
  return {};
}

result<void> context_book::use(std::string_view name) {
  if (find(name) == nullptr) return no_such_context(*this, name);
  current = name;
  return {};
}

std::string new_context_name(context_book const& book, std::string_view endpoint) {
  std::string stem = "local";
  if (auto const parsed = client::parse_endpoint(endpoint)) {
    bool const here = parsed->type == client::endpoint::kind::unix_socket ||
                      (parsed->type != client::endpoint::kind::ssh &&
                       (parsed->host == "localhost" || parsed->host == "::1" || parsed->host.starts_with("127.")));
    if (!here) stem = parsed->host.substr(0, 60);
  }
  for (char& c : stem)
    if (!is_name_character(c)) c = '-';
  std::string name = stem;
  for (int number = 2; book.find(name) != nullptr; ++number) name = fmt::format("{}-{}", stem, number);
  return name;
}

result<void> check_context_name(std::string_view name) {
  if (!name.empty() && name.size() <= 64 && std::ranges::all_of(name, is_name_character)) return {};
  return make_error(errc::invalid,
                    fmt::format("\"{}\" is no name for a context: use letters, digits, '.', '-' and '_', at most 64",
                                name.substr(0, 80)));
}

result<context_files> context_files::find(environment const& env) {
  if (auto const folder = variable(env, "XDG_CONFIG_HOME")) return context_files(*folder + "/krane");
  if (auto const home = variable(env, "HOME")) return context_files(*home + "/.config/krane");
  return make_error(errc::invalid, "no_home",
                    "there is no place for the contexts of this user: set HOME or XDG_CONFIG_HOME");
}

result<context_book> context_files::read() const {
  auto config = read_as<config_file>(config_path(), readers::anybody);
  if (!config) return config.error();
  auto tokens = read_as<tokens_file>(tokens_path(), readers::owner_only);
  if (!tokens) return tokens.error();
  context_book book{.current = std::move(config->current), .contexts = {}, .sessions = std::move(tokens->sessions)};
  for (context& one : config->contexts) book.put(std::move(one));
  return book;
}

result<void> context_files::update(std::function<result<void>(context_book&)> const& change) const {
  if (auto made = make_private_folder(folder_); !made) return made;
  auto const lock = folder_lock::take(folder_);
  if (!lock) return lock.error();
  auto before = read();
  if (!before) return before.error();
  context_book after = *before;
  if (auto changed = change(after); !changed) return changed;
  if (after.sessions != before->sessions)
    if (auto written = replace_file(tokens_path(), to_json_text(tokens_file{after.sessions}) + "\n"); !written)
      return written;
  if (after.current != before->current || after.contexts != before->contexts)
    return replace_file(config_path(), to_json_text(config_file{after.current, after.contexts}) + "\n");
  return {};
}

result<target> choose_target(context_book const& book, std::optional<std::string> const& named,
                             environment const& env) {
  if (named) return target_of(book, *named);
  auto token = variable(env, "KRANE_TOKEN");
  if (auto const given = variable(env, "KRANE_ENDPOINT")) {
    auto const endpoint = client::parse_endpoint(*given);
    if (!endpoint) return make_error(errc::invalid, fmt::format("KRANE_ENDPOINT: {}", endpoint.error().message));
    target out{.endpoint = endpoint->text(), .token = {}, .context = {}, .expires_at = {}};
    if (auto const* known = book.find_endpoint(out.endpoint)) out = *target_of(book, known->name);
    if (token) out = {.endpoint = out.endpoint, .token = token, .context = {}, .expires_at = {}};
    return out;
  }
  target out{.endpoint = std::string(default_endpoint), .token = {}, .context = {}, .expires_at = {}};
  auto const name = variable(env, "KRANE_CONTEXT").value_or(book.current);
  if (!name.empty()) {
    auto found = target_of(book, name);
    if (!found) return found.error();
    out = std::move(*found);
  }
  if (token) {
    out.token = token;
    out.expires_at.clear();
  }
  return out;
}

}  // namespace krane::cli
