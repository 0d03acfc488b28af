#include "registry/places.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <optional>
#include <string_view>

namespace krane::oci {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view hub = "docker.io";

// "[::1]:5000", "127.0.0.1:5000", "localhost".
std::optional<ip::address> address_in(std::string const& host) {
  std::string name = host;
  if (name.starts_with('['))
    name = name.substr(1, name.find(']') - 1);
  else if (auto const colon = name.rfind(':'); colon != std::string::npos)
    name.resize(colon);
  if (name == "localhost") name = "127.0.0.1";
  boost::system::error_code ec;
  auto const address = ip::make_address(name, ec);
  return ec ? std::nullopt : std::optional(address);
}

bool is_in(ip::address const& address, std::string const& network) {
  boost::system::error_code ec;
  if (address.is_v4()) {
    auto const net = ip::make_network_v4(network, ec);
    return !ec && ip::network_v4(address.to_v4(), net.prefix_length()).canonical() == net.canonical();
  }
  auto const net = ip::make_network_v6(network, ec);
  return !ec && ip::network_v6(address.to_v6(), net.prefix_length()).canonical() == net.canonical();
}

std::string host_of(std::string const& url) {
  auto const begin = url.find("://");
  if (begin == std::string::npos) return url;
  return url.substr(begin + 3, url.find('/', begin + 3) - begin - 3);
}

bool is_loopback(std::string const& host) {
  auto const address = address_in(host);
  return address && address->is_loopback();
}

}  // namespace

bool is_insecure(std::string const& host, std::vector<std::string> const& insecure) {
  auto const address = address_in(host);
  return std::ranges::any_of(insecure,
                             [&](std::string const& one) { return one == host || (address && is_in(*address, one)); });
}

std::vector<place> places_of(image_ref const& what, pull_habits const& how) {
  std::vector<place> out;
  if (what.registry == hub) {
    for (std::string mirror : how.mirrors) {
      while (mirror.ends_with('/')) mirror.pop_back();
      if (!mirror.starts_with("https://") && !mirror.starts_with("http://")) continue;
      std::string const host = host_of(mirror);
      out.push_back({mirror, !is_insecure(host, how.insecure), is_loopback(host), true});
    }
    out.push_back({"https://registry-1.docker.io", true, false, false});
    return out;
  }
  bool const insecure = is_insecure(what.registry, how.insecure);
  bool const loopback = is_loopback(what.registry);
  out.push_back({"https://" + what.registry, !insecure, loopback, false});
  if (insecure) out.push_back({"http://" + what.registry, false, loopback, false});
  return out;
}

std::string repository_path(image_ref const& what) {
  bool const official = what.registry == hub && !what.repository.contains('/');
  return official ? "library/" + what.repository : what.repository;
}

}  // namespace krane::oci
