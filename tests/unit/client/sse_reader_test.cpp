#include "client/sse_reader.hpp"

#include <gtest/gtest.h>

namespace krane::client {
namespace {

std::vector<sse_event> read(std::string_view text, std::size_t piece) {
  sse_reader reader;
  std::vector<sse_event> all;
  while (!text.empty()) {
    auto events = reader.feed(text.substr(0, piece));
    EXPECT_TRUE(events);
    for (auto& one : *events) all.push_back(std::move(one));
    text.remove_prefix(std::min(piece, text.size()));
  }
  return all;
}

TEST(sse_reader, reads_the_same_events_however_they_are_cut) {
  std::string_view const text =
      "\xEF\xBB\xBF: ping\n\nid: 1\ndata: one\n\nid:2\r\nevent: restart\r\ndata:two\r\ndata\r\ndata:  three\r\n\r\n"
      "data: four\r\rretry: 5\nnonsense\n\nevent: end\n\nid: 9\n\ndata: unfinished";
  std::vector<sse_event> const wanted{
      {"", "1", "one"}, {"restart", "2", "two\n\n three"}, {"", "", "four"}, {"end", "", ""}};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) EXPECT_EQ(read(text, piece), wanted) << piece;
}

TEST(sse_reader, gives_each_event_its_own_id_only) {
  std::vector<sse_event> const wanted{{"", "7", "a"}, {"", "", "b"}};
  EXPECT_EQ(read("id: 7\ndata: a\n\ndata: b\n\n", 100), wanted);
}

TEST(sse_reader, keeps_an_empty_line_of_output) {
  std::vector<sse_event> const wanted{{"", "1", ""}};
  EXPECT_EQ(read("id: 1\ndata: \n\n", 100), wanted);
}

TEST(sse_reader, refuses_an_event_without_an_end) {
  sse_reader reader;
  std::string const much(sse_reader::max_event_bytes / 4, 'x');
  bool refused = false;
  for (int i = 0; i < 6 && !refused; ++i) refused = !reader.feed("data: " + much + "\n");
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace krane::client
