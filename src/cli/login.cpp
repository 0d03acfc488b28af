#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <filesystem>

#include "cli/command_context.hpp"
#include "cli/families.hpp"
#include "cli/log_in.hpp"
#include "cli/relative_time.hpp"
#include "client/reason.hpp"

namespace krane::cli {
namespace {

// Which server is meant, and under which name it is to be remembered ("": a new one is to be found).
struct login_target {
  client::endpoint where;
  std::string name;
  std::optional<std::string> key;  // that a context of this server was made with
};

result<login_target> choose_login(command_context const& with, context_book const& book,
                                  std::optional<std::string> const& written) {
  context const* known = with.context_name ? book.find(*with.context_name) : nullptr;
  std::string endpoint;
  if (written) {
    endpoint = *written;
    if (with.context_name)
      if (auto const fine = check_context_name(*with.context_name); !fine) return fine.error();
  } else {
    auto const to = choose_target(book, with.context_name, with.env);
    if (!to) return to.error();
    endpoint = to->endpoint;
    if (to->context) known = book.find(*to->context);
  }
  auto const where = client::parse_endpoint(endpoint);
  if (!where) return where.error();
  if (!with.context_name && known == nullptr) known = book.find_endpoint(where->text());
  bool const same_server = known != nullptr && known->endpoint == where->text();
  return login_target{*where, with.context_name.value_or(known == nullptr ? "" : known->name),
                      same_server ? known->key : std::nullopt};
}

std::string absolute_path(std::string const& path) {
  std::error_code ec;
  auto const full = std::filesystem::absolute(path, ec);
  return ec ? path : full.string();
}

result<std::string> remember(context_files const& files, login_target const& to, client::session_info const& session,
                             std::optional<std::string> const& key) {
  std::string name = to.name;
  auto const kept = files.update([&](context_book& book) -> result<void> {
    if (name.empty()) name = new_context_name(book, to.where.text());
    book.put({.name = name, .endpoint = to.where.text(), .key = key, .user = session.user});
    book.sessions[name] = {.id = session.id, .token = session.token, .expires_at = session.expires_at_utc};
    return book.use(name);
  });
  if (!kept) return kept.error();
  return name;
}

// Whoever has set variables and forgotten them would wonder.
void warn_of_environment(command_context const& with, context_files const& files, std::string const& token) {
  auto const book = files.read();
  if (!book) return;
  auto const to = choose_target(*book, std::nullopt, with.env);
  if (to && to->token == token) return;
  with.say.line(fmt::format("But KRANE_ENDPOINT, KRANE_CONTEXT or KRANE_TOKEN is set: without --context, commands {}",
                            to ? "talk to " + to->endpoint + " by them" : "fail by them"));
}

task<exit_code> login(command_context& with, arguments given) {
  auto const files = context_files::find(with.env);
  if (!files) co_return files.error();
  auto const book = files->read();
  if (!book) co_return book.error();
  auto const to = choose_login(with, *book, given.find("ENDPOINT"));
  if (!to) co_return to.error();

  // A key that was named once is meant again.
  auto key = given.find("key");
  if (!key) key = to->key;
  if (key) key = absolute_path(*key);
  login_dialogue dialogue{.ask = {}, .tell = [&](std::string const& what) { with.say.line(what); }};
  if (with.term.can_ask()) dialogue.ask = [&](std::string_view question) { return with.term.ask_secret(question); };
  client::krane_api api(to->where, "");
  auto const done = co_await log_in(api, {.file = key, .agent = with.env("SSH_AUTH_SOCK"), .home = with.env("HOME")},
                                    std::move(dialogue));
  if (!done) co_return done.error();

  auto const name = remember(*files, *to, done->session, key);
  if (!name) co_return name.error();
  auto const& session = done->session;
  std::string const until = relative_time(session.expires_at_utc, with.time.now());
  with.out.show({.data = boost::json::object{{"context", *name},
                                             {"endpoint", to->where.text()},
                                             {"user", session.user},
                                             {"key", done->key_name},
                                             {"key_fingerprint", done->key.fingerprint()},
                                             {"expires_at", session.expires_at_utc}},
                 .names = {*name},
                 .text = fmt::format("Logged in to {} as {} with {}\nContext {}; the session ends {}\n",
                                     to->where.text(), session.user, done->key_name, *name, until)});
  warn_of_environment(with, *files, session.token);
  co_return exit_code::done;
}

// Unless another one has been put in its place.
result<void> forget_session(context_files const& files, std::string const& name, std::string const& token) {
  return files.update([&](context_book& book) -> result<void> {
    if (auto const kept = book.sessions.find(name); kept != book.sessions.end() && kept->second.token == token)
      book.sessions.erase(kept);
    return {};
  });
}

task<exit_code> logout(command_context& with, arguments) {
  auto const files = context_files::find(with.env);
  if (!files) co_return files.error();
  auto const to = with.find_target();
  if (!to) co_return to.error();
  if (!to->token) {
    with.say.line(fmt::format("Nobody is logged in to {}", to->endpoint));
    co_return exit_code::done;
  }
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const ended = co_await (*api)->revoke_own_session();
  // From here on nothing may fail before the token is gone from here.
  if (to->context)
    if (auto const forgotten = forget_session(*files, *to->context, *to->token); !forgotten)
      co_return forgotten.error();
  bool const was_over = !ended && ended.error().reason == client::reason::not_logged_in;
  if (!ended && !was_over) {
    error why = ended.error();
    why.message = fmt::format("the session is forgotten here, but it could not be ended: {}", why.message);
    co_return why;
  }
  with.say.line(was_over ? fmt::format("The session at {} was over already", to->endpoint)
                         : fmt::format("Logged out of {}", to->endpoint));
  co_return exit_code::done;
}

}  // namespace

std::vector<command> login_commands() {
  return {
      {.path = {"login"},
       .group = command_group::server,
       .summary = "Log in to a server with an SSH key",
       .description =
           "ENDPOINT is http://HOST:PORT, https://HOST, unix:///PATH of a socket, or ssh://[USER@]HOST[:PORT], which "
           "reaches a server that listens on HOST's own loopback through your ssh; behind a slash the server's port "
           "may follow, if it is not 8080. Without ENDPOINT it is the current context's server, or "
           "http://127.0.0.1:8080.\n\n"
           "Keys are tried as ssh does: those of the ssh-agent, then ~/.ssh/id_*; or --key and no other. RSA, ED25519 "
           "and ECDSA keys can sign a login; the server must have the public half in its authorized_keys. The session "
           "is kept under the name of a context, which becomes the current one; --context says which name.",
       .arguments = {{.name = "ENDPOINT", .meaning = "the server", .required = false}},
       .options = {{.name = "key",
                    .value = "FILE",
                    .meaning = "use this key and no other: a private key, or the public half of one in the ssh-agent",
                    .completes = completion::files}},
       .examples = {{"krane login", "to the server of this machine"},
                    {"krane login ssh://ada@example.com --context prod", "through ssh, remembered as prod"}},
       .run = login},
      {.path = {"logout"},
       .group = command_group::server,
       .summary = "End the session and forget it",
       .description = "The context stays; krane login logs in again. krane context rm forgets the server as well.",
       .run = logout}};
}

}  // namespace krane::cli
