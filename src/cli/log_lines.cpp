#include "cli/log_lines.hpp"

#include <fmt/format.h>
#include <regex.h>

#include <array>
#include <boost/json/object.hpp>

namespace krane::cli {

struct line_pattern::compiled {
  compiled() = default;
  ~compiled() { regfree(&expression); }
  compiled(compiled const&) = delete;
  regex_t expression{};
};

result<line_pattern> line_pattern::parse(std::string const& text) {
  auto made = std::make_shared<compiled>();
  int const failed = regcomp(&made->expression, text.c_str(), REG_EXTENDED | REG_NOSUB);
  if (failed == 0) return line_pattern(std::move(made));
  std::array<char, 128> why{};
  regerror(failed, &made->expression, why.data(), why.size());
  return make_error(errc::invalid, why.data());
}

bool line_pattern::matches(std::string const& line) const {
  return regexec(&compiled_->expression, line.c_str(), 0, nullptr, 0) == 0;
}

void log_printer::print(log_line const& line) {
  if (how_.pattern && !how_.pattern->matches(line.text)) return;
  constexpr std::array colours{colour::cyan, colour::yellow, colour::magenta, colour::green, colour::blue};
  auto const number = order_.try_emplace(line.container, order_.size()).first->second;
  std::string text;
  if (to_.is_table()) {
    if (how_.names) text += to_.colours().paint(line.container + " | ", colours[number % colours.size()]);
    if (how_.timestamps && !line.time.empty()) text += to_.colours().paint(line.time, colour::grey) + " ";
    text += line.text;
  }
  boost::json::object data;
  data["container"] = line.container;
  data["time"] = line.time;
  data["line"] = line.text;
  to_.show_one(data, line.text, text);
}

}  // namespace krane::cli
