#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <string>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/relative_time.hpp"
#include "cli/secret_value.hpp"

namespace krane::cli {
namespace {

task<exit_code> set_secret(command_context& with, arguments given) {
  std::string const name = given.get("NAME");
  std::string const key = given.get("KEY");
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto value = get_secret_value(with, fmt::format("Value of {}: ", key), "krane secrets set NAME KEY < FILE");
  if (!value) co_return value.error();
  auto const kept = co_await (*api)->put_secret(name, key, std::move(*value));
  if (!kept) co_return kept.error();
  auto data = encode(kept->now);
  data.as_object()["created"] = kept->created;
  with.out.show({.data = std::move(data),
                 .names = {key},
                 .text = fmt::format("Secret {} of {} is set (version {}); the next run uses it\n", key, name,
                                     kept->now.version)});
  co_return exit_code::done;
}

task<exit_code> list_secrets(command_context& with, arguments given) {
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const all = co_await (*api)->list_secrets(given.get("NAME"));
  if (!all) co_return all.error();
  auto const now = with.time.now();
  table rows({{"KEY"}, {"VERSION"}, {"SET"}, {"CREATED"}, {""}});
  listing out{.data = encode(*all), .names = {}, .text = {}};
  for (client::secret_info const& one : *all) {
    out.names.push_back(one.key);
    rows.add({{one.key},
              {std::to_string(one.version)},
              {relative_time(one.updated_at, now)},
              {relative_time(one.created_at, now)},
              {one.used_by_serving ? "in use" : "", colour::green}});
  }
  out.text = with.out.text_of(rows);
  with.out.show(out);
  co_return exit_code::done;
}

task<exit_code> remove_secrets(command_context& with, arguments given) {
  std::string const name = given.get("NAME");
  auto const api = with.connect();
  if (!api) co_return api.error();
  listing out{.data = boost::json::array(), .names = {}, .text = {}};
  std::optional<exit_code> failed;
  for (std::string const& key : given.all("KEY")) {
    auto const gone = co_await (*api)->remove_secret(name, key);
    if (!gone) {
      with.say.error(failure_text(gone.error(), nullptr, with.verbose));
      if (!failed) failed = exit_code_of(gone.error());
      continue;
    }
    out.data.as_array().push_back({{"key", key}});
    out.names.push_back(key);
    out.text += fmt::format("Removed secret {} of {}\n", key, name);
  }
  with.out.show(out);
  co_return failed.value_or(exit_code::done);
}

argument name_argument() {
  return {
      .name = "NAME", .meaning = "the deployment, which need not be there yet", .completes = completion::deployments};
}

}  // namespace

std::vector<command> secret_commands() {
  return {{.path = {"secrets"},
           .group = command_group::deploy,
           .summary = "Set, list and remove the secrets of a deployment"},
          {.path = {"secrets", "set"},
           .group = command_group::deploy,
           .summary = "Set a secret; its value is asked for, or read from a pipe",
           .description = "The value is 1 byte to 64 KiB of text. From a pipe one newline at its end is dropped. The "
                          "server keeps it sealed and shows it to nobody; containers get it when the deployment is run "
                          "next.\n\nA deployment asks for a secret with environment: {NAME: \"@KEY\"}, or with "
                          "secrets: [KEY], a file below /run/secrets.",
           .arguments = {name_argument(), {.name = "KEY", .meaning = "what it is called: letters, digits, _, . and -"}},
           .examples = {{"krane secrets set web DB_PASSWORD", "ask for the value, without showing it"},
                        {"krane secrets set web TLS_KEY < key.pem", "take it from a file"}},
           .run = set_secret},
          {.path = {"secrets", "ls"},
           .aliases = {"list"},
           .group = command_group::deploy,
           .summary = "List the secrets of a deployment, without their values",
           .arguments = {name_argument()},
           .run = list_secrets},
          {.path = {"secrets", "rm"},
           .group = command_group::deploy,
           .summary = "Remove secrets of a deployment that nothing uses",
           .arguments = {name_argument(), {.name = "KEY", .meaning = "the secrets", .many = true}},
           .run = remove_secrets}};
}

}  // namespace krane::cli
