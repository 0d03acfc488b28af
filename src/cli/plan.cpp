#include "cli/plan.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <utility>

#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/plan_text.hpp"

namespace krane::cli {
namespace {

task<exit_code> ask_and_show(command_context& with, std::vector<typed_deployment> all) {
  auto const api = with.connect();
  if (!api) co_return api.error();
  boost::json::array data;
  listing out{.data = {}, .names = {}, .text = {}};
  bool fails = false;
  bool changes = false;
  for (typed_deployment& one : all) {
    auto wanted = co_await find_wanted(**api, std::move(one));
    if (!wanted) co_return wanted.error();
    with.say.line(fmt::format("Planning {}, from {}", wanted->name, wanted->source));
    auto const plan = co_await (*api)->plan(wanted->name, {.tag = {}, .config = std::move(wanted->config)});
    if (!plan) co_return plan.error();
    fails = fails || plan->fails;
    changes = changes || plan->changes;
    data.push_back(plan->whole);
    out.names.push_back(plan->deployment);
    if (!out.text.empty()) out.text += "\n";
    out.text += plan_text(*plan, with.out.colours());
  }
  out.data = data.size() == 1 ? data.front() : boost::json::value(std::move(data));
  with.out.show(out);
  if (fails) co_return exit_code::failed;
  co_return changes ? exit_code::changes : exit_code::done;
}

task<exit_code> plan(command_context& with, arguments given) {
  co_return co_await show_plans(with, read_typed(given));
}

}  // namespace

task<exit_code> show_plans(command_context& with, result<std::vector<typed_deployment>> all) {
  result<exit_code> code = exit_code::done;
  if (all)
    code = co_await ask_and_show(with, std::move(*all));
  else
    code = all.error();
  if (code || exit_code_of(code.error()) != exit_code::usage) co_return code;
  auto const to = with.find_target();
  with.say.error(failure_text(code.error(), to ? &*to : nullptr, with.verbose));
  co_return exit_code::failed;
}

std::vector<command> plan_commands() {
  return {
      {.path = {"plan"},
       .group = command_group::deploy,
       .summary = "Say what a deploy would do, without doing it",
       .description =
           "What changes in the config, which image it would be and whether it is pulled, which containers come "
           "and go, what becomes of connections meanwhile, and what the deploy would fail with: a port that is "
           "taken, a secret that is not there, an image that cannot be found. It takes what krane deploy takes, and "
           "means the same by it. + "
           "is what comes, - what goes, ~ what becomes something else, ! what the deploy would fail with, ? what "
           "may go otherwise. Whether the new container works is known only when it runs.\n\n"
           "A gap is none, held (connections wait until the new release takes them) or dead (they are refused, "
           "for about a second).\n\n"
           "Exit codes: 0 image, config and secrets stay the same, and only the container would be new; 2 something "
           "would change; 1 the deploy would fail, or its plan cannot be made. krane deploy --if-release N then "
           "deploys only if what was planned for still serves.",
       .arguments = {spec_name_argument()},
       .options = spec_options(),
       .examples = {{"krane plan", "of what ./krane.json or ./krane.yaml says"},
                    {"krane plan web --tag v2", "web as it is stored, but another tag"},
                    {"krane plan -f compose.yaml", "of each service of a Compose file"},
                    {"krane plan -o json", "for programs; release is for krane deploy --if-release"}},
       .run = plan}};
}

}  // namespace krane::cli
