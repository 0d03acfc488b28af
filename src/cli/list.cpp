#include <algorithm>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/deployment_text.hpp"
#include "cli/families.hpp"

namespace krane::cli {
namespace {

task<exit_code> list_deployments(command_context& with, arguments) {
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const all = co_await (*api)->list_deployments();
  if (!all) co_return all.error();
  // A column more only where there is something to say.
  bool const has_notes = std::ranges::any_of(*all, [](auto const& one) { return !note_text(one).empty(); });
  std::vector<column> columns{{"NAME"}, {"STATUS"}, {"IMAGE", column::cut}, {"PORTS"}};
  if (has_notes) columns.push_back({"NOTE", column::cut});
  table rows(std::move(columns));
  listing out{.data = encode(*all), .names = {}, .text = {}};
  for (client::deployment_item const& one : *all) {
    std::vector<cell> row{
        {one.name}, {one.status, state_colour(one.status)}, {image_text(one)}, {ports_text(one.config)}};
    if (has_notes) row.push_back({note_text(one)});
    rows.add(std::move(row));
    out.names.push_back(one.name);
  }
  if (all->empty() && with.out.is_table())
    with.say.line("Nothing is deployed yet; krane deploy deploys, and krane init writes a file for it");
  else
    out.text = with.out.text_of(rows);
  with.out.show(out);
  co_return exit_code::done;
}

}  // namespace

std::vector<command> list_commands() {
  return {{.path = {"list"},
           .aliases = {"ls"},
           .group = command_group::look,
           .summary = "List the deployments",
           .description =
               "IMAGE is that of the active release, or what is stored if there is none. PORTS is the port of "
               "the server's machine and the port in the container that it leads to. NOTE says that the last "
               "run failed, and how often the engine has restarted the active release.",
           .examples = {{"krane ls -o name", "only the names, one a line"}},
           .run = list_deployments}};
}

}  // namespace krane::cli
