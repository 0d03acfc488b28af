#include "secrets/sealing.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

constexpr master_key key{1, 2, 3};

TEST(sealing, opens_what_it_closed_and_never_closes_the_same_way_twice) {
  auto const one = seal(key, {"app", "db", 1}, "hunter22");
  auto const two = seal(key, {"app", "db", 1}, "hunter22");
  EXPECT_NE(one, two);
  EXPECT_EQ(unseal(key, {"app", "db", 1}, one), "hunter22");
  EXPECT_EQ(unseal(key, {"app", "db", 1}, two), "hunter22");
}

TEST(sealing, what_was_sealed_for_another_place_does_not_open) {
  auto const sealed = seal(key, {"app", "db", 1}, "hunter22");
  EXPECT_FALSE(unseal(key, {"app", "db", 2}, sealed));
  EXPECT_FALSE(unseal(key, {"app", "db1", 1}, sealed));
  EXPECT_FALSE(unseal(key, {"ap", "pdb", 1}, sealed));
  EXPECT_FALSE(unseal(key, {"", "db", 1}, sealed));
  EXPECT_FALSE(unseal(master_key{9}, {"app", "db", 1}, sealed));
}

TEST(sealing, bytes_that_were_changed_or_cut_do_not_open) {
  auto const sealed = seal(key, {"app", "db", 1}, "hunter22");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] ^= 1;
    EXPECT_FALSE(unseal(key, {"app", "db", 1}, changed)) << i;
    EXPECT_FALSE(unseal(key, {"app", "db", 1}, {sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(i)})) << i;
  }
}

}  // namespace
}  // namespace krane
