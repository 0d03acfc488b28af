#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json/array.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/safe_text.hpp"

namespace krane::cli {
namespace {

// How long one answer is waited for; a removal that takes longer is asked for again, which joins it.
constexpr std::chrono::seconds wait_for_answer{10};

task<client::removal_info> remove_one(command_context& with, client::krane_api& api, std::string name, bool volumes) {
  for (;;) {
    with.say.progress("Removing " + name);
    auto now = co_await api.remove_deployment(name, wait_for_answer, volumes);
    if (!now || now->removed) {
      with.say.end_progress();
      co_return now;
    }
  }
}

// Of what serves; empty where none are known.
coroutine<std::vector<std::string>> volumes_of(client::krane_api& api, std::string name) {
  std::vector<std::string> out;
  auto const what = co_await api.get_deployment(name);
  if (what && what->serving && what->serving->volumes)
    for (client::volume_info const& one : *what->serving->volumes) out.push_back(one.name);
  co_return out;
}

std::string question(std::vector<std::string> const& names, std::vector<std::string> const& volumes, bool removed) {
  std::string text = fmt::format("Remove {} with {} containers and images", fmt::join(names, ", "),
                                 names.size() == 1 ? "its" : "their");
  if (volumes.empty()) return text + (removed ? ", and with all that is in its volumes?" : "?");
  std::string const list = fmt::format("{} {}", volumes.size() == 1 ? "volume" : "volumes", fmt::join(volumes, ", "));
  return text + (removed ? fmt::format(", and with all that is in {}?", list) : fmt::format("? (kept: {})", list));
}

task<exit_code> remove_deployments(command_context& with, arguments given) {
  auto const& names = given.all("NAME");
  bool const with_volumes = given.has("volumes");
  bool const asks = !given.has("yes");
  if (asks && !with.term.can_ask())
    co_return usage_error("nobody can be asked here whether to remove that; -y says yes");
  auto const api = with.connect();
  if (!api) co_return api.error();
  std::map<std::string, std::vector<std::string>> volumes;
  std::vector<std::string> all_volumes;
  for (std::string const& name : names) {
    volumes[name] = co_await volumes_of(**api, name);
    all_volumes.insert(all_volumes.end(), volumes[name].begin(), volumes[name].end());
  }
  if (asks) {
    auto const sure = with.term.confirm(question(names, all_volumes, with_volumes));
    if (!sure) co_return sure.error();
    if (!*sure) {
      with.say.line("Nothing is removed");
      co_return exit_code::failed;
    }
  }
  listing out{.data = boost::json::array(), .names = {}, .text = {}};
  std::optional<exit_code> failed;
  for (std::string const& name : names) {
    auto const gone = co_await remove_one(with, **api, name, with_volumes);
    if (!gone) {
      // The others can go nevertheless.
      with.say.error(failure_text(gone.error(), nullptr, with.verbose));
      if (!failed) failed = exit_code_of(gone.error());
      continue;
    }
    out.data.as_array().push_back(encode(*gone));
    out.names.push_back(name);
    out.text += fmt::format("Removed {}\n", name);
    if (!gone->run.volumes) continue;
    for (client::volume_info const& kept : *gone->run.volumes) {
      out.text += fmt::format("Kept volume {}\n", printable(kept.name));
      std::erase(volumes[name], kept.name);
    }
    if (!with_volumes) continue;
    for (std::string const& volume : volumes[name]) out.text += fmt::format("Removed volume {}\n", printable(volume));
  }
  with.out.show(out);
  co_return failed.value_or(exit_code::done);
}

}  // namespace

std::vector<command> remove_commands() {
  return {{.path = {"rm"},
           .group = command_group::deploy,
           .summary = "Remove deployments with their containers and images",
           .description = "Images go that krane pulled and that nobody else needs; others stay. Volumes stay with what "
                          "is kept in them, and a deployment of the same name has them again, unless --volumes is "
                          "given. On a terminal it is asked first.",
           .arguments =
               {{.name = "NAME", .meaning = "the deployments", .many = true, .completes = completion::deployments}},
           .options = {{.name = "volumes", .meaning = "remove their volumes too, with all that is kept in them"},
                       {.name = "yes", .letter = 'y', .meaning = "do not ask"}},
           .examples = {{"krane rm web -y", "remove web without being asked"}},
           .run = remove_deployments}};
}

}  // namespace krane::cli
