#pragma once
// The small grammar that HTTP's parts share: tokens, comparison without case, %-escapes.
#include <optional>
#include <string>
#include <string_view>

namespace krane::http {

// RFC 9110 "tchar".
bool is_token_char(char c);
bool is_token(std::string_view text);
// What a field's value may hold: no control byte but the tab.
bool is_field_value(std::string_view text);
bool equals_without_case(std::string_view a, std::string_view b);
std::string_view trim_blanks(std::string_view text);
// "keep-alive, Upgrade" has the token "upgrade".
bool list_has_token(std::string_view list, std::string_view token);

int hex_digit(char c);  // -1 if it is none
// Nothing for a malformed escape, for an escaped NUL, and for what is not UTF-8 then.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace krane::http
