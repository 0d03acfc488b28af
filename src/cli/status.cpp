#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/deployment_text.hpp"
#include "cli/families.hpp"
#include "cli/relative_time.hpp"
#include "cli/safe_text.hpp"
#include "model/reason.hpp"

namespace krane::cli {
namespace {

std::string port_list(client::container_info const& one) {
  std::vector<std::string> all;
  for (client::port_info const& port : one.Ports) {
    auto text = port.PublicPort == 0 ? std::to_string(port.PrivatePort)
                                     : fmt::format("{}:{}", port.PublicPort, port.PrivatePort);
    // The engine names a port once for IPv4 and once for IPv6.
    if (all.empty() || all.back() != text) all.push_back(std::move(text));
  }
  return all.empty() ? "-" : fmt::format("{}", fmt::join(all, ", "));
}

std::string containers_text(output const& out, std::vector<client::container_info> const& containers) {
  table rows({{"CONTAINER"}, {"STATE"}, {"STATUS", column::cut}, {"PORTS", column::cut}});
  for (client::container_info const& one : containers)
    rows.add({{one.name()}, {one.State, state_colour(one.State)}, {one.Status}, {port_list(one)}});
  return out.text_of(rows);
}

std::string last_run_text(client::run_info const& run, time_point now) {
  std::string out = fmt::format("{}: {}", run_text(run), run.state);
  if (run.finished_at) out += ", " + relative_time(*run.finished_at, now);
  if (run.failure) out += ": " + printable(run.failure->message);
  return out;
}

std::string detail_text(output const& out, client::deployment_info const& what, time_point now) {
  auto const with = out.colours();
  std::string text = fmt::format("{}: {}\n", with.paint(what.template_.name, colour::bold),
                                 with.paint(what.status, state_colour(what.status)));
  auto const row = [&](std::string_view title, std::string const& value) {
    text += fmt::format("  {}{}\n", with.paint(fmt::format("{:<10}", title), colour::grey), value);
  };
  if (what.error) row("error", printable(*what.error));
  row("image", image_text(what.template_.config));
  row("ports", ports_text(what.template_.config));
  if (what.serving && what.status == "stopped")
    row("serves", fmt::format("nothing; {} is stopped, and krane start {} starts it", run_text(*what.serving),
                              what.template_.name));
  else if (what.serving)
    row("serves", fmt::format("{}, since {}", run_text(*what.serving),
                              relative_time(what.serving->finished_at.value_or(what.serving->updated_at), now)));
  else
    row("serves", "nothing");
  if (what.restarts > 0) row("restarts", fmt::format("{} by the engine", what.restarts));
  if (what.serving && what.serving->volumes)
    for (client::volume_info const& one : *what.serving->volumes)
      row("volume", printable(fmt::format("{} for {}{}", one.name, one.target, one.of_image ? ", of the image" : "")));
  if (what.run && (!what.serving || what.serving->id != what.run->id)) row("last run", last_run_text(*what.run, now));
  row("created", relative_time(what.created_at, now));
  if (!what.containers.empty()) text += "\n" + containers_text(out, what.containers);
  return text;
}

// What the server knows without the containers; and why that is not all.
task<exit_code> show_without_engine(command_context& with, client::krane_api& api, std::string name, error why) {
  auto const all = co_await api.list_deployments();
  if (!all) co_return all.error();
  auto const found = std::ranges::find(*all, name, &client::deployment_item::name);
  if (found == all->end()) co_return why;
  listing out{.data = encode(*found), .names = {name}, .text = {}};
  auto const style = with.out.colours();
  if (with.out.is_table())
    out.text = fmt::format("{}: {}\n  image     {}\n  ports     {}\n", style.paint(name, colour::bold),
                           style.paint(found->status, state_colour(found->status)), image_text(*found),
                           ports_text(found->config));
  with.out.show(out);
  co_return why;
}

task<exit_code> show_status(command_context& with, arguments given) {
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const what = co_await (*api)->get_deployment(given.get("NAME"));
  if (!what && what.error().reason == krane::reason::engine_unavailable)
    co_return co_await show_without_engine(with, **api, given.get("NAME"), what.error());
  if (!what) co_return what.error();
  listing out{.data = what->whole, .names = {what->template_.name}, .text = {}};
  if (with.out.is_table()) out.text = detail_text(with.out, *what, with.time.now());
  with.out.show(out);
  co_return exit_code::done;
}

}  // namespace

std::vector<command> status_commands() {
  return {{.path = {"status"},
           .group = command_group::look,
           .summary = "Show a deployment, what serves, and its containers",
           .arguments = {deployment_argument()},
           .examples = {{"krane status web -o json", "all that the server and the engine know of it"}},
           .run = show_status}};
}

}  // namespace krane::cli
