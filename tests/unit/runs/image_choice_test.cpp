// Which images may go: tables, without an engine.
#include "runs/image_choice.hpp"

#include <gmock/gmock.h>

namespace krane {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Releases of one deployment from its oldest on: image "1" of release 1, and so on; the last good one serves.
struct history {
  explicit history(std::string image_name = "krane-test/web") : name(std::move(image_name)) {}

  history& add(std::string image, bool fetched = true, run_step step = run_step::done) {
    run r;
    r.number = all.newest_first.size() + 1;
    r.id = run_id{name + std::to_string(r.number)};
    r.what.registry = "docker.io";
    r.what.image = name;
    r.tag = "t" + image;
    r.step = step;
    r.fetched = fetched;
    r.image = image_id{std::move(image)};
    if (step == run_step::done) all.serving = r.id;
    all.newest_first.insert(all.newest_first.begin(), std::move(r));
    return *this;
  }

  std::string name;
  kept_releases all;
};

image_summary here(std::string id, std::vector<std::string> tags = {}, std::vector<std::string> digests = {}) {
  return {image_id{std::move(id)}, std::move(tags), std::move(digests), 1};
}

std::vector<image_summary> all_here(std::vector<std::string> const& ids) {
  std::vector<image_summary> out;
  for (auto const& id : ids) out.push_back(here(id, {"krane-test/web:t" + id}, {"krane-test/web@sha256:" + id}));
  return out;
}

std::vector<std::string> removable(std::vector<kept_releases> const& all, std::vector<image_summary> const& images,
                                   std::size_t keep, std::set<image_id> const& used = {}) {
  std::vector<std::string> out;
  for (auto const& one : removable_images(all, images, used, keep)) out.push_back(one.id.str());
  return out;
}

TEST(image_choice, images_of_old_releases_go_and_of_the_newest_stay) {
  auto const h = history().add("1").add("2").add("3").add("4");
  auto const images = all_here({"1", "2", "3", "4"});
  EXPECT_THAT(removable({h.all}, images, 1), ElementsAre("1", "2", "3"));
  EXPECT_THAT(removable({h.all}, images, 3), ElementsAre("1"));
  EXPECT_THAT(removable({h.all}, images, 9), IsEmpty());
}

TEST(image_choice, an_image_that_was_there_before_stays) {
  auto const h = history().add("1", false).add("2").add("3");
  EXPECT_THAT(removable({h.all}, all_here({"1", "2", "3", "stranger"}), 1), ElementsAre("2"));
}

TEST(image_choice, an_image_that_any_deployment_needs_stays) {
  auto const one = history().add("1").add("2").add("3");
  auto const other = history().add("1", false);
  EXPECT_THAT(removable({one.all, other.all}, all_here({"1", "2", "3"}), 1), ElementsAre("2"));
}

TEST(image_choice, failed_releases_do_not_count_and_their_images_stay_as_long_as_their_neighbours) {
  auto const h = history().add("1").add("2").add("3", true, run_step::failed).add("4").add("5", true, run_step::failed);
  auto const images = all_here({"1", "2", "3", "4", "5"});
  EXPECT_THAT(removable({h.all}, images, 1), ElementsAre("1", "2", "3"));
  EXPECT_THAT(removable({h.all}, images, 2), ElementsAre("1"));
}

TEST(image_choice, what_serves_and_what_is_under_way_stays_however_old) {
  auto h = history().add("1").add("2", true, run_step::pulled).add("3").add("4");
  h.all.serving = h.all.newest_first.back().id;
  EXPECT_THAT(removable({h.all}, all_here({"1", "2", "3", "4"}), 1), ElementsAre("3"));
}

TEST(image_choice, what_a_container_uses_stays) {
  auto const h = history().add("1").add("2").add("3");
  EXPECT_THAT(removable({h.all}, all_here({"1", "2", "3"}), 1, {image_id{"1"}}), ElementsAre("2"));
}

std::vector<std::string> names_to_take(std::vector<kept_releases> const& all, image_summary const& image) {
  auto const found = removable_images(all, {image}, {}, 1);
  return found.empty() ? std::vector<std::string>{} : found.front().names;
}

TEST(image_choice, only_the_names_that_krane_brought_go) {
  auto const h = history().add("1").add("2").add("3");
  EXPECT_THAT(names_to_take({h.all}, here("1", {"krane-test/web:t1", "mine:keep"}, {"krane-test/web@sha256:1"})),
              ElementsAre("docker.io/krane-test/web:t1", "docker.io/krane-test/web@sha256:1"));
  EXPECT_THAT(names_to_take({h.all}, here("2", {"krane-test/web:mine"}, {"krane-test/web@sha256:2"})), IsEmpty())
      << "the digest is that of the name that is not ours";
  EXPECT_THAT(
      names_to_take({h.all}, here("2", {"krane-test/web:t2", "krane-test/web:mine"}, {"krane-test/web@sha256:2"})),
      ElementsAre("docker.io/krane-test/web:t2"));
  EXPECT_THAT(names_to_take({h.all}, here("1", {}, {"krane-test/web@sha256:1", "other/web@sha256:1"})),
              ElementsAre("docker.io/krane-test/web@sha256:1"));
  EXPECT_THAT(names_to_take({h.all}, here("1")), IsEmpty()) << "it has no name, so it goes by its id";
  EXPECT_THAT(removable({h.all}, {here("1")}, 1), ElementsAre("1"));
}

TEST(image_choice, a_name_that_krane_gave_an_image_that_was_here_goes_and_the_image_stays) {
  auto h = history().add("1", false).add("2", false).add("3");
  h.all.newest_first[2].brought = {"docker.io/krane-test/web:t1"};
  EXPECT_THAT(names_to_take({h.all}, here("1", {"built:here", "krane-test/web:t1"}, {"krane-test/web@sha256:1"})),
              ElementsAre("docker.io/krane-test/web:t1"));
  EXPECT_THAT(names_to_take({h.all}, here("1", {"built:here"})), IsEmpty()) << "that name is gone already";
  EXPECT_THAT(names_to_take({h.all}, here("2", {"krane-test/web:t2"})), IsEmpty());
}

TEST(image_choice, what_a_deployment_that_leaves_had_goes_unless_another_needs_it) {
  auto one = history().add("1").add("2");
  one.all.leaving = true;
  auto const other = history().add("2", false);
  EXPECT_THAT(removable({one.all, other.all}, all_here({"1", "2"}), 5), ElementsAre("1"));
}

TEST(image_choice, a_pull_brings_the_names_that_the_image_did_not_have) {
  std::vector<std::string> const names{"docker.io/krane-test/web:t1", "docker.io/krane-test/web@sha256:1"};
  EXPECT_THAT(brought_names(names, image_id{"1"}, {}, {}), ElementsAre(names[0], names[1]));
  EXPECT_THAT(brought_names(names, image_id{"1"}, {here("1", {"built:here"})}, {}), ElementsAre(names[0], names[1]));
  EXPECT_THAT(brought_names(names, image_id{"1"}, {here("1", {"krane-test/web:t1"})}, {}), ElementsAre(names[1]));
  auto const h = history().add("1");
  EXPECT_THAT(brought_names(names, image_id{"1"}, {here("1", {"krane-test/web:t1"})}, {h.all}),
              ElementsAre(names[0], names[1]))
      << "an earlier run brought that one";
}

TEST(image_choice, names_that_the_tag_has_left_go_by_their_digest) {
  auto const h = history().add("1").add("2").add("3");
  EXPECT_THAT(removable({h.all}, {here("1", {}, {"krane-test/web@sha256:1"})}, 1), ElementsAre("1"))
      << "its tag has moved on";
}

TEST(image_choice, names_are_compared_as_the_engine_writes_them) {
  auto const h = history("library/nginx").add("1").add("2");
  EXPECT_THAT(removable({h.all}, {here("1", {"nginx:t1"}, {"nginx@sha256:1"})}, 1), ElementsAre("1"));
}

TEST(image_choice, an_image_that_was_fetched_twice_is_one) {
  auto const h = history().add("1").add("2").add("1").add("3");
  EXPECT_THAT(removable({h.all}, all_here({"1", "2", "3"}), 1), UnorderedElementsAre("1", "2"));
  EXPECT_THAT(removable({h.all}, all_here({"1", "2", "3"}), 2), ElementsAre("2"));
}

}  // namespace
}  // namespace krane
