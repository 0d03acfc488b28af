#include "server/low_ports.hpp"

#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>

namespace krane {
namespace {

constexpr port usual_start = 1024;
constexpr int cap_net_bind_service = 10;  // of linux/capability.h

std::string content(char const* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

port lowest_port(std::string const& status, std::string const& unprivileged_start) {
  constexpr std::string_view title = "\nCapEff:\t";
  if (auto const at = status.find(title); at != std::string::npos) {
    std::uint64_t rights = 0;
    std::from_chars(status.data() + at + title.size(), status.data() + status.size(), rights, 16);
    if ((rights >> cap_net_bind_service & 1) != 0) return 1;
  }
  port start = usual_start;
  std::from_chars(unprivileged_start.data(), unprivileged_start.data() + unprivileged_start.size(), start);
  return start == 0 ? port{1} : start;
}

port lowest_port_of_this_process() {
  return lowest_port(content("/proc/self/status"), content("/proc/sys/net/ipv4/ip_unprivileged_port_start"));
}

}  // namespace krane
