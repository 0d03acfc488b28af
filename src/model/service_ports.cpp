// Ports, as a service asks for them.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "base/json.hpp"
#include "model/service_readers.hpp"
#include "model/service_words.hpp"

namespace krane::service_readers {
namespace {

namespace json = boost::json;
using json_detail::element_path;
using json_detail::member_path;
using kind = written_value::kind;

// "[address:]host:container[/udp]"
port_mapping read_port_text(std::string text, std::string const& path, field_reader& with) {
  port_mapping out;
  if (auto const slash = text.rfind('/'); slash != std::string::npos) {
    std::string const protocol = text.substr(slash + 1);
    out.udp = protocol == "udp";
    if (protocol != "udp" && protocol != "tcp") with.add(path, "its protocol must be tcp or udp");
    text.resize(slash);
  }
  auto const last = text.rfind(':');
  if (last == std::string::npos) {
    with.add(path, "must be HOST:CONTAINER, such as 8443:443; krane picks no port of the host by itself");
    return out;
  }
  out.container = read_port(text.substr(last + 1), path, with, "container's");
  text.resize(last);
  if (auto const first = text.rfind(':'); first != std::string::npos) {
    out.address = text.substr(0, first);
    if (out.address.starts_with('[') && out.address.ends_with(']'))
      out.address = out.address.substr(1, out.address.size() - 2);
    text.erase(0, first + 1);
  }
  out.host = read_port(text, path, with, "host's");
  return out;
}

port_mapping read_port_fields(written_value const& from, std::string const& path, field_reader& with) {
  port_mapping out;
  with.fields(from, path, {"target", "published", "protocol", "host_ip", "mode"});
  auto const given = [&](char const* key) {
    auto const* found = from.find(key);
    return found == nullptr ? std::string() : with.text(*found, member_path(path, key));
  };
  out.container = read_port(given("target"), member_path(path, "target"), with, "container's");
  out.host = read_port(given("published"), member_path(path, "published"), with, "host's");
  out.address = given("host_ip");
  std::string const protocol = given("protocol");
  out.udp = protocol == "udp";
  if (!protocol.empty() && protocol != "udp" && protocol != "tcp")
    with.add(member_path(path, "protocol"), "must be tcp or udp");
  return out;
}

std::string text_of(port_mapping const& from) {
  std::string address = from.address.contains(':') ? "[" + from.address + "]" : from.address;
  return fmt::format("{}{}{}:{}{}", address, address.empty() ? "" : ":", from.host, from.container,
                     from.udp ? "/udp" : "");
}

}  // namespace

void read_ports(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  if (from.is != kind::list) return with.wanted(path, "a list such as [\"8443:443\"]", from);
  for (written_value const& item : from.items) {
    std::string const at = element_path(path, into.ports.size());
    port_mapping one =
        item.is == kind::map ? read_port_fields(item, at, with) : read_port_text(with.text(item, at), at, with);
    if (!one.address.empty() && !is_address(one.address))
      with.add(at, fmt::format("\"{}\" is no address of the host", one.address));
    for (port_mapping const& other : into.ports)
      if (other.host != 0 && other.host == one.host && other.udp == one.udp && other.address == one.address)
        with.add(at, fmt::format("publishes port {} of the host twice", one.host));
    into.ports.push_back(std::move(one));
  }
}

json::value write_ports(service_config const& from) {
  json::array out;
  for (port_mapping const& one : from.ports) out.push_back(json_of(text_of(one)));
  return out.empty() ? json::value(nullptr) : json::value(std::move(out));
}

}  // namespace krane::service_readers
