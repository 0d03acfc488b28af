// Which release is meant by "the one before".
#include "model/release.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

// A deployment's runs, each done unless said otherwise, and the way they are listed.
class runs_of_web {
public:
  run& add(char const* tag, char const* image = nullptr) {
    run r;
    r.number = all_.size() + 1;
    r.id = run_id{"run" + std::to_string(r.number)};
    r.what = *make_spec({.name = "web", .image = "krane-test/web"});
    r.tag = tag;
    r.step = run_step::done;
    r.image = image_id{std::string("sha256:") + (image == nullptr ? tag : image)};
    all_.push_back(std::move(r));
    return all_.back();
  }

  // The number; 0: none.
  std::uint64_t before(std::uint64_t serving) const {
    auto const found = release_before({all_.rbegin(), all_.rend()}, run_id{"run" + std::to_string(serving)});
    return found ? found->number : 0;
  }

private:
  std::vector<run> all_;
};

TEST(release_before, is_the_newest_earlier_one_that_served) {
  runs_of_web web;
  web.add("v1");
  web.add("v2");
  web.add("v3").step = run_step::failed;
  web.add("v4").step = run_step::cancelled;
  web.add("v5");
  EXPECT_EQ(web.before(5), 2u);
}

TEST(release_before, is_none_where_nothing_served_before) {
  runs_of_web web;
  web.add("v1").step = run_step::failed;
  web.add("v2");
  EXPECT_EQ(web.before(2), 0u);
  EXPECT_FALSE(release_before({}, std::nullopt));
}

TEST(release_before, passes_over_the_same_content_deployed_again) {
  runs_of_web web;
  web.add("v1");
  web.add("v2");
  web.add("v2");
  web.add("v2");
  EXPECT_EQ(web.before(4), 1u);
}

TEST(release_before, sees_another_image_behind_the_same_tag) {
  runs_of_web web;
  web.add("latest", "aaaa");
  web.add("latest", "bbbb");
  EXPECT_EQ(web.before(2), 1u);
}

TEST(release_before, sees_another_version_of_a_secret) {
  runs_of_web web;
  web.add("v1").secret_versions = {{"KEY", 1}};
  web.add("v1").secret_versions = {{"KEY", 2}};
  EXPECT_EQ(web.before(2), 1u);
}

TEST(release_before, is_after_going_back_the_one_that_was_gone_back_from) {
  runs_of_web web;
  web.add("v1");
  web.add("v2");
  web.add("v3");
  web.add("v2").restores = 2;
  EXPECT_EQ(web.before(4), 3u) << "back and forth, and nothing is passed over in silence";
  web.add("v3").restores = 3;
  EXPECT_EQ(web.before(5), 4u);
}

TEST(release_before, looks_at_nothing_newer_than_what_serves) {
  runs_of_web web;
  web.add("v1");
  web.add("v2");
  web.add("v3").step = run_step::pulled;
  EXPECT_EQ(web.before(2), 1u);
}

TEST(release_before, is_never_a_removal) {
  runs_of_web web;
  web.add("v1").kind = run_kind::remove;
  web.add("v2");
  EXPECT_EQ(web.before(2), 0u);
}

TEST(release_config, has_the_tag_that_was_pulled) {
  run r;
  r.what = *make_spec({.name = "web", .image = "krane-test/web", .tag = "v1"});
  r.tag = "v2";
  EXPECT_EQ(release_config(r).tag, "v2");
  EXPECT_EQ(r.what.tag, "v1");
  r.what.tag.reset();
  r.tag = "latest";
  EXPECT_EQ(release_config(r).tag, "latest") << "what was meant is said";
}

TEST(release_config, keeps_a_digest_unless_another_tag_was_pulled) {
  std::string const digest = "sha256:" + std::string(64, 'a');
  run r;
  r.what = *make_spec({.name = "web", .image = "krane-test/web@" + digest});
  EXPECT_EQ(release_config(r), r.what);
  r.tag = "v2";
  EXPECT_EQ(release_config(r).tag, "v2");
  EXPECT_FALSE(release_config(r).digest);
}

TEST(state_of_release, says_what_became_of_it) {
  run r;
  r.id = run_id{"one"};
  auto const state = [&](run_step step, char const* serving = "other") {
    r.step = step;
    return state_of_release(r, run_id{serving});
  };
  EXPECT_EQ(state(run_step::accepted), release_state::pending);
  EXPECT_EQ(state(run_step::failing), release_state::pending);
  EXPECT_EQ(state(run_step::switched, "one"), release_state::serving);
  EXPECT_EQ(state(run_step::done, "one"), release_state::serving);
  EXPECT_EQ(state(run_step::done), release_state::served);
  EXPECT_EQ(state(run_step::failed), release_state::failed);
  EXPECT_EQ(state(run_step::cancelled), release_state::cancelled);
  EXPECT_EQ(state(run_step::superseded), release_state::superseded);
}

}  // namespace
}  // namespace krane
