#pragma once
// Makes text from containers, the server, the engine or a file safe to show on a terminal. A sequence that would move
// the cursor, set the title, write to the clipboard or reverse the order of letters is shown instead of carried out:
// "\e]52;c;…", "\x07", "\u009b", "\u202e".
//
// Threads: any.
#include <string>
#include <string_view>

namespace krane::cli {

enum class text_colours { pass, drop };

// What may be written to a terminal: lines and tabs stay, and colours (ESC [ … m, with numbers alone in between) pass
// or are left out. A colour that is still on where its line ends is ended there. Twice is the same as once.
std::string safe_for_terminal(std::string_view text, text_colours colours);

// Of one line, and without colours: line ends, tabs and colours are shown as well.
std::string printable(std::string_view text);

}  // namespace krane::cli
