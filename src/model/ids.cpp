#include "model/ids.hpp"

#include <string>

#include "base/random.hpp"

namespace krane {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

result<deployment_name> parse_deployment_name(std::string_view text) {
  auto wrong = [](std::string why) { return make_error(errc::invalid, std::move(why)); };
  if (text.empty()) return wrong("must not be empty");
  if (text.size() > 63) return wrong("must not be longer than 63 characters");
  for (char c : text)
    if (!is_letter_or_digit(c) && c != '-' && c != '_')
      return wrong("may only hold lower-case letters, digits, '-' and '_'");
  if (!is_letter_or_digit(text.front()) || !is_letter_or_digit(text.back()))
    return wrong("must begin and end with a lower-case letter or a digit");
  return deployment_name{std::string(text)};
}

run_id make_run_id() {
  return run_id{random_hex(4)};
}

}  // namespace krane
