#pragma once
// The three standard streams as they are here: which is a terminal, how wide it is, what may be asked.
//
// Whatever is written to a terminal goes through here and is made safe for it (safe_text.hpp), whoever wrote it; what
// goes to a pipe or a file is not touched.
//
// Threads: the network thread; asking blocks it.
// Failure: writing to a closed pipe ends the program as SIGPIPE does; any other failed write of a result (a full disk)
//          ends it with a sentence and exit code 1.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/contexts.hpp"
#include "cli/style.hpp"

namespace krane::cli {

class terminal {
public:
  // Colours as NO_COLOR and TERM say, and none where there is no terminal.
  explicit terminal(environment const& env);

  bool is_input() const { return input_; }
  bool is_output() const { return output_; }
  bool is_messages() const { return messages_; }
  // A person can be asked: there is a terminal to ask on and to read from.
  bool can_ask() const { return input_ && messages_; }

  // Columns of the terminal as it is now. No value: output goes elsewhere, and lines may be as long as they are.
  std::optional<std::size_t> output_width() const;
  std::optional<std::size_t> messages_width() const;

  style output_style() const { return output_style_; }
  style messages_style() const { return messages_style_; }
  void without_colours();

  void write_output(std::string_view text);
  void write_message(std::string_view text);
  // On a terminal: `text`, which is one line, in the place of the line that the cursor is in, cut to the terminal's
  // width; empty: that line is cleared. Elsewhere nothing.
  void write_in_place(std::string_view text);
  // From now on results reach a terminal as they are.
  void let_output_through() { raw_output_ = true; }

  // The answer without its line end. errc::cancelled at Ctrl-C or the end of input, as all that ask.
  result<std::string> ask(std::string_view question);
  // Without echo.
  result<std::string> ask_secret(std::string_view question);
  // "y" or "yes" in any case; everything else is no.
  result<bool> confirm(std::string_view question);

private:
  result<std::string> read_line(std::string_view question, bool echo);

  bool input_;
  bool output_;
  bool messages_;
  bool raw_output_ = false;
  style output_style_{false};
  style messages_style_{false};
};

}  // namespace krane::cli
