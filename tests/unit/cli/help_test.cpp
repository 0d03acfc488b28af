// Help and manual pages of all commands: what they say is kept in golden/, so that a change of it is seen; after a
// change that is meant, run the tests with KRANE_WRITE_GOLDEN=1 and look at the difference.
#include "cli/help.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "cli/families.hpp"
#include "cli/man_page.hpp"
#include "cli/text_width.hpp"
#include "support/temp_folder.hpp"

namespace krane::cli {
namespace {

constexpr char golden_folder[] = KRANE_SOURCE_FOLDER "/tests/unit/cli/golden";

std::string text_of(std::string const& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every command that people see, and none for the program itself.
std::vector<command const*> shown_commands() {
  std::vector<command const*> out{nullptr};
  for (command const& one : all_commands())
    if (!one.hidden) out.push_back(&one);
  return out;
}

std::string file_name(command const* what) {
  auto name = man_page_name(what);
  return name.substr(0, name.size() - 2) + ".txt";
}

TEST(help, says_what_it_did_before) {
  std::set<std::string> known;
  for (command const* one : shown_commands()) {
    auto const path = std::string(golden_folder) + "/" + file_name(one);
    auto const text = help_text(one, all_commands(), 80);
    if (std::getenv("KRANE_WRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
    EXPECT_EQ(text, text_of(path)) << path;
    known.insert(path);
  }
  for (auto const& file : std::filesystem::directory_iterator(golden_folder))
    EXPECT_TRUE(known.contains(file.path().string())) << file.path() << " is the help of no command";
}

TEST(help, fits_the_width_that_there_is) {
  for (command const* one : shown_commands())
    for (std::size_t const width : {60, 80, 100}) {
      std::istringstream lines(help_text(one, all_commands(), width));
      for (std::string line; std::getline(lines, line);) {
        // An example is a line to copy.
        bool const is_example = line.starts_with("  ") && line.find("krane ") != line.npos;
        if (!is_example) EXPECT_LE(display_width(line), width) << line;
      }
    }
}

TEST(help, has_a_meaning_for_everything) {
  for (command const& one : all_commands()) {
    EXPECT_FALSE(one.summary.empty()) << one.name();
    EXPECT_FALSE(one.summary.ends_with('.')) << one.name();
    for (auto const& each : one.options) EXPECT_FALSE(each.meaning.empty()) << one.name() << " --" << each.name;
    for (auto const& each : one.arguments) EXPECT_FALSE(each.meaning.empty()) << one.name() << " " << each.name;
    for (auto const& each : one.examples) EXPECT_FALSE(each.meaning.empty()) << one.name() << ": " << each.line;
  }
}

TEST(man_page, says_all_that_help_says) {
  for (command const* one : shown_commands()) {
    auto const page = man_page(one, all_commands());
    EXPECT_THAT(page, testing::StartsWith(".TH "));
    if (one == nullptr) continue;
    for (auto const& each : one->options) {
      std::string name;
      for (char c : each.name) name += c == '-' ? std::string("\\-") : std::string(1, c);
      EXPECT_THAT(page, testing::HasSubstr("\\-\\-" + name)) << one->name();
    }
  }
}

TEST(man_page, shows_characters_that_mean_something_to_roff) {
  command const odd{.path = {"odd"},
                    .summary = ".TH it's a \\ and a - and a \"",
                    .description = "'begins with a quote\n\n.begins with a dot, naïve…"};
  auto const page = man_page(&odd, {odd});
  EXPECT_THAT(page, testing::HasSubstr("\\&.TH it\\(aqs a \\e and a \\- and a \\(dq."));
  EXPECT_THAT(page, testing::HasSubstr("\n\\&.begins with a dot, na\\[u00EF]ve\\[u2026]\n"));
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) EXPECT_FALSE(line.starts_with("'")) << line;
}

TEST(man_page, is_taken_by_groff_without_a_warning) {
  if (std::system("command -v groff >/dev/null") != 0) GTEST_SKIP() << "groff is not installed";
  test::temp_folder const folder;
  for (command const* one : shown_commands()) {
    auto const page = folder / man_page_name(one);
    std::ofstream(page) << man_page(one, all_commands());
    auto const said = folder / "said";
    auto const status = std::system(("groff -man -ww -Tutf8 '" + page + "' >/dev/null 2>'" + said + "'").c_str());
    EXPECT_EQ(status, 0) << page;
    EXPECT_EQ(text_of(said), "") << page;
  }
}

}  // namespace
}  // namespace krane::cli
