#include "cli/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "cli/relative_time.hpp"
#include "cli/safe_text.hpp"

namespace krane::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto clocks_may_differ = 5s;
constexpr auto session_ends_soon = std::chrono::hours{72};
constexpr std::uint64_t mebibyte = std::uint64_t{1024} * 1024;
constexpr std::uint64_t little_space = 1024 * mebibyte;
constexpr std::uint64_t no_space = 200 * mebibyte;
constexpr std::size_t name_width = 9;

struct shown {
  std::string_view word;  // in the table
  std::string_view name;  // in data
  colour paint;
};

shown show(health how) {
  switch (how) {
    case health::fine:
      return {"ok", "ok", colour::green};
    case health::warning:
      return {"warn", "warning", colour::yellow};
    case health::broken:
      return {"FAIL", "failed", colour::red};
  }
  std::unreachable();
}

}  // namespace

finding judge_version(std::string const& ours, std::string const& servers) {
  if (ours == servers) return {"version", health::fine, fmt::format("{} here and there", ours), ""};
  return {"version", health::warning, fmt::format("this program is {}, the server {}", ours, servers),
          "install the same version of both"};
}

finding judge_clock(time_point server, time_point asked, time_point answered) {
  // The server's second began at `server` and ended a second later.
  auto const ahead = server - answered;
  auto const behind = asked - (server + 1s);
  auto const off = std::chrono::ceil<std::chrono::seconds>(std::max(ahead, behind));
  if (off <= clocks_may_differ) return {"clock", health::fine, "this machine's and the server's agree", ""};
  return {
      "clock", health::warning,
      fmt::format("the server's is {} {} this machine's", duration_text(off), ahead > behind ? "ahead of" : "behind"),
      "let both machines take their time from the network (timedatectl set-ntp true)"};
}

finding judge_engine(client::system_info const& server) {
  if (server.engine)
    return {"engine", health::fine, fmt::format("Docker Engine {} answers", server.engine->version), ""};
  return {
      "engine", health::broken, "the container engine does not answer the server",
      "on the server's machine: systemctl status docker; see that krane-server's DOCKER_HOST names it, and that its "
      "user may use the socket"};
}

std::optional<finding> judge_front(client::system_info const& server) {
  if (server.front.empty()) return std::nullopt;
  if (server.front == "ok") return finding{"front", health::fine, "HAProxy holds the host ports", ""};
  // Deployments work without HAProxy, with a gap; not where it is to hold their ports and is gone.
  if (server.front.contains("not installed"))
    return finding{"front", health::warning, server.front, "apt-get install haproxy, then restart krane-server"};
  return finding{"front", health::broken, server.front,
                 "on the server's machine: systemctl status krane-front; where the server runs HAProxy itself, look "
                 "into front/haproxy.log of its state folder"};
}

finding judge_store(client::system_info const& server) {
  if (server.store != "ok")
    return {"store", health::broken, fmt::format("the server cannot keep changes ({})", server.store),
            "free space on its disk, and look into its log"};
  if (server.recovery != "ok")
    return {"store", health::warning, "the server is still looking at what was under way when it was started",
            "wait; it needs its engine for that"};
  return {"store", health::fine, "takes changes", ""};
}

std::optional<finding> judge_disk(std::string const& whose, std::optional<client::disk_info> const& disk,
                                  std::uint64_t reserve_bytes) {
  if (!disk) return std::nullopt;
  std::string const text = fmt::format("{} free of {} for {}, in {}", size_text(static_cast<double>(disk->free_bytes)),
                                       size_text(static_cast<double>(disk->total_bytes)), whose, disk->folder);
  if (disk->free_bytes < reserve_bytes && disk->free_bytes >= no_space)
    return finding{"disk", health::warning,
                   fmt::format("{}; that is below the reserve of {}, so nothing is pulled", text,
                               size_text(static_cast<double>(reserve_bytes))),
                   "remove images that nobody needs: docker image prune --all; or lower the server's disk-reserve"};
  if (disk->free_bytes >= little_space) return finding{"disk", health::fine, text, ""};
  return finding{"disk", disk->free_bytes >= no_space ? health::warning : health::broken, text,
                 whose == "images" ? "remove images that nobody needs: docker image prune --all" : "free some space"};
}

std::optional<finding> show_holdings(client::system_info const& server) {
  if (!server.holds) return std::nullopt;
  auto const count = [](std::uint64_t number, std::string_view of) {
    return fmt::format("{} {}{}", number, of, number == 1 ? "" : "s");
  };
  client::holdings_info const& all = *server.holds;
  return finding{"holds", health::fine,
                 fmt::format("{}, {} that krane pulled ({}), {}, a database of {}", count(all.containers, "container"),
                             count(all.images, "image"), size_text(static_cast<double>(all.image_bytes)),
                             count(all.volumes, "volume"), size_text(static_cast<double>(server.database_bytes))),
                 ""};
}

std::optional<finding> judge_deployment(client::deployment_item const& one) {
  std::string const logs = "krane logs " + one.name;
  if (one.status == "down")
    return finding{one.name, health::broken, "is down: its container does not run", "krane status " + one.name};
  if (one.status == "restarting")
    return finding{one.name, health::broken,
                   fmt::format("is restarting: its container ends again and again ({} restarts)", one.restarts), logs};
  if (one.status == "unhealthy")
    return finding{one.name, health::broken, "is unhealthy: it runs, and its health check fails", logs};
  return std::nullopt;
}

finding judge_login_keys(client::system_info const& server) {
  if (server.login_keys > 0)
    return {
        "access", health::fine,
        fmt::format("{} {} log in to the server", server.login_keys, server.login_keys == 1 ? "key may" : "keys may"),
        ""};
  return {"access", health::broken, "no key may log in to the server any more",
          "put a public key into its authorized_keys file"};
}

finding judge_session(std::string const& expires_at, time_point now, std::string const& login_command) {
  auto const end = parse_rfc3339(expires_at);
  if (!end) return {"session", health::fine, "the token is good", ""};
  std::string const text = fmt::format("it ends {}", relative_time(*end, now));
  if (*end - now > session_ends_soon) return {"session", health::fine, text, ""};
  return {"session", health::warning, text, login_command};
}

listing list_findings(std::vector<finding> const& all, style with) {
  listing out;
  boost::json::array data;
  for (finding const& one : all) {
    auto const [word, name, paint] = show(one.how);
    boost::json::object item{{"check", one.what}, {"state", name}, {"message", one.text}};
    if (!one.mend.empty()) item["mend"] = one.mend;
    data.push_back(std::move(item));
    if (one.how != health::fine) out.names.push_back(one.what);
    std::string const first(word);
    out.text += fmt::format("{}{} {:<{}} {}{}\n", with.paint(first, paint), std::string(4 - first.size(), ' '),
                            one.what, name_width, printable(one.text),
                            one.mend.empty() ? "" : fmt::format("; to mend it: {}", printable(one.mend)));
  }
  out.data = std::move(data);
  return out;
}

health worst_of(std::vector<finding> const& all) {
  auto worst = health::fine;
  for (finding const& one : all) worst = std::max(worst, one.how);
  return worst;
}

}  // namespace krane::cli
