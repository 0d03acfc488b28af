// What is said of a container that ended at once.
#include "runs/container_end.hpp"

#include <gmock/gmock.h>

#include "model/reason.hpp"

namespace krane {
namespace {

using testing::HasSubstr;
using testing::Not;

failure ended_with(int code, std::vector<std::string> output = {}, service_config service = {}) {
  container_details seen;
  seen.exit_code = code;
  probe_target const target{
      .container = {}, .container_name = "web-1", .accepts_on = {}, .network = "krane", .service = std::move(service)};
  failure why = failure_of_end(seen, target);
  why.output = std::move(output);
  tell_what_output_shows(why, target);
  return why;
}

TEST(container_end, is_a_command_that_is_not_there_by_its_exit_code) {
  EXPECT_EQ(ended_with(127).reason, reason::command_not_found);
  EXPECT_THAT(ended_with(127).message, HasSubstr("or the interpreter in its first line is not"));
  EXPECT_EQ(ended_with(126).reason, reason::command_not_found);
  EXPECT_THAT(ended_with(126).message, HasSubstr("its user may not execute it"));
}

TEST(container_end, is_a_program_for_another_machine_by_what_it_left_in_the_output) {
  for (std::string const line : {"exec /app/program: exec format error", "bash: x: cannot execute: Exec format error",
                                 "/app/program: line 1: \177ELF\x02\x01: not found"}) {
    auto const why = ended_with(1, {"begins", line});
    EXPECT_EQ(why.reason, reason::command_not_found) << line;
    EXPECT_THAT(why.message, HasSubstr("another kind of machine")) << line;
    EXPECT_EQ(why.exit_code, 1);
  }
  EXPECT_EQ(ended_with(1, {"SELF is not set"}).reason, reason::container_exited);
}

TEST(container_end, is_told_to_stay_in_the_foreground_when_it_ends_without_a_fault) {
  EXPECT_THAT(ended_with(0).message, HasSubstr("in the foreground"));
  EXPECT_THAT(ended_with(2).message, Not(HasSubstr("in the foreground")));
}

TEST(container_end, is_a_library_that_the_image_lacks) {
  for (std::string const line :
       {"/app: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file",
        "Error loading shared library libpq.so.5: No such file or directory (needed by /app)"}) {
    auto const why = ended_with(127, {line});
    EXPECT_EQ(why.reason, reason::command_not_found);
    EXPECT_THAT(why.message, HasSubstr("needs the shared library libpq.so.5, which the image lacks")) << line;
  }
}

TEST(container_end, is_as_its_restart_policy_allows) {
  container_details ended;
  ended.status = "exited";
  using kind = restart_policy::kind;
  EXPECT_FALSE(ended_as_allowed(ended, std::nullopt));
  EXPECT_FALSE(ended_as_allowed(ended, restart_policy{.is = kind::always}));
  EXPECT_TRUE(ended_as_allowed(ended, restart_policy{.is = kind::no}));
  EXPECT_TRUE(ended_as_allowed(ended, restart_policy{.is = kind::on_failure}));
  ended.exit_code = 1;
  EXPECT_TRUE(ended_as_allowed(ended, restart_policy{.is = kind::no}));
  EXPECT_FALSE(ended_as_allowed(ended, restart_policy{.is = kind::on_failure})) << "somebody stopped it";
  ended.restart_count = 2;
  EXPECT_FALSE(ended_as_allowed(ended, restart_policy{.is = kind::on_failure, .most = 3}));
  ended.restart_count = 3;
  EXPECT_TRUE(ended_as_allowed(ended, restart_policy{.is = kind::on_failure, .most = 3}));
}

TEST(container_end, is_told_of_tmpfs_only_when_its_files_are_read_only) {
  service_config read_only;
  read_only.read_only = true;
  std::vector<std::string> const output{"can't create /app/pid: Read-only file system"};
  EXPECT_THAT(ended_with(1, output, read_only).message, HasSubstr("tmpfs"));
  EXPECT_THAT(ended_with(1, output).message, Not(HasSubstr("tmpfs")));
  EXPECT_THAT(ended_with(1, {}, read_only).message, Not(HasSubstr("tmpfs")));
}

}  // namespace
}  // namespace krane
