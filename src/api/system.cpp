#include "api/system.hpp"

#include <filesystem>

#include "api/envelope.hpp"
#include "api/front_ports.hpp"
#include "api/types.hpp"
#include "runs/holdings.hpp"

namespace krane::endpoints {
namespace {

constexpr std::chrono::seconds engine_limit{3};

// None where the folder cannot be looked at, as one of the engine's that belongs to root.
std::optional<wire::disk_answer> disk_of(std::string const& folder) {
  std::error_code ec;
  if (folder.empty()) return std::nullopt;
  auto const space = std::filesystem::space(folder, ec);
  if (ec) return std::nullopt;
  return wire::disk_answer{folder, space.available, space.capacity};
}

// With what is not written into it yet.
std::uint64_t database_bytes(std::string const& state_folder) {
  std::uint64_t sum = 0;
  for (char const* const name : {"/krane.db", "/krane.db-wal"}) {
    std::error_code ec;
    auto const size = std::filesystem::file_size(state_folder + name, ec);
    if (!ec) sum += size;
  }
  return sum;
}

coroutine<void> look_at_engine(system_parts const& parts, wire::system_answer& into) {
  if (!co_await parts.docker_watch.answers()) co_return;
  auto const late = make_error(errc::timed_out, "the engine takes too long");
  auto const version = co_await with_deadline(parts.docker.version(), engine_limit, late);
  if (!version) co_return;
  into.engine = wire::engine_answer{version->version, version->api_version, version->os, version->architecture};
  if (auto const held =
          co_await with_deadline(look_at_holdings(parts.state, parts.docker, parts.secrets), engine_limit, late))
    into.holds = wire::holdings_answer{held->containers, held->images, held->image_bytes, held->volumes};
  if (!parts.engine_is_here) co_return;
  auto const folder = co_await with_deadline(parts.docker.storage_folder(), engine_limit, late);
  if (folder) into.image_disk = disk_of(*folder);
}

task<http::reply> get_system(system_parts const& parts) {
  auto const trouble = parts.state.trouble();
  wire::system_answer out{.version = parts.version,
                          .time = to_rfc3339(parts.time.now()),
                          .store = trouble ? trouble->reason : "ok",
                          .recovery = parts.runs.recovered() ? "ok" : "under way",
                          .front = state_of(parts.ports),
                          .login_keys = parts.auth.key_count(),
                          .engine = {},
                          .state_disk = disk_of(parts.state_folder),
                          .image_disk = {},
                          .disk_reserve_bytes = parts.disk_reserve_bytes,
                          .database_bytes = database_bytes(parts.state_folder),
                          .holds = {}};
  co_await look_at_engine(parts, out);
  co_return envelope::success_of(200, out);
}

}  // namespace

std::vector<endpoint> system_state(system_parts parts) {
  auto const kept = std::make_shared<system_parts const>(std::move(parts));
  return {{.method = "GET",
           .pattern = "/system",
           .summary = "How the server, its engine and its disks are; what is not there does not answer",
           .answers = {{200, "every part, well or not", schema_of<wire::system_answer>()}, fails(401, "no good token")},
           .handle = [kept](call&) { return get_system(*kept); }}};
}

}  // namespace krane::endpoints
