#include "runs/container_end.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "model/byte_size.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

constexpr std::int64_t not_found = 127;
constexpr std::int64_t not_executable = 126;

bool shows(failure const& why, std::initializer_list<std::string_view> any_of) {
  return std::ranges::any_of(why.output, [&](std::string const& line) {
    return std::ranges::any_of(any_of, [&](std::string_view part) { return line.contains(part); });
  });
}

}  // namespace

failure failure_of_restarts(container_details const& seen, probe_target const& target) {
  failure why;
  why.reason = reason::container_exited;
  if (seen.status == "restarting") why.exit_code = seen.exit_code;  // of one that runs it is none
  why.message = fmt::format("container {} ended right after it was started, and was restarted {} times",
                            target.container_name, seen.restart_count);
  return why;
}

failure failure_of_end(container_details const& seen, probe_target const& target) {
  failure why;
  why.exit_code = seen.exit_code;
  why.oom_killed = seen.oom_killed;
  if (seen.oom_killed) {
    why.reason = reason::oom_killed;
    auto const& limit = target.service.resources.memory_bytes;
    why.message = fmt::format("container {} was killed: {}", target.container_name,
                              limit ? fmt::format("it reached its memory limit of {}; let it use less, or give it more "
                                                  "(resources.memory)",
                                                  byte_size_text(*limit))
                                    : std::string("it used more memory than it may"));
  } else if (seen.exit_code == not_found) {
    // The init process that the engine puts before the command, like any shell, ends so when there is no such command,
    // or not what its first line names.
    why.reason = reason::command_not_found;
    why.message = fmt::format(
        "the command of container {} is not in the image, or the interpreter in its first line "
        "is not (exit code {}); check the image's entrypoint and command",
        target.container_name, seen.exit_code);
  } else if (seen.exit_code == not_executable) {
    why.reason = reason::command_not_found;
    why.message = fmt::format(
        "the command of container {} cannot be executed (exit code {}): it is a folder, or its "
        "user may not execute it; check the image's entrypoint and command",
        target.container_name, seen.exit_code);
  } else {
    why.reason = reason::container_exited;
    why.message = fmt::format("container {} exited with code {} right after it was started", target.container_name,
                              seen.exit_code);
    if (seen.exit_code == 0) why.message += "; what is deployed has to keep running, in the foreground";
  }
  return why;
}

failure failure_after_start(container_details const& seen, probe_target const& target, time_in_office served) {
  failure why = seen.status == "exited" ? failure_of_end(seen, target) : failure_of_restarts(seen, target);
  auto const told = parse_rfc3339(seen.finished_at);
  time_point const ended = told && *told >= served.since && *told <= served.now ? *told : served.now;
  double const seconds = std::chrono::duration<double>(ended - served.since).count();
  std::string const when = fmt::format("{:.1f} s after it had taken over", std::max(seconds, 0.0));
  if (why.reason == reason::oom_killed)
    why.message += fmt::format("; that was {}", when);
  else if (seen.status != "exited")
    why.message = fmt::format("container {} ended {}, and was restarted{}", target.container_name, when,
                              seen.restart_count > 1 ? fmt::format(" {} times", seen.restart_count) : "");
  else
    why.message = fmt::format("container {} exited with code {}, {}{}", target.container_name, seen.exit_code, when,
                              seen.exit_code == 0 ? "; what is deployed has to keep running, in the foreground" : "");
  return why;
}

bool ended_as_allowed(container_details const& seen, std::optional<restart_policy> const& policy) {
  restart_policy const said = policy.value_or(restart_policy{});
  switch (said.is) {
    case restart_policy::kind::unless_stopped:
    case restart_policy::kind::always:
      return false;
    case restart_policy::kind::no:
      return true;
    case restart_policy::kind::on_failure:
      return seen.exit_code == 0 || (said.most > 0 && seen.restart_count >= said.most);
  }
  std::unreachable();
}

namespace {

// glibc: "app: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file…"
// musl: "Error loading shared library libpq.so.5: No such file or directory (needed by /app)"
std::string missing_library(std::vector<std::string> const& output) {
  for (std::string const& line : output)
    for (std::string_view const before : {"error while loading shared libraries: ", "Error loading shared library "}) {
      auto const at = line.find(before);
      if (at == std::string::npos) continue;
      std::string const rest = line.substr(at + before.size());
      return rest.substr(0, rest.find(':'));
    }
  return {};
}

}  // namespace

void tell_what_output_shows(failure& why, probe_target const& target) {
  if (why.oom_killed) return;
  // With another code it is a program that it started.
  bool const may_lack_one = why.exit_code.value_or(not_found) == not_found;
  if (auto const library = may_lack_one ? missing_library(why.output) : std::string{}; !library.empty()) {
    why.reason = reason::command_not_found;
    why.message = fmt::format(
        "the program of container {} cannot start: it needs the shared library {}, which the image lacks; install it "
        "in the image, or build the program for it",
        target.container_name, library);
    return;
  }
  // execve's words; or a shell reads the program as a script, and complains of its first bytes.
  if (shows(why, {"xec format error", "ELF\x01", "ELF\x02"})) {
    why.reason = reason::command_not_found;
    why.message = fmt::format(
        "the command of container {} cannot be executed: its program was built for another kind "
        "of machine, or it is a script without a first line such as #!/bin/sh; check what the "
        "image was built for",
        target.container_name);
    return;
  }
  if (target.service.read_only && shows(why, {"Read-only file system", "read-only file system", "EROFS"}))
    why.message += "; it writes to a folder, and read_only is set: give that folder as tmpfs or as a volume";
}

}  // namespace krane
