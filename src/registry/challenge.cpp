#include "registry/challenge.hpp"

#include <boost/describe/class.hpp>

#include "base/json.hpp"
#include "model/reason.hpp"

namespace krane::oci {
namespace {

struct token_json {
  std::optional<std::string> token;
  std::optional<std::string> access_token;
};
BOOST_DESCRIBE_STRUCT(token_json, (), (token, access_token))

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

void skip(std::string_view& text, std::string_view what) {
  auto const first = text.find_first_not_of(what);
  text.remove_prefix(first == std::string_view::npos ? text.size() : first);
}

std::string_view take_word(std::string_view& text) {
  auto const end = std::min(text.find_first_of(" ,=\t"), text.size());
  std::string_view const word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

std::string take_value(std::string_view& text) {
  if (!text.starts_with('"')) return std::string(take_word(text));
  std::string value;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    value += text[i];
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return value;
}

// Several challenges may stand in one header: a word without "=" begins the next.
std::vector<challenge> challenges_of(std::string_view text) {
  std::vector<challenge> found;
  bool understood = false;
  while (true) {
    skip(text, " ,\t");
    if (text.empty()) return found;
    std::string const word = lower(take_word(text));
    skip(text, " \t");
    if (!text.starts_with('=')) {
      understood = word == "bearer" || word == "basic";
      if (understood) found.push_back({.bearer = word == "bearer", .realm = {}, .service = {}, .scope = {}});
      // A lone "=" or quote would never be taken.
      if (word.empty() && !text.empty()) text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(1);
    skip(text, " \t");
    std::string value = take_value(text);
    if (!understood) continue;
    if (word == "realm") found.back().realm = std::move(value);
    if (word == "service") found.back().service = std::move(value);
    if (word == "scope") found.back().scope = std::move(value);
  }
}

}  // namespace

std::optional<challenge> read_challenge(std::vector<std::string> const& headers) {
  std::optional<challenge> best;
  for (std::string const& one : headers)
    for (challenge& each : challenges_of(one))
      if (!best || (each.bearer && !best->bearer)) best = std::move(each);
  return best;
}

result<std::string> read_token(std::string_view body) {
  auto const failed =
      make_error(errc::internal, reason::registry_error, "the registry's token service does not answer with a token");
  auto const document = parse_json(body);
  if (!document) return failed;
  auto const from = decode<token_json>(*document, unknown_keys::ignore);
  if (!from) return failed;
  std::string token = from->token.value_or("");
  if (token.empty()) token = from->access_token.value_or("");
  // It becomes a header's value.
  if (token.empty() || token.find_first_of("\r\n\t ") != std::string::npos) return failed;
  return token;
}

}  // namespace krane::oci
