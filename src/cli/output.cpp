#include "cli/output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "cli/yaml_writer.hpp"

namespace krane::cli {
namespace {

void append_pretty(std::string& out, boost::json::value const& from, std::size_t depth) {
  auto const line = [&](std::size_t at) { out.append("\n").append(2 * at, ' '); };
  if (from.is_object() && !from.get_object().empty()) {
    char before = '{';
    for (auto const& [key, value] : from.get_object()) {
      out += before;
      line(depth + 1);
      out += boost::json::serialize(boost::json::value(key)) + ": ";
      append_pretty(out, value, depth + 1);
      before = ',';
    }
    line(depth);
    out += '}';
  } else if (from.is_array() && !from.get_array().empty()) {
    char before = '[';
    for (auto const& value : from.get_array()) {
      out += before;
      line(depth + 1);
      append_pretty(out, value, depth + 1);
      before = ',';
    }
    line(depth);
    out += ']';
  } else {
    out += boost::json::serialize(from);
  }
}

}  // namespace

std::string to_pretty_json(boost::json::value const& from) {
  std::string out;
  append_pretty(out, from, 0);
  return out + "\n";
}

void output::show(listing const& what) {
  switch (format_) {
    case output_format::table:
      return write(what.text);
    case output_format::json:
      return write(to_pretty_json(what.data));
    case output_format::yaml:
      return write(to_yaml(what.data));
    case output_format::name: {
      std::string lines;
      for (std::string const& name : what.names) lines += name + "\n";
      return write(lines);
    }
  }
  std::unreachable();
}

void output::show_one(boost::json::value const& data, std::string_view name, std::string_view text) {
  switch (format_) {
    case output_format::table:
      return write(std::string(text) + "\n");
    case output_format::json:
      return write(boost::json::serialize(data) + "\n");
    case output_format::yaml:
      return write("---\n" + to_yaml(data));
    case output_format::name:
      return write(std::string(name) + "\n");
  }
  std::unreachable();
}

}  // namespace krane::cli
