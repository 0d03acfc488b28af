#include "auth/authorized_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "auth/printable.hpp"

namespace krane {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::size_t max_line = 16 * 1024;
constexpr std::size_t max_warnings = 100;

error bad_line(std::string why) {
  return make_error(errc::invalid, std::move(why));
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

std::string_view take_word(std::string_view& text) {
  auto const word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  skip_blanks(text);
  return word;
}

result<authorized_key> parse_line(std::string_view line) {
  if (line.size() > max_line) return bad_line(fmt::format("it is longer than {} characters", max_line));
  if (line.find('\0') != std::string_view::npos) return bad_line("it holds a zero byte");

  key_options options;
  std::string_view rest = line;
  if (!is_ssh_key_type(rest.substr(0, rest.find_first_of(blanks)))) {
    auto const length = options_length(rest);
    if (!length) return bad_line("a quote in its options does not end");
    auto parsed = parse_key_options(rest.substr(0, *length));
    rest.remove_prefix(*length);
    skip_blanks(rest);
    // Text that is no key at all is told as that, not as an option.
    if (!is_ssh_key_type(rest.substr(0, rest.find_first_of(blanks)))) return bad_line("there is no key in it");
    if (!parsed) return parsed.error();
    options = std::move(*parsed);
  }
  auto const type = take_word(rest);
  auto const blob = decode_base64(take_word(rest));
  if (!blob || blob->empty()) return bad_line("the key is not valid base64");
  auto key = public_key::parse(type, *blob);
  if (!key) return key.error();
  while (!rest.empty() && blanks.find(rest.back()) != std::string_view::npos) rest.remove_suffix(1);
  return authorized_key{std::move(*key), std::move(options), printable(rest), 0};
}

}  // namespace

bool key_list::holds(std::string_view fingerprint, time_point now) const {
  return std::ranges::any_of(keys, [&](authorized_key const& one) {
    return one.key.fingerprint() == fingerprint && (!one.options.expires_at || now < *one.options.expires_at);
  });
}

key_list parse_authorized_keys(std::string_view text) {
  key_list all;
  auto warn = [&](std::size_t line, std::string_view why) {
    if (all.warnings.size() < max_warnings) all.warnings.push_back(fmt::format("line {}: {}", line, printable(why)));
    if (all.warnings.size() == max_warnings) all.warnings.push_back("and more lines like these");
  };
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto const end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    skip_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    if (all.keys.size() == key_list::max_keys) {
      warn(number,
           fmt::format("only the first {} keys are taken; this line and those after it are not", key_list::max_keys));
      break;
    }
    auto key = parse_line(line);
    if (!key) {
      warn(number, key.error().message);
      continue;
    }
    key->line = number;
    if (key->options.from && key->options.from->has_names())
      warn(number, "from= holds a host name; names are not looked up, so it matches nothing");
    all.keys.push_back(std::move(*key));
  }
  return all;
}

}  // namespace krane
