#include "base/json.hpp"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <string>

#include "base/utf8.hpp"

namespace krane {
namespace {

// What the SAX parser calls: builds the value, and refuses a key that its object already has.
struct handler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  boost::json::value_stack values;
  std::vector<std::set<std::string, std::less<>>> keys;
  std::string part;
  std::optional<std::string> duplicate;

  bool on_document_begin(boost::json::error_code&) { return true; }
  bool on_document_end(boost::json::error_code&) { return true; }
  bool on_object_begin(boost::json::error_code&) {
    keys.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t n, boost::json::error_code&) {
    keys.pop_back();
    values.push_object(n);
    return true;
  }
  bool on_array_begin(boost::json::error_code&) { return true; }
  bool on_array_end(std::size_t n, boost::json::error_code&) {
    values.push_array(n);
    return true;
  }
  bool on_key_part(boost::json::string_view s, std::size_t, boost::json::error_code&) {
    part.append(s.data(), s.size());
    return true;
  }
  bool on_key(boost::json::string_view s, std::size_t, boost::json::error_code& ec) {
    part.append(s.data(), s.size());
    if (!keys.back().insert(part).second) {
      duplicate = part;
      ec = boost::json::error::exception;
      return false;
    }
    values.push_key(part);
    part.clear();
    return true;
  }
  bool on_string_part(boost::json::string_view s, std::size_t, boost::json::error_code&) {
    values.push_chars(s);
    return true;
  }
  bool on_string(boost::json::string_view s, std::size_t, boost::json::error_code&) {
    values.push_string(s);
    return true;
  }
  bool on_number_part(boost::json::string_view s, boost::json::error_code&) {
    part.append(s.data(), s.size());
    return true;
  }
  bool on_int64(std::int64_t i, boost::json::string_view, boost::json::error_code&) {
    part.clear();
    values.push_int64(i);
    return true;
  }
  bool on_uint64(std::uint64_t u, boost::json::string_view, boost::json::error_code&) {
    part.clear();
    values.push_uint64(u);
    return true;
  }
  // Boost's own double may be off by its last bit, and infinite.
  bool on_double(double rough, boost::json::string_view s, boost::json::error_code& ec) {
    part.append(s.data(), s.size());
    double exact = 0;
    auto const read = std::from_chars(part.data(), part.data() + part.size(), exact);
    part.clear();
    bool const too_small = read.ec == std::errc::result_out_of_range && std::abs(rough) < 1;
    if (read.ec != std::errc{} && !too_small) {
      ec = boost::json::error::exponent_overflow;
      return false;
    }
    values.push_double(exact);
    return true;
  }
  bool on_bool(bool b, boost::json::error_code&) {
    values.push_bool(b);
    return true;
  }
  bool on_null(boost::json::error_code&) {
    values.push_null();
    return true;
  }
  bool on_comment_part(boost::json::string_view, boost::json::error_code&) { return true; }
  bool on_comment(boost::json::string_view, boost::json::error_code&) { return true; }
};

// Keys come from strangers and may be as long as the document.
std::string shortened(std::string_view key) {
  constexpr std::size_t most = 64;
  if (key.size() <= most) return std::string(key);
  return to_valid_utf8(key.substr(0, most)) + "…";
}

std::string what_is_wrong(boost::json::error_code const& ec, handler const& seen) {
  if (seen.duplicate) return fmt::format("the key \"{}\" stands twice in one object", shortened(*seen.duplicate));
  if (ec == boost::json::error::too_deep) return "it is nested too deeply";
  if (ec == boost::json::error::incomplete) return "it ends too early";
  if (ec == boost::json::error::exponent_overflow) return "a number in it is too large";
  if (ec == boost::json::error::extra_data) return "something follows the document";
  return ec.message();
}

// Letters inserted, left out, replaced, or two neighbours exchanged.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_above(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(two_above, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

result<boost::json::value> parse_json(std::string_view text, json_limits limits) {
  if (text.size() > limits.max_bytes)
    return make_error(errc::too_large,
                      fmt::format("the JSON is {} bytes long; at most {} are taken", text.size(), limits.max_bytes));
  boost::json::parse_options options;
  options.max_depth = limits.max_depth;
  boost::json::basic_parser<handler> parser(options);
  boost::json::error_code ec;
  parser.handler().values.reset();
  std::size_t const taken = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && taken < text.size()) ec = boost::json::error::extra_data;
  if (ec) {
    return make_error(errc::malformed,
                      fmt::format("this is not JSON: {} (at byte {})", what_is_wrong(ec, parser.handler()), taken));
  }
  return parser.handler().values.release();
}

std::string_view nearest(std::string_view word, std::vector<std::string_view> const& candidates) {
  // Longer words are no typing errors, and the distance costs length × length.
  if (word.size() > 64) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (std::string_view candidate : candidates) {
    std::size_t const distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

namespace json_detail {

char const* kind_name(boost::json::value const& v) {
  switch (v.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "true or false";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      return "a number";
    case boost::json::kind::string:
      return "a string";
    case boost::json::kind::array:
      return "a list";
    case boost::json::kind::object:
      return "an object";
  }
  return "something else";
}

std::string member_path(std::string const& parent, std::string_view key) {
  return parent.empty() ? shortened(key) : fmt::format("{}.{}", parent, shortened(key));
}

std::string element_path(std::string const& parent, std::size_t index) {
  return fmt::format("{}[{}]", parent, index);
}

std::string unknown_key_text(std::string_view key, std::vector<std::string_view> const& known) {
  std::string_view const meant = nearest(key, known);
  return meant.empty() ? "is not a known field" : fmt::format("is not a known field; was \"{}\" meant?", meant);
}

}  // namespace json_detail
}  // namespace krane
