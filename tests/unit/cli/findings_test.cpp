#include "cli/findings.hpp"

#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace krane::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

time_point const noon = *parse_rfc3339("2026-11-24T12:00:00Z");

TEST(judge_clock, takes_the_cut_second_and_the_way_into_account) {
  EXPECT_EQ(judge_clock(noon, noon, noon + 20ms).how, health::fine);
  EXPECT_EQ(judge_clock(noon, noon + 990ms, noon + 1s).how, health::fine);
  EXPECT_EQ(judge_clock(noon, noon - 3s, noon + 3s).how, health::fine);
  EXPECT_EQ(judge_clock(noon, noon + 6s, noon + 6s).how, health::fine);
}

TEST(judge_clock, says_which_of_both_is_ahead) {
  auto const ahead = judge_clock(noon + 90s, noon, noon);
  EXPECT_EQ(ahead.how, health::warning);
  EXPECT_THAT(ahead.text, HasSubstr("90 s ahead of this machine's"));
  EXPECT_FALSE(ahead.mend.empty());
  auto const behind = judge_clock(noon, noon + 61s, noon + 61s);
  EXPECT_THAT(behind.text, HasSubstr("behind this machine's"));
}

TEST(judge_version, warns_of_different_ones) {
  EXPECT_EQ(judge_version("0.1.0", "0.1.0").how, health::fine);
  auto const other = judge_version("0.1.0", "0.2.0");
  EXPECT_EQ(other.how, health::warning);
  EXPECT_THAT(other.text, HasSubstr("0.2.0"));
}

TEST(judge_disk, warns_before_it_is_full) {
  auto const of = [](std::uint64_t free) {
    return judge_disk("images", client::disk_info{"/var/lib/docker", free, 100'000'000'000})->how;
  };
  EXPECT_EQ(of(50'000'000'000), health::fine);
  EXPECT_EQ(of(900'000'000), health::warning);
  EXPECT_EQ(of(100'000'000), health::broken);
  EXPECT_FALSE(judge_disk("images", std::nullopt));
}

TEST(judge_disk, warns_when_less_than_the_reserve_is_free) {
  client::disk_info const disk{"/var/lib/docker", 5'000'000'000, 100'000'000'000};
  EXPECT_EQ(judge_disk("images", disk, 4'000'000'000)->how, health::fine);
  auto const below = *judge_disk("images", disk, 6'000'000'000);
  EXPECT_EQ(below.how, health::warning);
  EXPECT_THAT(below.text, HasSubstr("below the reserve of"));
  EXPECT_THAT(below.mend, HasSubstr("disk-reserve"));
  EXPECT_EQ(judge_disk("images", client::disk_info{"/d", 100'000'000, 1}, 6'000'000'000)->how, health::broken);
}

TEST(show_holdings, tells_what_krane_has) {
  client::system_info server;
  EXPECT_FALSE(show_holdings(server)) << "the engine does not answer";
  server.holds = client::holdings_info{2, 1, 3'000'000, 0};
  server.database_bytes = 2'000'000;
  auto const shown = *show_holdings(server);
  EXPECT_EQ(shown.how, health::fine);
  EXPECT_THAT(shown.text, HasSubstr("2 containers, 1 image that krane pulled ("));
  EXPECT_THAT(shown.text, HasSubstr("), 0 volumes, a database of "));
}

TEST(judge_deployment, has_a_line_for_what_does_not_do_what_it_should) {
  client::deployment_item one;
  one.name = "web";
  for (std::string const status : {"running", "stopped", "ended", "deploying", "idle"}) {
    one.status = status;
    EXPECT_FALSE(judge_deployment(one)) << status;
  }
  for (std::string const status : {"down", "restarting", "unhealthy"}) {
    one.status = status;
    auto const found = judge_deployment(one);
    ASSERT_TRUE(found) << status;
    EXPECT_EQ(found->what, "web");
    EXPECT_EQ(found->how, health::broken);
    EXPECT_THAT(found->text, HasSubstr("is " + status));
  }
}

TEST(judge_front, tells_how_to_look_at_one_that_is_missing) {
  client::system_info server;
  EXPECT_FALSE(judge_front(server)) << "an older server does not say it";
  server.front = "ok";
  EXPECT_EQ(judge_front(server)->how, health::fine);
  server.front = "HAProxy is not installed, so the engine publishes host ports";
  EXPECT_EQ(judge_front(server)->how, health::warning);
  server.front = "HAProxy, which holds the host ports, does not answer";
  EXPECT_EQ(judge_front(server)->how, health::broken);
  EXPECT_THAT(judge_front(server)->mend, testing::HasSubstr("systemctl status krane-front"));
}

TEST(judge_session, warns_before_it_ends) {
  EXPECT_EQ(judge_session("2026-12-24T12:00:00Z", noon, "krane login").how, health::fine);
  auto const soon = judge_session("2026-11-25T12:00:00Z", noon, "krane login http://a:1");
  EXPECT_EQ(soon.how, health::warning);
  EXPECT_EQ(soon.mend, "krane login http://a:1");
  EXPECT_EQ(judge_session("", noon, "").how, health::fine);
}

TEST(judge_system, finds_what_is_broken_and_how_to_mend_it) {
  client::system_info server;
  server.store = "ok";
  server.recovery = "ok";
  server.engine = client::engine_info{"20.10.24", "1.41"};
  server.login_keys = 1;
  EXPECT_EQ(judge_engine(server).how, health::fine);
  EXPECT_EQ(judge_store(server).how, health::fine);
  EXPECT_EQ(judge_login_keys(server).how, health::fine);
  server.engine.reset();
  server.store = "storage_full";
  server.login_keys = 0;
  for (auto const& one : {judge_engine(server), judge_store(server), judge_login_keys(server)}) {
    EXPECT_EQ(one.how, health::broken) << one.what;
    EXPECT_FALSE(one.mend.empty()) << one.what;
  }
  server.store = "ok";
  server.recovery = "under way";
  EXPECT_EQ(judge_store(server).how, health::warning);
}

TEST(list_findings, gives_each_a_line_and_names_those_that_are_not_well) {
  std::vector<finding> const all{{"server", health::fine, "answers", ""},
                                 {"engine", health::broken, "does not answer", "start it"},
                                 {"clock", health::warning, "is off", "set it"}};
  auto const listed = list_findings(all, style(false));
  EXPECT_EQ(listed.text,
            "ok   server    answers\n"
            "FAIL engine    does not answer; to mend it: start it\n"
            "warn clock     is off; to mend it: set it\n");
  EXPECT_EQ(listed.names, (std::vector<std::string>{"engine", "clock"}));
  EXPECT_EQ(listed.data.as_array().size(), 3u);
  EXPECT_EQ(listed.data.at(1).at("state"), "failed");
  EXPECT_EQ(worst_of(all), health::broken);
  EXPECT_EQ(worst_of({}), health::fine);
}

}  // namespace
}  // namespace krane::cli
