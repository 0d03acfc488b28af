#include "cli/yaml_writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace krane::cli {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// What some reader of YAML 1.1 or 1.2 takes for null or a truth value.
bool is_word_of_yaml(std::string_view text) {
  constexpr std::array<std::string_view, 12> words{"null", "~",   "true", "false", "yes", "no",
                                                   "on",   "off", "y",    "n",     "<<",  "="};
  return std::ranges::find(words, lower(text)) != words.end();
}

bool is_plain_inside(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(" -_./:@+,()=;%~").find(c) != std::string_view::npos || static_cast<unsigned char>(c) >= 0x80;
}

// Plain only what begins with a letter (numbers, dates and signs begin otherwise, but for .inf and .nan) and holds
// nothing that means something.
bool is_plain(std::string_view text) {
  if (text.empty() || is_word_of_yaml(text)) return false;
  char const first = text.front();
  bool const begins_well = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '/';
  if (!begins_well || text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos) return false;
  return std::ranges::all_of(text, is_plain_inside);
}

class writer {
public:
  explicit writer(std::string& out) : out_(out) {}

  // The cursor stands behind "key:" or "-", or at the document's begin.
  void write(boost::json::value const& from, std::size_t depth, bool behind_dash) {
    if (from.is_object() && !from.get_object().empty())
      write_members(from.get_object(), depth, behind_dash);
    else if (from.is_array() && !from.get_array().empty())
      write_items(from.get_array(), depth, behind_dash);
    else
      write_scalar(from);
  }

  void write_scalar(boost::json::value const& from) {
    if (!out_.empty() && out_.back() != '\n') out_ += ' ';
    if (from.is_string())
      out_ += yaml_scalar({from.get_string().data(), from.get_string().size()});
    else
      out_ += boost::json::serialize(from);
    out_ += '\n';
  }

private:
  void begin_line(std::size_t depth, bool& behind_dash) {
    if (behind_dash) {
      out_ += ' ';
      behind_dash = false;
      return;
    }
    if (!out_.empty() && out_.back() != '\n') out_ += '\n';
    out_.append(2 * depth, ' ');
  }

  void write_members(boost::json::object const& from, std::size_t depth, bool behind_dash) {
    for (auto const& [key, value] : from) {
      begin_line(depth, behind_dash);
      out_ += yaml_scalar(key);
      out_ += ':';
      write(value, depth + 1, false);
    }
  }

  void write_items(boost::json::array const& from, std::size_t depth, bool behind_dash) {
    for (auto const& item : from) {
      begin_line(depth, behind_dash);
      out_ += '-';
      write(item, depth + 1, true);
    }
  }

  std::string& out_;
};

}  // namespace

std::string yaml_scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  // A JSON string is a YAML one.
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

std::string to_yaml(boost::json::value const& from) {
  std::string out;
  writer(out).write(from, 0, false);
  return out;
}

}  // namespace krane::cli
