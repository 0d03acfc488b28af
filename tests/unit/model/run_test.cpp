#include "model/run.hpp"

#include <gtest/gtest.h>

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

namespace krane {
namespace {

time_point at(char const* text) {
  return *parse_rfc3339(text);
}

run sample() {
  run r;
  r.id = run_id{"9ca24de8"};
  r.number = 7;
  r.what = *make_spec({.name = "docker-to-node",
                       .registry = {},
                       .image = "davidcasta/docker-to-node",
                       .tag = {},
                       .container_port = "8080",
                       .host_port = "9002"});
  r.tag = "next";
  r.order = run_order::stop_first;
  r.step = run_step::failed;
  r.image = image_id{"sha256:7177"};
  r.repo_digest = "sha256:d1d1";
  r.fetched = true;
  r.brought = {"docker.io/davidcasta/docker-to-node:next"};
  r.volumes = {{.name = "docker-to-node_data", .target = "/data"},
               {.name = "docker-to-node_-x.2", .target = "/x", .replica = 1, .of_image = true, .mounted = false}};
  r.with_volumes = true;
  r.restores = 3;
  r.secret_versions = {{"KEY", 2}};
  r.containers = {container_id{"3891"}, container_id{}, container_id{"3892"}};
  r.replica = 2;
  r.had_replicas = 1;
  r.keeps = run_id{"0123abcd"};
  r.acts_on = run_id{"01d01d01"};
  r.was_stopped = true;
  r.replaced = {container_id{"aaaa"}, container_id{"bbbb"}};
  r.old_was_stopped = true;
  r.cancel_requested = true;
  r.attempt = 3;
  r.why_failed = failure{.reason = "container_exited",
                         .message = "it stopped",
                         .exit_code = 137,
                         .oom_killed = true,
                         .output = {"one", "two \"quoted\"", ""}};
  r.accepted_at = at("2020-05-27T21:53:02.123456Z");
  r.updated_at = at("2020-05-27T21:53:03Z");
  r.finished_at = at("2020-05-27T21:53:04Z");
  return r;
}

TEST(run, names_its_container_after_deployment_and_id) {
  auto r = sample();
  EXPECT_EQ(r.container_name(), "docker-to-node-01d01d01") << "that of the run that it acts on";
  r.acts_on.reset();
  EXPECT_EQ(r.container_name(), "docker-to-node-9ca24de8");
}

TEST(run, pulls_the_tag_it_was_asked_for) {
  EXPECT_EQ(sample().image_name().text(), "docker.io/davidcasta/docker-to-node:next");
  auto r = sample();
  r.tag.clear();
  EXPECT_EQ(r.image_name().text(), "docker.io/davidcasta/docker-to-node:latest");
}

TEST(is_end, knows_the_four_ends) {
  std::size_t ends = 0;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<run_step>>(
      [&](auto one) { ends += is_end(one.value); });
  EXPECT_EQ(ends, 4U);
  EXPECT_TRUE(is_end(run_step::done));
  EXPECT_TRUE(is_end(run_step::failed));
  EXPECT_TRUE(is_end(run_step::superseded));
  EXPECT_TRUE(is_end(run_step::cancelled));
}

TEST(stored_run, comes_back_as_it_was) {
  EXPECT_EQ(*run_from_stored(to_stored(sample())), sample());
}

TEST(stored_run, comes_back_as_it_was_with_nothing_optional_in_it) {
  run r;
  r.id = run_id{"00000000"};
  r.what = sample().what;
  EXPECT_EQ(*run_from_stored(to_stored(r)), r);
}

TEST(stored_run, keeps_every_step) {
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<run_step>>([](auto one) {
    auto r = sample();
    r.step = one.value;
    auto const back = run_from_stored(to_stored(r));
    ASSERT_TRUE(back) << one.name;
    EXPECT_EQ(back->step, r.step);
  });
}

TEST(stored_run, can_be_read_back_whatever_bytes_a_container_printed) {
  auto r = sample();
  r.why_failed->output = {"\xFF\xFE raw", std::string("nul \0 inside", 12), "\xC3"};
  auto const back = run_from_stored(to_stored(r));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->why_failed->output, (std::vector<std::string>{"\xEF\xBF\xBD\xEF\xBF\xBD raw",
                                                                std::string("nul \0 inside", 12), "\xEF\xBF\xBD"}));
}

TEST(stored_run, is_refused_when_damaged_or_of_a_newer_version) {
  auto const good = to_stored(sample());
  auto newer = good;
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":2");
  auto unknown_step = good;
  unknown_step.replace(unknown_step.find("\"failed\""), 8, "\"melted\"");
  for (auto const& bad : {std::string("{}"), good.substr(0, good.size() / 2), newer, unknown_step}) {
    auto const kept = run_from_stored(bad);
    ASSERT_FALSE(kept) << bad;
    EXPECT_EQ(kept.error().reason, "store_damaged");
  }
}

}  // namespace
}  // namespace krane
