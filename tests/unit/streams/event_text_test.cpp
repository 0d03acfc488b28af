#include "streams/event_text.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace krane {
namespace {

event documented_event() {
  event e;
  e.id = 1042;
  e.what.name = deployment_name{"docker-to-node"};
  e.what.registry = "docker.io";
  e.what.image = "davidcasta/docker-to-node";
  e.what.container_port = 8080;
  e.what.host_port = 9002;
  e.run = run_id{"9ca24de8"};
  e.phase = "pull";
  e.message = "Pulling image docker.io/davidcasta/docker-to-node:latest";
  e.at = *parse_rfc3339("2020-05-27T21:53:02.123456Z");
  return e;
}

TEST(event_text, is_the_documented_event_member_by_member) {
  EXPECT_EQ(to_event_text(documented_event()),
            R"({"Timestamp":"2020-05-27T21:53:02.123456Z",)"
            R"("Message":"Pulling image docker.io/davidcasta/docker-to-node:latest",)"
            R"("Deployment":{"Name":"docker-to-node","Config":{"Registry":"docker.io",)"
            R"("Image":"davidcasta/docker-to-node","ContainerPort":"8080","HostPort":"9002"}},)"
            R"("Id":1042,"Run":"9ca24de8","Phase":"pull","Level":"info"})");
}

TEST(event_text, leaves_unset_ports_empty_and_an_absent_run_out) {
  event e = documented_event();
  e.what.container_port.reset();
  e.what.host_port.reset();
  e.run.reset();
  auto const parsed = parse_json(to_event_text(e));
  ASSERT_TRUE(parsed);
  auto const& config = parsed->at("Deployment").at("Config");
  EXPECT_EQ(config.at("ContainerPort"), "");
  EXPECT_EQ(config.at("HostPort"), "");
  EXPECT_EQ(parsed->as_object().find("Run"), parsed->as_object().end());
}

TEST(event_text, tells_how_far_a_pull_has_come) {
  event e = documented_event();
  e.progress = transfer{12'300'000, 45'600'000};
  EXPECT_TRUE(to_event_text(e).ends_with(R"("Level":"info","Progress":{"Done":12300000,"Total":45600000}})"))
      << to_event_text(e);
}

TEST(event_text, is_valid_text_on_one_line_whatever_the_message_holds) {
  event e = documented_event();
  e.message = "bad \xFF byte\nand a line end";
  std::string const text = to_event_text(e);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  auto const parsed = parse_json(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->at("Message"), "bad \xEF\xBF\xBD byte\nand a line end");
}

}  // namespace
}  // namespace krane
