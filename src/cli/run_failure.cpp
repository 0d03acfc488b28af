#include "cli/run_failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/deployment_text.hpp"
#include "cli/relative_time.hpp"
#include "cli/safe_text.hpp"
#include "model/reason.hpp"

namespace krane::cli {
namespace {

struct remedy {
  std::string_view reason;
  std::string_view text;
};

// {name} stands for the deployment.
constexpr std::array remedies{
    remedy{krane::reason::image_not_found,
           "check the image's name and tag, then: krane deploy --image IMAGE --tag TAG"},
    remedy{krane::reason::registry_auth,
           "give it another login as the message says (krane registry login, or the secret of registry_auth), then: "
           "krane run {name}"},
    remedy{krane::reason::registry_denied,
           "check the image's name, or give it another login as the message says, then: krane run {name}"},
    remedy{krane::reason::registry_unreachable,
           "check the registry's name and the server's network, then: krane run "
           "{name}"},
    remedy{krane::reason::registry_untrusted, "let the engine trust it as the message says, then: krane run {name}"},
    remedy{krane::reason::registry_rate_limited, "wait until the registry gives more, then: krane run {name}"},
    remedy{krane::reason::registry_error, "the registry may be in trouble; later: krane run {name}"},
    remedy{krane::reason::image_corrupt, "push the image anew, then: krane run {name}"},
    remedy{krane::reason::engine_unavailable, "krane doctor shows how the engine is"},
    remedy{krane::reason::engine_storage,
           "make room on the server's disk (krane doctor shows it), then: krane run "
           "{name}"},
    remedy{krane::reason::port_in_use,
           "stop what has the port on the server, or take another: krane deploy {name} "
           "--port HOST:CONTAINER"},
    remedy{krane::reason::host_port_taken, "take another port: krane deploy {name} --port HOST:CONTAINER"},
    remedy{krane::reason::name_conflict, "rename or remove that container on the server, then: krane run {name}"},
    remedy{krane::reason::command_not_found, "mend the image's command, push it, then: krane run {name}"},
    remedy{krane::reason::no_command, "give the image a CMD, or set command, then: krane deploy {name}"},
    remedy{krane::reason::not_in_image, "change the config, or the image, then: krane deploy {name}"},
    remedy{krane::reason::container_exited, "mend what its last lines say, push the image, then: krane run {name}"},
    remedy{krane::reason::oom_killed,
           "it needs more memory than it may have: let it use less, or give it more (resources.memory)"},
    remedy{krane::reason::unhealthy, "mend what the message above names, then: krane run {name}"},
    remedy{krane::reason::deadline, "try again: krane run {name}; krane doctor shows how the engine is"},
    remedy{krane::reason::superseded, "krane history {name} shows the run that took its place"},
};

// Those that lie in what was deployed, and not in the machine or the registry.
bool lies_in_the_release(std::string_view reason) {
  constexpr std::array<std::string_view, 8> all{krane::reason::no_command,       krane::reason::image_not_found,
                                                krane::reason::image_corrupt,    krane::reason::command_not_found,
                                                krane::reason::container_exited, krane::reason::oom_killed,
                                                krane::reason::unhealthy,        krane::reason::not_in_image};
  return std::ranges::find(all, reason) != all.end();
}

void add_row(std::string& to, std::string_view title, std::string_view text, style with) {
  to += fmt::format("\n  {}{}", with.paint(fmt::format("{:<11}", title), colour::grey), text);
}

std::string facts(client::run_info const& run) {
  std::string out = fmt::format("{}-{}", run.deployment, run.id);
  if (!run.failure) return out;
  if (run.failure->exit_code) out += fmt::format(", exit code {}", *run.failure->exit_code);
  if (run.failure->oom_killed) out += ", killed for want of memory";
  return out;
}

std::string headline(client::run_info const& run) {
  std::string const what = fmt::format("run {} of {} ", run.number, run.deployment);
  std::string const why = run.failure ? ": " + printable(run.failure->message) : std::string();
  if (run.is_in(run_step::superseded)) return what + "was replaced by a newer one before it began";
  return what + (run.is_in(run_step::cancelled) ? "is cancelled" : "failed") + why;
}

}  // namespace

std::string advice(client::run_info const& run) {
  std::string const reason = run.failure ? run.failure->reason : run.state;
  auto const found = std::ranges::find(remedies, reason, &remedy::reason);
  if (found == remedies.end()) return {};
  std::string out(found->text);
  constexpr std::string_view slot = "{name}";
  if (auto const at = out.find(slot); at != std::string::npos) out.replace(at, slot.size(), run.deployment);
  return out;
}

std::string run_failure_text(client::run_info const& run, std::optional<client::run_info> const& serving,
                             time_point now, style with) {
  std::string out = with.paint("krane: ", colour::red) + headline(run);
  if (run.failure) add_row(out, "reason", run.failure->reason, with);
  if (!run.image.empty()) add_row(out, "image", run.image, with);
  if (run.container) add_row(out, "container", facts(run), with);
  if (auto const took = run_duration(run, now); !took.empty()) add_row(out, "after", took, with);
  if (run.failure)
    for (std::string const& line : run.failure->output)
      add_row(out, &line == &run.failure->output.front() ? "output" : "", printable(line), with);
  if (serving) {
    auto const since = relative_time(serving->finished_at.value_or(serving->updated_at), now);
    add_row(out, "serves", fmt::format("{}, since {}", run_text(*serving), since), with);
  } else {
    add_row(out, "serves", "nothing", with);
  }
  if (auto const what = advice(run); !what.empty()) add_row(out, "next", what, with);
  // What serves is another than what is stored, and the next run would fail the same way.
  if (serving && run.failure && lies_in_the_release(run.failure->reason))
    add_row(out, "or",
            fmt::format("drop it and keep what serves: krane rollback {} @{}", run.deployment, serving->number), with);
  return out;
}

}  // namespace krane::cli
