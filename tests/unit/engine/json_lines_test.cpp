#include "engine/json_lines.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace krane::docker {
namespace {

TEST(json_line_splitter, gives_complete_lines_however_the_bytes_are_cut) {
  std::string const all = "{\"a\":1}\r\n\r\n{\"b\":2}\n{\"c\":3}";
  for (std::size_t step = 1; step <= all.size(); ++step) {
    json_line_splitter splitter;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < all.size(); at += step) {
      auto more = splitter.add(all.substr(at, step));
      ASSERT_TRUE(more);
      lines.insert(lines.end(), more->begin(), more->end());
    }
    ASSERT_EQ(lines.size(), 2U) << step;
    EXPECT_EQ(lines[0], "{\"a\":1}");
    EXPECT_EQ(lines[1], "{\"b\":2}");
    EXPECT_EQ(splitter.finish(), "{\"c\":3}");
    EXPECT_EQ(splitter.finish(), "");
  }
}

TEST(json_line_splitter, refuses_a_line_without_end) {
  json_line_splitter splitter;
  std::string const part(json_line_splitter::max_line_bytes / 2, 'x');
  EXPECT_TRUE(splitter.add(part));
  EXPECT_TRUE(splitter.add(part));
  EXPECT_FALSE(splitter.add("x"));
}

}  // namespace
}  // namespace krane::docker
