#include "engine/tar.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "support/temp_folder.hpp"

namespace krane::docker {
namespace {

TEST(tar, is_whole_blocks_and_ends_with_two_empty_ones) {
  auto const one = make_tar({{"a", std::string(512, 'x')}, {"b", "y"}});
  EXPECT_EQ(one.size(), 512u * (2 + 2 + 2));
  EXPECT_EQ(one.substr(one.size() - 1024), std::string(1024, '\0'));
  EXPECT_EQ(make_tar({}), std::string(1024, '\0'));
}

TEST(tar, names_owner_mode_and_size_are_where_ustar_has_them) {
  auto const one = make_tar({{"db_password", "hunter22"}});
  EXPECT_STREQ(one.data(), "db_password");
  EXPECT_EQ(one.substr(100, 7), "0000444");
  EXPECT_EQ(one.substr(108, 7), "0000000");
  EXPECT_EQ(one.substr(124, 11), "00000000010");
  EXPECT_EQ(one.substr(156, 1), "0");
  EXPECT_EQ(one.substr(257, 8), std::string("ustar\0"
                                            "00",
                                            8));
  EXPECT_EQ(one.substr(512, 8), "hunter22");
}

TEST(tar, the_systems_own_tar_reads_it_with_long_names_and_empty_files) {
  test::temp_folder folder;
  std::string const long_name(128, 'n');
  std::ofstream(folder / "a.tar", std::ios::binary) << make_tar({{"empty", ""}, {long_name, "long"}, {"b", "last\n"}});
  std::string const extract = "cd " + folder.path().string() + " && tar --no-same-owner -xf a.tar 2>&1";
  ASSERT_EQ(std::system(extract.c_str()), 0);
  auto const content = [&](std::string const& name) {
    std::ifstream in(folder / name, std::ios::binary);
    EXPECT_TRUE(in.good()) << name;
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  EXPECT_EQ(content("empty"), "");
  EXPECT_EQ(content(long_name), "long");
  EXPECT_EQ(content("b"), "last\n");
}

}  // namespace
}  // namespace krane::docker
