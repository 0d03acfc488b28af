#include "engine/chunk_decoder.hpp"

#include <gtest/gtest.h>

namespace krane::docker {
namespace {

TEST(chunk_decoder, decodes_however_the_bytes_are_cut) {
  std::string const all = "4\r\nWiki\r\n6;note=x\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: yes\r\n\r\n";
  for (std::size_t step = 1; step <= all.size(); ++step) {
    chunk_decoder decoder;
    std::string out;
    for (std::size_t at = 0; at < all.size(); at += step) {
      auto const taken = decoder.add(all.substr(at, step), out);
      ASSERT_TRUE(taken) << step;
      EXPECT_EQ(*taken, std::min(step, all.size() - at));
    }
    EXPECT_TRUE(decoder.done()) << step;
    EXPECT_EQ(out, "Wikipedia in \r\n\r\nchunks.") << step;
  }
}

TEST(chunk_decoder, leaves_what_follows_the_last_chunk) {
  chunk_decoder decoder;
  std::string out;
  auto const taken = decoder.add("1\r\nx\r\n0\r\n\r\nHTTP/1.1 200", out);
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, 11U);
  EXPECT_TRUE(decoder.done());
}

TEST(chunk_decoder, goes_on_for_as_many_chunks_as_there_are) {
  chunk_decoder decoder;
  std::string out;
  constexpr std::size_t chunks = 10'000;  // 50 KiB of framing
  for (std::size_t i = 0; i < chunks; ++i) ASSERT_TRUE(decoder.add("1\r\nx\r\n", out)) << i;
  EXPECT_EQ(out.size(), chunks);
}

TEST(chunk_decoder, refuses_what_is_not_chunked) {
  for (auto const* bad :
       {"x\r\n", "\r\n", "-2\r\n", "4\nWiki", "4\r\nWikiX", "fffffffffffffffff\r\n", "4\r\nWiki\r5", "0\r\n\rX"}) {
    chunk_decoder decoder;
    std::string out;
    EXPECT_FALSE(decoder.add(bad, out)) << bad;
  }
}

TEST(chunk_decoder, bounds_extensions_and_trailers) {
  chunk_decoder decoder;
  std::string out;
  EXPECT_FALSE(decoder.add("4;" + std::string(20'000, 'a'), out));
  chunk_decoder other;
  EXPECT_FALSE(other.add("0\r\n" + std::string(20'000, 'a'), out));
}

}  // namespace
}  // namespace krane::docker
