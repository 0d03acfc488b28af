#include "model/field_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/json.hpp"
#include "model/byte_size.hpp"
#include "model/duration.hpp"

namespace krane {
namespace {

using json_detail::element_path;
using json_detail::member_path;
using kind = written_value::kind;

// No value: a quote is not closed.
std::optional<std::vector<std::string>> shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    bool const escapes = c == '\\' && quote != '\'' && i + 1 < text.size() &&
                         (quote == 0 || text[i + 1] == '"' || text[i + 1] == '\\' || text[i + 1] == '$');
    if (escapes) {
      word += text[++i];
      in_word = true;
    } else if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (std::exchange(in_word, false)) words.push_back(std::exchange(word, {}));
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return std::nullopt;
  if (in_word) words.push_back(word);
  return words;
}

}  // namespace

void field_reader::add(std::string const& path, std::string what) {
  faults_.push_back({path, std::move(what)});
}

void field_reader::wanted(std::string const& path, std::string_view what, written_value const& got) {
  add(path, fmt::format("wants {}, got {}", what, got.kind_name()));
}

std::string field_reader::text(written_value const& from, std::string const& path) {
  if (from.has_text()) return from.text;
  wanted(path, "a text", from);
  return {};
}

bool field_reader::truth(written_value const& from, std::string const& path) {
  if (from.has_text() && (from.text == "true" || from.text == "false")) return from.text == "true";
  add(path, "must be true or false");
  return false;
}

std::int64_t field_reader::number(written_value const& from, std::string const& path, std::int64_t lowest,
                                  std::int64_t highest) {
  std::int64_t value = 0;
  char const* const end = from.text.data() + from.text.size();
  auto const [at, ec] = std::from_chars(from.text.data(), end, value);
  if (from.has_text() && ec == std::errc{} && at == end && value >= lowest && value <= highest) return value;
  add(path, fmt::format("must be a whole number from {} to {}", lowest, highest));
  return lowest;
}

std::chrono::milliseconds field_reader::duration(written_value const& from, std::string const& path,
                                                 std::chrono::milliseconds lowest, std::chrono::milliseconds highest) {
  auto const read = parse_duration(from.has_text() ? from.text : std::string());
  if (!read) {
    add(path, read.error().message);
    return lowest;
  }
  if (*read >= lowest && *read <= highest) return *read;
  add(path, fmt::format("must be from {} to {}", duration_text(lowest), duration_text(highest)));
  return lowest;
}

std::uint64_t field_reader::byte_size(written_value const& from, std::string const& path) {
  auto const read = parse_byte_size(from.has_text() ? from.text : std::string());
  if (read) return *read;
  add(path, read.error().message);
  return 0;
}

std::vector<std::string> field_reader::texts(written_value const& from, std::string const& path) {
  std::vector<std::string> out;
  if (from.is != kind::list) {
    wanted(path, "a list", from);
    return out;
  }
  for (written_value const& item : from.items) out.push_back(text(item, element_path(path, out.size())));
  return out;
}

std::vector<std::string> field_reader::words(written_value const& from, std::string const& path) {
  if (!from.has_text()) return texts(from, path);
  auto words = shell_words(from.text);
  if (words) return std::move(*words);
  add(path, "has a quote that is not closed");
  return {};
}

std::map<std::string, std::string> field_reader::pairs(written_value const& from, std::string const& path) {
  std::map<std::string, std::string> out;
  if (from.is == kind::map) {
    for (written_member const& one : from.members) {
      std::string const at = member_path(path, one.key);
      if (one.key.empty() || one.key.contains('=')) add(at, "is no name: it must not be empty, nor hold \"=\"");
      out[one.key] = one.value.is == kind::nothing ? std::string() : text(one.value, at);
    }
  } else if (from.is == kind::list) {
    for (std::size_t i = 0; i < from.items.size(); ++i) {
      std::string const at = element_path(path, i);
      std::string const line = text(from.items[i], at);
      auto const equals = line.find('=');
      if (equals == 0 || equals == std::string::npos)
        add(at, "must be NAME=VALUE");
      else if (!out.emplace(line.substr(0, equals), line.substr(equals + 1)).second)
        add(at, fmt::format("names {} twice", line.substr(0, equals)));
    }
  } else {
    wanted(path, "fields, or a list of NAME=VALUE", from);
  }
  return out;
}

bool field_reader::fields(written_value const& from, std::string const& path,
                          std::initializer_list<std::string_view> known) {
  if (from.is != kind::map) {
    wanted(path, "fields", from);
    return false;
  }
  for (written_member const& one : from.members)
    if (std::ranges::find(known, one.key) == known.end())
      add(member_path(path, one.key), json_detail::unknown_key_text(one.key, std::vector(known)));
  return true;
}

}  // namespace krane
