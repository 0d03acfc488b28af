// Whether an image fits: tables, without a disk.
#include "runs/disk_room.hpp"

#include <gmock/gmock.h>

#include "model/reason.hpp"

namespace krane {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

remote_image image_of(std::vector<std::pair<std::string, std::uint64_t>> const& layers) {
  remote_image out;
  for (auto const& [name, bytes] : layers) {
    out.layers.push_back({"sha256:" + name, bytes});
    out.diff_ids.push_back(name);
  }
  return out;
}

TEST(disk_room, layers_that_an_image_here_begins_with_need_not_come) {
  auto const wanted = image_of({{"base", 100}, {"libs", 20}, {"app", 3}});
  struct row {
    std::vector<std::vector<std::string>> here;
    std::uint64_t missing;
    char const* what;
  };
  for (auto const& [here, missing, what] : {
           row{{}, 123, "nothing is here"},
           row{{{"base", "libs", "app"}}, 0, "all of it"},
           row{{{"base", "libs", "app", "more"}}, 0, "one that is built on it"},
           row{{{"base"}}, 23, "its base"},
           row{{{"base", "other"}, {"base", "libs", "older"}}, 3, "the longest counts"},
           row{{{"libs", "app"}}, 123, "the same layers on another base are other files"},
           row{{{"base", "app"}}, 23, "only the beginning counts"},
           row{{{}}, 123, "an image without layers"},
       })
    EXPECT_EQ(missing_bytes(wanted, here), missing) << what;
}

TEST(disk_room, a_layer_that_is_in_an_image_twice_comes_once) {
  auto wanted = image_of({{"a", 5}, {"b", 7}, {"a", 5}});
  EXPECT_EQ(total_bytes(wanted), 12U);
  EXPECT_EQ(missing_bytes(wanted, {{"a"}}), 7U);
}

TEST(disk_room, where_layers_and_their_contents_do_not_match_all_of_them_count) {
  auto wanted = image_of({{"a", 5}, {"b", 7}});
  wanted.diff_ids.pop_back();
  EXPECT_EQ(missing_bytes(wanted, {{"a"}}), 12U);
  EXPECT_EQ(missing_bytes({}, {{"a"}}), 0U);
}

TEST(disk_room, what_is_missing_must_fit_beside_the_reserve) {
  struct row {
    std::uint64_t missing, free, reserve;
    bool fits;
  };
  for (auto const& [missing, free, reserve, fits] :
       {row{10, 30, 20, true}, row{11, 30, 20, false}, row{0, 0, 20, true}, row{1, 19, 20, false},
        row{1, 20, 20, false}, row{30, 30, 0, true}, row{31, 30, 0, false}, row{~0ULL, ~0ULL, 0, true},
        row{1, 1, ~0ULL, false}})
    EXPECT_EQ(!no_room_for("web:1", missing, {"/d", free, reserve}), fits) << missing << " " << free << " " << reserve;
}

TEST(disk_room, a_refusal_has_the_numbers_and_a_way_out) {
  auto const refused = no_room_for("docker.io/a/web:1", 1536 * mib, {"/var/lib/docker", 900 * mib, 512 * mib});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, errc::storage_full);
  EXPECT_EQ(refused->reason, reason::engine_storage);
  EXPECT_EQ(refused->message,
            "docker.io/a/web:1 does not fit on the disk: 1.5 GiB of it have to be pulled, and of the 900 MiB free in "
            "/var/lib/docker a reserve of 512 MiB is kept; free some space (docker system prune), or lower the setting "
            "disk-reserve");
}

}  // namespace
}  // namespace krane
