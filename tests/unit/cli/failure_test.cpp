#include "cli/failure.hpp"

#include <gtest/gtest.h>

#include "client/reason.hpp"

namespace krane::cli {
namespace {

TEST(an_exit_code, tells_what_kind_of_failure_it_was) {
  EXPECT_EQ(exit_code_of(usage_error("typed wrongly")), exit_code::usage);
  EXPECT_EQ(exit_code_of(make_error(errc::not_found, "no such thing")), exit_code::not_found);
  EXPECT_EQ(exit_code_of(make_error(errc::unauthorized, "no token")), exit_code::not_allowed);
  EXPECT_EQ(exit_code_of(make_error(errc::forbidden, "not for you")), exit_code::not_allowed);
  EXPECT_EQ(exit_code_of(make_error(errc::conflict, "taken")), exit_code::conflict);
  EXPECT_EQ(exit_code_of(make_error(errc::precondition_failed, "it is there")), exit_code::conflict);
  EXPECT_EQ(exit_code_of(make_error(errc::timed_out, "too long")), exit_code::timed_out);
  EXPECT_EQ(exit_code_of(make_error(errc::cancelled, "interrupted")), exit_code::interrupted);
  EXPECT_EQ(exit_code_of(make_error(errc::invalid, "a wrong field")), exit_code::failed);
  EXPECT_EQ(exit_code_of(make_error(errc::unavailable, client::reason::unreachable, "down")), exit_code::unreachable);
  EXPECT_EQ(exit_code_of(make_error(errc::unavailable, client::reason::tls_failed, "tls")), exit_code::unreachable);
  EXPECT_EQ(exit_code_of(make_error(errc::unavailable, "engine_unavailable", "reached")), exit_code::failed)
      << "a server that answers was reached";
}

TEST(a_failure, is_a_sentence_and_a_next_step) {
  target const to{.endpoint = "http://host:8080", .token = {}, .context = {}, .expires_at = {}};
  EXPECT_EQ(
      failure_text(make_error(errc::unauthorized, client::reason::not_logged_in, "the session is over"), &to, false),
      "krane: the session is over\n  next: krane login http://host:8080");
  EXPECT_EQ(failure_text(make_error(errc::unavailable, client::reason::unreachable, "nobody answers"), &to, false),
            "krane: nobody answers\n  next: krane doctor");
  EXPECT_EQ(failure_text(make_error(errc::conflict, "web runs already"), nullptr, false), "krane: web runs already");
}

TEST(a_failure, of_many_faults_names_each) {
  auto const why = make_error({{"config.image", "is missing"}, {"config.host_prot", "is not known"}});
  EXPECT_EQ(failure_text(why, nullptr, false),
            "krane: config.image is missing (and 1 more, see details)\n"
            "  config.image: is missing\n"
            "  config.host_prot: is not known");
}

TEST(a_failure, does_not_obey_what_a_server_wrote) {
  EXPECT_EQ(failure_text(make_error(errc::conflict, "a\x1b[2J\nb"), nullptr, true),
            "krane: a\\e[2J\\x0ab\n  reason: conflict");
}

}  // namespace
}  // namespace krane::cli
