// Images that do not work, each in its own way: what krane says of them has the reason, what was seen, and what to do.
#include <gmock/gmock.h>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;

struct broken {
  std::string is;      // the test's name
  std::string image;   // below krane-test/
  std::string config;  // beside it
  std::string reason;
  std::vector<std::string> says;  // all in the message
  std::string output = {};        // and this in the container's last lines
};

std::string const on_8080 = R"("container_port":"8080")";
std::string const soon = R"(,"healthcheck":{"tcp":true,"start_period":"500ms"})";

std::vector<broken> all() {
  return {
      {"that_exits_at_once_with_a_code", "crash", on_8080, "container_exited", {"exited with code 3"}, "no database"},
      {"that_is_done_at_once",
       "broken:done",
       on_8080,
       "container_exited",
       {"exited with code 0", "in the foreground"},
       "migrated 3 tables"},
      {"that_crashes_a_moment_later", "broken:loop", on_8080, "container_exited", {"code 7"}, "lost the database"},
      {"whose_command_is_not_in_it", "nothing", "", "command_not_found", {"is not in the image", "127"}},
      {"whose_command_nobody_may_execute", "broken:plain", "", "command_not_found", {"cannot be executed", "126"}},
      {"whose_interpreter_is_not_in_it", "broken:interpreter", "", "command_not_found", {"127", "interpreter"}},
      {"whose_program_is_for_another_machine",
       "broken:program",
       "",
       "command_not_found",
       {"built for another kind of machine"}},
      {"whose_program_is_for_another_machine_without_init",
       "broken:program",
       R"("init":false)",
       "command_not_found",
       {"built for another kind of machine"}},
      {"that_is_for_another_machine",
       "foreign",
       "",
       "container_exited",
       {"the image is for s390x, and this machine is "}},
      {"of_which_there_is_none_for_this_machine",
       "foreign:list",
       "",
       "image_not_found",
       {"this machine's architecture; build it"}},
      {"that_the_registry_does_not_have", "nonesuch", "", "image_not_found", {"krane-test/nonesuch"}},
      {"whose_tag_the_registry_does_not_have", "web:99", "", "image_not_found", {"krane-test/web:99"}},
      {"that_listens_on_nothing",
       "deaf",
       on_8080 + soon,
       "unhealthy",
       {"port 8080", "nothing in it listens"},
       "not listening"},
      {"that_listens_on_another_port",
       "web:1",
       R"("container_port":"3000")" + soon,
       "unhealthy",
       {"port 3000", "the app listens on [::]:8080: is container_port the right one?"}},
      {"that_listens_on_loopback_only",
       "web:1",
       on_8080 + soon + R"(,"command":"httpd -f -p 127.0.0.1:8080")",
       "unhealthy",
       {"the app listens on 127.0.0.1:8080: let it listen on 0.0.0.0"}},
      {"that_answers_500",
       "broken:status",
       on_8080 + R"(,"healthcheck":{"http":"/","start_period":"500ms"})",
       "unhealthy",
       {"GET :8080/ → 500; wanted 200–399"}},
      {"whose_own_check_fails",
       "broken:check",
       on_8080,
       "unhealthy",
       {"its own health check fails (exit code 1)", "queue is full"}},
      {"that_needs_more_memory_than_it_may_have",
       "broken:hungry",
       R"("resources":{"memory":"16M"})",
       "oom_killed",
       {"its memory limit of 16M", "resources.memory"}},
      {"that_has_no_such_user", "web:1", R"("user":"nobody2")", "not_in_image", {"nobody2", "add it to the image"}},
      {"that_writes_where_it_may_not",
       "broken:writes",
       on_8080 + R"(,"read_only":true)",
       "container_exited",
       {"exited with code 1", "read_only is set"},
       "Read-only file system"},
      {"whose_folder_is_a_file",
       "web:1",
       R"("working_dir":"/bin/busybox")",
       "not_in_image",
       {"/bin/busybox", "another working_dir"}},
      {"whose_entrypoint_is_a_folder",
       "web:1",
       R"("entrypoint":["/app"])",
       "command_not_found",
       {"cannot be executed"}},
  };
}

void PrintTo(broken const& one, std::ostream* to) {
  *to << one.is;
}

class broken_image : public on_a_real_engine, public testing::WithParamInterface<broken> {};

TEST_P(broken_image, is_told_as_what_it_is) {
  auto const& is = GetParam();
  auto const name = fresh("broken");
  auto const colon = is.image.find(':');
  std::string config = R"("image":"krane-test/)" + is.image.substr(0, colon) + '"';
  if (colon != std::string::npos) config += R"(,"tag":")" + is.image.substr(colon + 1) + '"';
  // Asked directly, a registry says more than the engine's mirror of docker.io does.
  config += R"(,"registry":")" + docker::registry() + '"';
  server().create(name, is.config.empty() ? config : config + "," + is.config);
  auto const now = server().run(name);
  EXPECT_EQ(now.at("/data/status"), "failed") << now.body;
  EXPECT_EQ(now.at("/data/containers"), "[]");
  EXPECT_EQ(now.at("/data/run/failure/reason"), is.reason) << now.at("/data/run/failure");
  for (auto const& part : is.says) EXPECT_THAT(now.at("/data/run/failure/message"), HasSubstr(part));
  if (!is.output.empty()) {
    EXPECT_THAT(now.at("/data/run/failure/output"), HasSubstr(is.output));
  }
}

INSTANTIATE_TEST_SUITE_P(an_image, broken_image, testing::ValuesIn(all()),
                         [](auto const& one) { return one.param.is; });

}  // namespace
}  // namespace krane::e2e
