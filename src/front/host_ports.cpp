#include "front/host_ports.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstdint>
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

struct listening_socket {
  std::string address;  // as the kernel writes it: words of 32 bits in the machine's own order, in hexadecimal
  std::string inode;
};

// Below a process, since a service may be shown nothing else of /proc.
std::vector<listening_socket> listening_on(port host, char const* table) {
  std::vector<listening_socket> found;
  std::string const wanted = fmt::format(":{:04X}", host);
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    // slot, local address, remote address, state, queues, timer, retransmits, user, timeout, inode
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
    if (state == listening && local.ends_with(wanted))
      found.push_back({local.substr(0, local.size() - wanted.size()), std::move(inode)});
  }
  return found;
}

constexpr char ipv4_sockets[] = "/proc/self/net/tcp";
constexpr char ipv6_sockets[] = "/proc/self/net/tcp6";

std::set<std::string> sockets_listening_on(port host) {
  std::set<std::string> inodes;
  for (char const* table : {ipv4_sockets, ipv6_sockets})
    for (listening_socket const& one : listening_on(host, table)) inodes.insert("socket:[" + one.inode + "]");
  return inodes;
}

std::string as_the_kernel_writes(asio::ip::address const& address) {
  std::string text;
  auto const add = [&](auto const& bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint32_t)) {
      std::uint32_t word = 0;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      text += fmt::format("{:08X}", word);
    }
  };
  if (address.is_v4())
    add(address.to_v4().to_bytes());
  else
    add(address.to_v6().to_bytes());
  return text;
}

// What listens on another address of the machine is not in the way.
bool is_listened_on(asio::ip::address const& address, port host) {
  std::string const wanted = as_the_kernel_writes(address);
  for (listening_socket const& one : listening_on(host, address.is_v4() ? ipv4_sockets : ipv6_sockets))
    if (address.is_unspecified() || one.address == wanted || one.address.find_first_not_of('0') == std::string::npos)
      return true;
  return false;
}

bool machine_has_ipv6() {
  std::ifstream addresses("/proc/self/net/if_inet6");
  std::string first;
  return static_cast<bool>(addresses >> first);
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
                                    "higher host_port, give the service CAP_NET_BIND_SERVICE, or let "
                                    "krane-front.service hold the ports (KRANE_FRONT=unit)",
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

// 0, or why it cannot be opened.
int open_for_a_moment(asio::ip::address const& ip, port host, bool ipv6_only, port_opener who) {
  asio::ip::tcp::endpoint const where(ip, host);
  int const fd = socket(where.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  // As HAProxy opens it: connections of the past that linger do not count.
  int const on = 1;
  int const only = ipv6_only ? 1 : 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (ip.is_v6()) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  int const bound = bind(fd, where.data(), static_cast<socklen_t>(where.size()));
  int const why = bound == 0 ? 0 : errno;
  close(fd);
  if (why == EACCES && who == port_opener::privileged) return is_listened_on(ip, host) ? EADDRINUSE : 0;
  return why;
}

}  // namespace

result<void> try_address(std::string const& address, port host, port_opener who) {
  boost::system::error_code ec;
  auto const ip = asio::ip::make_address(address, ec);
  if (ec) return cannot_open(address, host, EADDRNOTAVAIL);
  if (int const why = open_for_a_moment(ip, host, false, who); why != 0) return cannot_open(address, host, why);
  return {};
}

bool try_every_ipv6_address(port host, port_opener who) {
  return machine_has_ipv6() && open_for_a_moment(asio::ip::address_v6::any(), host, true, who) == 0;
}

result<void> try_host_port(std::string const& address, port host, port_opener who) {
  auto free = try_address(address, host, who);
  if (!free || address != every_ipv4_address || !machine_has_ipv6()) return free;
  int const why = open_for_a_moment(asio::ip::address_v6::any(), host, true, who);
  if (why == EADDRINUSE) return cannot_open(every_ipv6_address, host, why);
  return {};
}

std::vector<pid_t> processes_on(port host) {
  std::vector<pid_t> found;
  auto const sockets = sockets_listening_on(host);
  if (sockets.empty()) return found;
  directory const processes{opendir("/proc"), &closedir};
  while (dirent const* const entry = processes ? readdir(processes.get()) : nullptr) {
    std::string const process = entry->d_name;
    if (process.find_first_not_of("0123456789") == std::string::npos && holds_one_of(process, sockets))
      found.push_back(std::stoi(process));
  }
  return found;
}

std::string holder_of(port host) {
  for (pid_t const process : processes_on(host)) {
    std::string name;
    std::getline(std::ifstream(fmt::format("/proc/{}/comm", process)) >> std::ws, name);
    return fmt::format("{} (process {})", name.empty() ? "a program" : name, process);
  }
  return "another program";
}

}  // namespace krane
