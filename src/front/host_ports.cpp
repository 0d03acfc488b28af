#include "front/host_ports.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

#include "base/task.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

constexpr char listening[] = "0A";  // the state of a socket, as the kernel writes it

std::set<std::string> sockets_listening_on(port host) {
  std::set<std::string> inodes;
  std::string const wanted = fmt::format(":{:04X}", host);
  for (char const* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      // slot, local address, remote address, state, queues, timer, retransmits, user, timeout, inode
      std::istringstream words(line);
      std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
      words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
      if (state == listening && local.ends_with(wanted)) inodes.insert("socket:[" + inode + "]");
    }
  }
  return inodes;
}

using directory = std::unique_ptr<DIR, int (*)(DIR*)>;

bool holds_one_of(std::string const& process, std::set<std::string> const& sockets) {
  std::string const folder = "/proc/" + process + "/fd";
  directory const open{opendir(folder.c_str()), &closedir};
  if (!open) return false;
  while (dirent const* const entry = readdir(open.get())) {
    char target[64];
    auto const length = readlink((folder + "/" + entry->d_name).c_str(), target, sizeof target);
    if (length > 0 && sockets.contains(std::string(target, static_cast<std::size_t>(length)))) return true;
  }
  return false;
}

error cannot_open(std::string const& address, port host, int why) {
  switch (why) {
    case EADDRINUSE:
      return make_error(
          errc::conflict, reason::port_in_use,
          fmt::format("host port {} is held by {}; stop that, or choose another host_port", host, holder_of(host)));
    case EACCES:
      return make_error(errc::conflict, reason::port_not_allowed,
                        fmt::format("host port {} is below 1024, and krane-server may not open such a port; choose a "
                                    "higher host_port, or give the service CAP_NET_BIND_SERVICE",
                                    host));
    case EADDRNOTAVAIL:
      return make_error(errc::conflict, reason::address_not_available,
                        fmt::format("this machine has no address {}; set KRANE_PUBLISH_ADDRESS to one that it has, or "
                                    "to 0.0.0.0 for all",
                                    address));
    default:
      return make_error(errc::internal, reason::front_refused,
                        fmt::format("host port {} cannot be opened on {}: {}", host, address, std::strerror(why)));
  }
}

}  // namespace

result<void> try_host_port(std::string const& address, port host) {
  boost::system::error_code ec;
  auto const ip = asio::ip::make_address(address, ec);
  if (ec) return cannot_open(address, host, EADDRNOTAVAIL);
  asio::ip::tcp::endpoint const where(ip, host);
  int const fd = socket(where.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return cannot_open(address, host, errno);
  // As HAProxy opens it: connections of the past that linger do not count.
  int const on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int const bound = bind(fd, where.data(), static_cast<socklen_t>(where.size()));
  int const why = errno;
  close(fd);
  if (bound != 0) return cannot_open(address, host, why);
  return {};
}

std::string holder_of(port host) {
  auto const sockets = sockets_listening_on(host);
  directory const processes{opendir("/proc"), &closedir};
  while (dirent const* const entry = processes ? readdir(processes.get()) : nullptr) {
    std::string const process = entry->d_name;
    if (process.find_first_not_of("0123456789") != std::string::npos || !holds_one_of(process, sockets)) continue;
    std::string name;
    std::getline(std::ifstream("/proc/" + process + "/comm") >> std::ws, name);
    return fmt::format("{} (process {})", name.empty() ? "a program" : name, process);
  }
  return "another program";
}

}  // namespace krane
