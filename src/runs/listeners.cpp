#include "runs/listeners.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>

namespace krane {
namespace {

constexpr std::string_view listening = "0A";
constexpr std::string_view bound = "07";  // of a datagram socket without a peer
constexpr std::string_view name_server = "127.0.0.11:";

bool read_hex(std::string_view text, std::uint32_t& out) {
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return ec == std::errc{} && end == text.data() + text.size();
}

// The address as the kernel writes it: words of 32 bits in the machine's own order.
std::string address_of(std::string_view hex) {
  std::array<std::uint32_t, 4> words{};
  std::size_t const count = hex.size() / 8;
  if ((count != 1 && count != 4) || hex.size() % 8 != 0) return {};
  for (std::size_t i = 0; i < count; ++i)
    if (!read_hex(hex.substr(i * 8, 8), words[i])) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  char const* const made = ::inet_ntop(count == 1 ? AF_INET : AF_INET6, words.data(), text.data(), text.size());
  if (made == nullptr) return {};
  return count == 1 ? std::string(made) : fmt::format("[{}]", made);
}

}  // namespace

std::vector<std::string> parse_listeners(std::string_view proc_net, listener_kind of) {
  bool const udp = of == listener_kind::udp;
  std::vector<std::string> out;
  std::istringstream lines{std::string(proc_net)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    if (!(words >> number >> local >> remote >> state) || state != (udp ? bound : listening)) continue;
    auto const colon = local.rfind(':');
    std::uint32_t port = 0;
    if (colon == std::string::npos || !read_hex(std::string_view(local).substr(colon + 1), port)) continue;
    std::string const address = address_of(std::string_view(local).substr(0, colon));
    if (address.empty()) continue;
    std::string one = fmt::format("{}:{}{}", address, port, udp ? "/udp" : "");
    if (!one.starts_with(name_server) && std::ranges::find(out, one) == out.end()) out.push_back(std::move(one));
  }
  return out;
}

std::optional<std::vector<std::string>> listeners_of(int pid) {
  if (pid <= 0) return std::nullopt;
  std::vector<std::string> out;
  bool seen = false;
  for (std::string const name : {"tcp", "tcp6", "udp", "udp6"}) {
    std::ifstream file(fmt::format("/proc/{}/net/{}", pid, name));
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) continue;
    seen = true;
    auto more = parse_listeners(text.str(), name.starts_with("udp") ? listener_kind::udp : listener_kind::tcp);
    out.insert(out.end(), more.begin(), more.end());
  }
  if (!seen) return std::nullopt;
  return out;
}

}  // namespace krane
