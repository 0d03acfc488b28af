#include <limits>

#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

class events_test : public store_test {
protected:
  deployment_name const app{"app"};
  void append(std::string message) { get(state->events().append({draft(spec_of("app"), std::move(message))}, {})); }
};

TEST_F(events_test, they_come_back_as_they_were_in_order) {
  open();
  put(spec_of("app"));
  auto written = draft(spec_of("app", port{9002}), "died with 137", at(4));
  written.level = event_level::error;
  written.run = run_id{"0123abcd"};
  written.progress = transfer{12, 34'000'000'000};
  get(state->events().append({written, draft(spec_of("app"), "second")}, deployment_status::down));
  reopen();
  auto const all = get(state->events().after(app, 0, 10));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].what, written.what);
  EXPECT_EQ(all[0].run, written.run);
  EXPECT_EQ(all[0].phase, written.phase);
  EXPECT_EQ(all[0].level, written.level);
  EXPECT_EQ(all[0].message, written.message);
  EXPECT_EQ(all[0].at, written.at);
  EXPECT_EQ(all[0].progress, written.progress);
  EXPECT_EQ(all[1].progress, std::nullopt);
  EXPECT_LT(all[0].id, all[1].id);
  EXPECT_EQ(state->last_event_id(), all[1].id);
  EXPECT_EQ(state->find_deployment(app)->status, deployment_status::down);
}

TEST_F(events_test, pages_begin_after_an_id_or_end_with_the_last) {
  open();
  put(spec_of("app"));
  put(spec_of("other"));
  for (int i = 0; i < 10; ++i) {
    append(std::to_string(i));
    get(state->events().append({draft(spec_of("other"), "noise")}, {}));
  }
  auto const page = get(state->events().after(app, 0, 4));
  ASSERT_EQ(page.size(), 4u);
  EXPECT_EQ(page.back().message, "3");
  EXPECT_EQ(get(state->events().after(app, page.back().id, 1)).at(0).message, "4");
  auto const tail = get(state->events().latest(app, 2));
  ASSERT_EQ(tail.size(), 2u);
  EXPECT_EQ(tail[0].message, "8");
  EXPECT_EQ(tail[1].message, "9");
  EXPECT_TRUE(get(state->events().after(app, std::numeric_limits<std::uint64_t>::max(), 10)).empty());
}

TEST_F(events_test, of_all_deployments_are_in_the_order_in_which_they_happened) {
  open();
  put(spec_of("app"));
  put(spec_of("other"));
  append("one");
  get(state->events().append({draft(spec_of("other"), "two")}, {}));
  append("three");
  auto const all = get(state->events().after(every_deployment, 0, 10));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].message, "two");
  EXPECT_EQ(all[1].what.name.str(), "other");
  EXPECT_EQ(get(state->events().after(every_deployment, all[0].id, 1)).at(0).message, "two");
  auto const tail = get(state->events().latest(every_deployment, 2));
  ASSERT_EQ(tail.size(), 2u);
  EXPECT_EQ(tail[0].message, "two");
  EXPECT_EQ(tail[1].message, "three");
}

TEST_F(events_test, are_found_by_time_rather_one_too_many_than_one_too_few) {
  open();
  put(spec_of("app"));
  EXPECT_EQ(get(state->events().last_before(at(0))), 0u);
  for (int const second : {1, 5, 4, 7}) get(state->events().append({draft(spec_of("app"), "m", at(second))}, {}));
  EXPECT_EQ(get(state->events().last_before(at(0))), 0u);
  EXPECT_EQ(get(state->events().last_before(at(5))), 1u);
  EXPECT_EQ(get(state->events().last_before(at(6))), 3u);
  EXPECT_EQ(get(state->events().last_before(at(8))), 4u);
}

TEST_F(events_test, those_of_a_deployment_that_is_gone_are_refused) {
  open();
  EXPECT_EQ(get_error(state->events().append({draft(spec_of("app"), "late")}, {})).code, errc::not_found);
  EXPECT_EQ(state->last_event_id(), 0u);
}

TEST_F(events_test, the_oldest_go_when_there_are_too_many_and_ids_are_never_given_again) {
  options.keep_events = 5;
  open();
  put(spec_of("app"));
  for (int i = 0; i < 20; ++i) append(std::to_string(i));
  EXPECT_EQ(messages("app"), (std::vector<std::string>{"15", "16", "17", "18", "19"}));
  auto const pruned = [&] { return get(state->events().pruned_up_to(app)); };
  EXPECT_EQ(pruned(), 15u);
  put(spec_of("other"));
  EXPECT_EQ(get(state->events().pruned_up_to(every_deployment)), 15u);
  reopen();
  EXPECT_EQ(pruned(), 15u);
  append("20");
  EXPECT_EQ(state->last_event_id(), 21u);
  EXPECT_EQ(messages("app").front(), "16");
}

TEST_F(events_test, a_message_of_any_bytes_is_kept_as_valid_utf8) {
  open();
  put(spec_of("app"));
  append(std::string("bad \xff and \0 zero", 16));
  EXPECT_EQ(messages("app").at(0), std::string("bad \xef\xbf\xbd and \0 zero", 18));
}

}  // namespace
}  // namespace krane::test
