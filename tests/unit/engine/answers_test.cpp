#include "engine/answers.hpp"

#include <gtest/gtest.h>

#include "model/reason.hpp"

namespace krane::docker {
namespace {

TEST(answers, a_container_is_read) {
  auto const read =
      read_container(R"({"Id": "38", "Name": "/web-1", "Image": "sha256:7", "RestartCount": 2, "Extra": [1],
    "State": {"Status": "exited", "Running": false, "OOMKilled": true, "ExitCode": 137, "Error": "no", "StartedAt": "2020-05-27T21:53:02.1Z"},
    "Config": {"Image": "docker.io/a/b:1", "Labels": {"deployment.name": "web"}, "Tty": true},
    "NetworkSettings": {"Networks": {"krane": {"IPAddress": "172.24.0.2"}, "other": null}}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id.str(), "38");
  EXPECT_EQ(read->name, "web-1");
  EXPECT_EQ(read->image, "docker.io/a/b:1");
  EXPECT_EQ(read->image_hash.str(), "sha256:7");
  EXPECT_EQ(read->marks, (labels{{"deployment.name", "web"}}));
  EXPECT_EQ(read->status, "exited");
  EXPECT_TRUE(read->oom_killed);
  EXPECT_EQ(read->exit_code, 137);
  EXPECT_EQ(read->start_error, "no");
  EXPECT_EQ(read->restart_count, 2U);
  EXPECT_EQ(read->addresses, (std::map<std::string, std::string>{{"krane", "172.24.0.2"}, {"other", ""}}));
  EXPECT_TRUE(read->tty);
}

TEST(answers, null_labels_and_networks_are_none) {
  auto const read = read_container(
      R"({"Id": "1", "Name": "/x", "Image": "i", "State": {"Status": "created"}, "Config": {"Labels": null}, "NetworkSettings": {"Networks": null}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->marks.empty());
  EXPECT_TRUE(read->addresses.empty());
}

TEST(answers, a_list_keeps_the_engines_own_objects) {
  auto const read = read_container_list(
      R"([{"Id": "1", "Names": ["/other/alias", "/web-1"], "ImageID": "sha256:7", "Labels": {"a": "b"}, "State": "running", "Whatever": {"x": 1}}])");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().name, "web-1");
  EXPECT_EQ(read->front().status, "running");
  EXPECT_EQ(read->front().json.as_object().at("Whatever").as_object().at("x").as_int64(), 1);
}

TEST(answers, what_is_no_answer_is_an_error_that_says_so) {
  for (auto const* bad : {"", "{", "[]", "{\"Id\": 5}", "null"}) {
    auto const read = read_container(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, errc::internal);
    EXPECT_EQ(read.error().reason, reason::engine_error);
  }
  EXPECT_FALSE(read_container_list("{}"));
}

TEST(answers, an_event_is_read) {
  auto const read = read_event(
      R"({"status":"die","id":"38","from":"x","Type":"container","Action":"die","Actor":{"ID":"38","Attributes":{"exitCode":"1","name":"web-1"}},"time":1590447256,"timeNano":1590447256000000001})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->action, "die");
  EXPECT_EQ(read->container.str(), "38");
  EXPECT_EQ(read->attributes.at("exitCode"), "1");
  EXPECT_EQ(read->time_ns, 1590447256000000001);
}

TEST(answers, a_message_is_one_line) {
  EXPECT_EQ(read_message(R"({"message":"no such\nthing\n"})"), "no such thing");
  EXPECT_EQ(read_message("page not found\n"), "page not found");
  EXPECT_EQ(read_message(std::string(5000, 'x')).size(), 1000U);
}

}  // namespace
}  // namespace krane::docker
