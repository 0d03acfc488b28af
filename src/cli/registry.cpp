#include <fmt/format.h>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/relative_time.hpp"
#include "cli/secret_value.hpp"

namespace krane::cli {
namespace {

task<exit_code> log_in_to_registry(command_context& with, arguments given) {
  std::string const& registry = given.get("REGISTRY");
  // Said before anything is asked: the server has no such path, and could only say that.
  if (registry.contains('/'))
    co_return usage_error(
        fmt::format("\"{}\" is no registry; name its host alone, with a port if it has one: ghcr.io", registry));
  auto user = given.find("user");
  if (!user) {
    if (!with.term.is_input() || !with.term.can_ask())
      co_return usage_error("say who with --user; the password comes from the pipe");
    auto const asked = with.term.ask(fmt::format("User at {}: ", registry));
    if (!asked) co_return asked.error();
    user = *asked;
  }
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto password = get_secret_value(with, fmt::format("Password of {} at {}: ", *user, registry),
                                   "krane registry login REGISTRY --user USER < FILE");
  if (!password) co_return password.error();
  auto const kept = co_await (*api)->put_registry(registry, *user, std::move(*password));
  if (!kept) co_return kept.error();
  with.out.show({.data = encode(*kept),
                 .names = {registry},
                 .text = fmt::format("Pulls from {} are made as {}\n", registry, *user)});
  co_return exit_code::done;
}

task<exit_code> list_registries(command_context& with, arguments) {
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const all = co_await (*api)->list_registries();
  if (!all) co_return all.error();
  auto const now = with.time.now();
  table rows({{"REGISTRY"}, {"USER"}, {"SET"}});
  listing out{.data = encode(*all), .names = {}, .text = {}};
  for (client::registry_info const& one : *all) {
    out.names.push_back(one.registry);
    rows.add({{one.registry}, {one.username}, {relative_time(one.updated_at, now)}});
  }
  out.text = with.out.text_of(rows);
  with.out.show(out);
  co_return exit_code::done;
}

task<exit_code> log_out_of_registry(command_context& with, arguments given) {
  std::string const& registry = given.get("REGISTRY");
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const gone = co_await (*api)->remove_registry(registry);
  if (!gone) co_return gone.error();
  with.out.show({.data = boost::json::object{{"registry", registry}},
                 .names = {registry},
                 .text = fmt::format("Forgot the credentials for {}\n", registry)});
  co_return exit_code::done;
}

argument registry_argument() {
  return {.name = "REGISTRY", .meaning = "its host, with a port if it has one: ghcr.io"};
}

}  // namespace

std::vector<command> registry_commands() {
  return {{.path = {"registry"},
           .group = command_group::deploy,
           .summary = "Credentials for private registries: log in, list, log out"},
          {.path = {"registry", "login"},
           .group = command_group::deploy,
           .summary = "Set the credentials for pulls from a registry",
           .description = "The password, or a token in its place, is asked for, or read from a pipe. The server keeps "
                          "it sealed, shows it to nobody, and sends it to that registry only.",
           .arguments = {registry_argument()},
           .options = {{.name = "user", .letter = 'u', .value = "USER", .meaning = "who; asked for unless given"}},
           .examples = {{"krane registry login ghcr.io", "ask for user and password"},
                        {"krane registry login ghcr.io -u ada < token.txt", "take the password from a file"}},
           .run = log_in_to_registry},
          {.path = {"registry", "ls"},
           .aliases = {"list"},
           .group = command_group::deploy,
           .summary = "List the registries that the server has credentials for",
           .run = list_registries},
          {.path = {"registry", "logout"},
           .group = command_group::deploy,
           .summary = "Forget the credentials for a registry",
           .arguments = {registry_argument()},
           .run = log_out_of_registry}};
}

}  // namespace krane::cli
