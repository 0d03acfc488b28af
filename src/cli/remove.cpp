#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json/array.hpp>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"

namespace krane::cli {
namespace {

// How long one answer is waited for; a removal that takes longer is asked for again, which joins it.
constexpr std::chrono::seconds wait_for_answer{10};

task<client::removal_info> remove_one(command_context& with, client::krane_api& api, std::string name) {
  for (;;) {
    with.say.progress("Removing " + name);
    auto now = co_await api.remove_deployment(name, wait_for_answer);
    if (!now || now->removed) {
      with.say.end_progress();
      co_return now;
    }
  }
}

task<exit_code> remove_deployments(command_context& with, arguments given) {
  auto const& names = given.all("NAME");
  if (!given.has("yes")) {
    if (!with.term.can_ask()) co_return usage_error("nobody can be asked here whether to remove that; -y says yes");
    auto const sure = with.term.confirm(fmt::format("Remove {} with {} containers and images?", fmt::join(names, ", "),
                                                    names.size() == 1 ? "its" : "their"));
    if (!sure) co_return sure.error();
    if (!*sure) {
      with.say.line("Nothing is removed");
      co_return exit_code::failed;
    }
  }
  auto const api = with.connect();
  if (!api) co_return api.error();
  listing out{.data = boost::json::array(), .names = {}, .text = {}};
  std::optional<exit_code> failed;
  for (std::string const& name : names) {
    auto const gone = co_await remove_one(with, **api, name);
    if (!gone) {
      // The others can go nevertheless.
      with.say.error(failure_text(gone.error(), nullptr, with.verbose));
      if (!failed) failed = exit_code_of(gone.error());
      continue;
    }
    out.data.as_array().push_back(encode(*gone));
    out.names.push_back(name);
    out.text += fmt::format("Removed {}\n", name);
  }
  with.out.show(out);
  co_return failed.value_or(exit_code::done);
}

}  // namespace

std::vector<command> remove_commands() {
  return {{.path = {"rm"},
           .group = command_group::deploy,
           .summary = "Remove deployments with their containers and images",
           .description = "Images that another container uses stay. On a terminal it is asked first.",
           .arguments =
               {{.name = "NAME", .meaning = "the deployments", .many = true, .completes = completion::deployments}},
           .options = {{.name = "yes", .letter = 'y', .meaning = "do not ask"}},
           .examples = {{"krane rm web -y", "remove web without being asked"}},
           .run = remove_deployments}};
}

}  // namespace krane::cli
