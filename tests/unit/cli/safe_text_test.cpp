#include "cli/safe_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace krane::cli {
namespace {

using namespace std::string_literals;

struct shown_as {
  std::string written;
  std::string seen;
};

TEST(text_for_a_terminal, keeps_lines_and_colours_and_shows_what_would_act_on_the_terminal) {
  std::array const all{
      shown_as{"plain, naïve, 日本\n", "plain, naïve, 日本\n"},
      shown_as{"a\tb\n\nc", "a\tb\n\nc"},
      shown_as{"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"},
      shown_as{"\x1b[38;5;200;1mred\x1b[m", "\x1b[38;5;200;1mred\x1b[m"},
      shown_as{"\x1b[4:3mcurly\x1b[0m", "\x1b[4:3mcurly\x1b[0m"},
      // The title, the clipboard, a link.
      shown_as{"\x1b]0;owned\x07", "\\e]0;owned\\x07"},
      shown_as{"\x1b]52;c;cm0gLXJm\x07", "\\e]52;c;cm0gLXJm\\x07"},
      shown_as{"\x1b]8;;http://x\x1b\\here", "\\e]8;;http://x\\e\\here"},
      // The cursor, the screen, what the terminal would type back.
      shown_as{"\x1b[2J\x1b[1;1H", "\\e[2J\\e[1;1H"},
      shown_as{"\x1b[6n\x1b[c", "\\e[6n\\e[c"},
      shown_as{"\x1b[?1049h", "\\e[?1049h"},
      shown_as{"\x1b[A", "\\e[A"},
      shown_as{"done\rfailed\b\b", "done\\x0dfailed\\x08\\x08"},
      shown_as{"\v\f\x0e", "\\x0b\\x0c\\x0e"},
      // DCS, APC, a reset of all.
      shown_as{"\x1bP+q544e\x1b\\", "\\eP+q544e\\e\\"},
      shown_as{"\x1b_Gf=24\x1b\\", "\\e_Gf=24\\e\\"},
      shown_as{"\x1b"
               "c",
               "\\ec"},
      // No colours, though they end with an m.
      shown_as{"\x1b[>4;2m", "\\e[>4;2m"},
      shown_as{"\x1b[?4m", "\\e[?4m"},
      shown_as{"\x1b[31 m", "\\e[31 m"},
      shown_as{"\x1b[31\x1b[0m", "\\e[31\x1b[0m"},
      shown_as{"\x1b[" + std::string(100, '1') + "m", "\\e[" + std::string(100, '1') + "m"},
      // A sequence that has not ended, with the text or with its line.
      shown_as{"\x1b", "\\e"},
      shown_as{"\x1b[", "\\e["},
      shown_as{"\x1b[31", "\\e[31"},
      shown_as{"\x1b[31\nm", "\\e[31\nm"},
      // C1 controls: as UTF-8, as a byte, and cut in between.
      shown_as{"\xC2\x9B"
               "2J",
               "\\u009b2J"},
      shown_as{"\xC2\x9D"
               "0;t\xC2\x9C",
               "\\u009d0;t\\u009c"},
      shown_as{"\xC2\x85", "\\u0085"},
      shown_as{"\x9B"
               "2J",
               "\xEF\xBF\xBD"
               "2J"},
      shown_as{"\xC2", "\xEF\xBF\xBD"},
      shown_as{"\x7f", "\\x7f"},
      shown_as{"\0"s, "\\x00"},
      // What is read in another order than it is written.
      shown_as{"exe.\xE2\x80\xAEgnp", "exe.\\u202egnp"},
      shown_as{"\xE2\x81\xA6x\xE2\x81\xA9", "\\u2066x\\u2069"},
      shown_as{"e\xCC\x81 \xE2\x80\x8B", "e\xCC\x81 \xE2\x80\x8B"},
  };
  for (auto const& [written, seen] : all) {
    EXPECT_EQ(safe_for_terminal(written, text_colours::pass), seen) << printable(written);
    EXPECT_EQ(safe_for_terminal(seen, text_colours::pass), seen) << "twice is once: " << printable(written);
  }
}

TEST(text_for_a_terminal, ends_a_colour_with_the_line_that_it_is_in) {
  EXPECT_EQ(safe_for_terminal("\x1b[31mred\nplain\n", text_colours::pass), "\x1b[31mred\x1b[0m\nplain\n");
  EXPECT_EQ(safe_for_terminal("\x1b[1m\x1b[31mred", text_colours::pass), "\x1b[1m\x1b[31mred\x1b[0m");
  EXPECT_EQ(safe_for_terminal("\x1b[31mred\x1b[0m\n", text_colours::pass), "\x1b[31mred\x1b[0m\n") << "once is enough";
  EXPECT_EQ(safe_for_terminal("\x1b[0mred\x1b[0;31m\n", text_colours::pass), "\x1b[0mred\x1b[0;31m\x1b[0m\n");
}

TEST(text_for_a_terminal, has_no_colours_where_none_are_wanted) {
  EXPECT_EQ(safe_for_terminal("\x1b[31mred\x1b[0m\n\x1b[2J", text_colours::drop), "red\n\\e[2J");
  EXPECT_EQ(safe_for_terminal("\x1b\x1b[31m[2J", text_colours::drop), "\\e[2J") << "what is left makes no sequence";
}

// However the bytes are cut into writes, no terminal ever sees a sequence that acts.
TEST(text_for_a_terminal, is_safe_whatever_it_is_and_wherever_it_is_cut) {
  std::mt19937 random(1);
  std::string const parts = "\x1b\x1b[]P;:0123m\x07\n\xC2\x9B\x9D\xE2\x80\xAEx\\c";
  for (int round = 0; round < 20'000; ++round) {
    std::string written;
    for (int i = 0; i < 12; ++i) written += parts[random() % parts.size()];
    auto const at = random() % written.size();
    std::string const seen = safe_for_terminal(written.substr(0, at), text_colours::pass) +
                             safe_for_terminal(written.substr(at), text_colours::pass);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      auto const byte = static_cast<unsigned char>(seen[i]);
      if (byte == 0x1B) {
        ASSERT_EQ(seen[i + 1], '[') << printable(seen);
        ASSERT_EQ(seen[seen.find_first_not_of("0123456789;:", i + 2)], 'm') << printable(seen);
      } else {
        ASSERT_TRUE(byte == '\n' || byte >= 0x20) << printable(seen);
        ASSERT_FALSE(byte == 0xC2 && static_cast<unsigned char>(seen[i + 1]) < 0xA0) << printable(seen);
      }
    }
  }
}

TEST(printable, makes_visible_what_would_move_a_cursor) {
  EXPECT_EQ(printable("plain, naïve"), "plain, naïve");
  EXPECT_EQ(printable("a\0b\x7f\r\n\t\x1b[31m"s), "a\\x00b\\x7f\\x0d\\x0a\\x09\\e[31m");
  EXPECT_EQ(printable("bad \xff byte"), "bad \xEF\xBF\xBD byte");
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J\xE2\x80\xAE"),
            "\\u009b2J\\u202e");
}

}  // namespace
}  // namespace krane::cli
