#pragma once
// A command's results on standard output, in the form that was asked for: a table for people, JSON or YAML for
// programs, or names, one a line.
//
// Threads: the network thread.
// Failure: as terminal's writing.
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/table.hpp"
#include "cli/terminal.hpp"

namespace krane::cli {

enum class output_format { table, json, yaml, name };

// The same in all forms.
struct listing {
  boost::json::value data;         // json, yaml
  std::vector<std::string> names;  // name
  std::string text;                // table: ends with a newline
};

class output {
public:
  output(terminal& to, output_format format) : to_(to), format_(format) {}

  output_format format() const { return format_; }
  // Whether a person reads it: then, and only then, is a listing's text shown.
  bool is_table() const { return format_ == output_format::table; }
  std::string text_of(table const& rows) const { return rows.text(to_.output_width(), to_.output_style()); }
  style colours() const { return to_.output_style(); }

  void show(listing const& what);
  // One of a stream: its text as a line, a JSON object a line, a YAML document each, or its name.
  void show_one(boost::json::value const& data, std::string_view name, std::string_view text);
  // As it is, whatever the form.
  void write(std::string_view text) { to_.write_output(text); }

private:
  terminal& to_;
  output_format format_;
};

// Indented by two spaces; ends with a newline.
std::string to_pretty_json(boost::json::value const& from);

}  // namespace krane::cli
