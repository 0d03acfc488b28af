// What was answered to a request is kept with what the request did, or not at all.
#include "model/reason.hpp"
#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

class answers_test : public store_test {
protected:
  static request_key key_of(std::uint8_t key, std::uint8_t what = 1) {
    request_key out;
    out.key.fill(key);
    out.what.fill(what);
    return out;
  }
  static answer_to_keep<run> id_under(std::uint8_t key) {
    return {key_of(key), [](run const& r) {
              return given_answer{.status = 202, .location = "/runs/" + r.id.str(), .body = r.id.str()};
            }};
  }
  static given_answer ok(std::string body) { return {.status = 200, .location = {}, .body = std::move(body)}; }

  std::optional<kept_answer> find(std::uint8_t key, time_point now = at(1)) {
    return get(state->answers().find(key_of(key).key, now));
  }
  result<run_store::accept_outcome> accept_under(std::uint8_t key, std::string name = "app", int second = 1) {
    return outcome(state->runs().accept(deployment_name{std::move(name)}, run_kind::deploy, {}, {}, at(second), {},
                                        id_under(key)));
  }
  std::size_t runs() { return get(state->runs().list(deployment_name{"app"}, 100)).size(); }
};

TEST_F(answers_test, an_accepted_run_and_its_answer_are_there_after_a_restart) {
  open();
  put(spec_of("app"));
  auto const accepted = accept_under(7);
  ASSERT_TRUE(accepted);
  reopen();
  auto const kept = find(7);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->under, key_of(7));
  auto const& id = accepted->accepted.id.str();
  EXPECT_EQ(kept->answer, (given_answer{.status = 202, .location = "/runs/" + id, .body = id}));
  EXPECT_FALSE(find(8));
}

TEST_F(answers_test, what_has_an_answer_is_not_carried_out_again) {
  open();
  put(spec_of("app"));
  ASSERT_TRUE(accept_under(7));
  auto const events = messages("app");
  auto const again = accept_under(7);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason, reason::request_repeated);
  EXPECT_EQ(get_error(state->runs().restore(deployment_name{"app"}, {}, {}, at(1), id_under(7))).reason,
            reason::request_repeated);
  EXPECT_EQ(runs(), 1u);
  EXPECT_EQ(messages("app"), events);
  EXPECT_TRUE(accept_under(8));
  EXPECT_EQ(runs(), 2u);
}

TEST_F(answers_test, what_is_refused_keeps_no_answer) {
  open();
  EXPECT_FALSE(accept_under(7, "nowhere"));
  EXPECT_FALSE(find(7));
}

TEST_F(answers_test, a_full_disk_keeps_neither_the_run_nor_its_answer) {
  open();
  put(spec_of("app"));
  disk.fail_from(disk_operation::write, 1, disk_fault::full);
  auto const refused = accept_under(7);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::storage_full);
  disk.heal();
  EXPECT_FALSE(find(7));
  EXPECT_EQ(runs(), 0u);
  EXPECT_TRUE(accept_under(7));
  EXPECT_TRUE(find(7));
}

TEST_F(answers_test, a_stored_deployment_is_answered_as_it_was_the_first_time) {
  open();
  answer_to_keep<deployment_store::put_outcome> const keep{
      key_of(7), [](deployment_store::put_outcome const& o) { return ok(o.created ? "created" : "updated"); }};
  EXPECT_TRUE(get(state->deployments().put(spec_of("app"), false, at(0), {}, keep)).created);
  EXPECT_EQ(get_error(state->deployments().put(spec_of("app"), false, at(0), {}, keep)).reason,
            reason::request_repeated);
  EXPECT_EQ(find(7)->answer.body, "created");
}

TEST_F(answers_test, a_cancel_is_answered_as_it_was_the_first_time) {
  open();
  put(spec_of("app"));
  auto const id = accept("app").id;
  get(state->runs().request_cancel(deployment_name{"app"}, id, at(2), id_under(7)));
  EXPECT_EQ(find(7)->answer.body, id.str());
  EXPECT_EQ(get_error(state->runs().request_cancel(deployment_name{"app"}, id, at(3), id_under(7))).reason,
            reason::request_repeated);
}

TEST_F(answers_test, they_are_kept_for_a_day_and_then_taken_away) {
  open();
  auto const day = std::chrono::seconds(answers_are_kept_for);
  get(state->answers().insert({key_of(7), ok("first")}, at(0)));
  EXPECT_EQ(find(7, at(0) + day - std::chrono::seconds{1})->answer.body, "first");
  EXPECT_FALSE(find(7, at(0) + day));
  get(state->answers().insert({key_of(8), ok("other")}, at(0) + day));
  EXPECT_FALSE(find(7, at(0))) << "it is still in the table";
  get(state->answers().insert({key_of(7), ok("second")}, at(1) + day));
  EXPECT_EQ(find(7, at(1) + day)->answer.body, "second");
}

TEST_F(answers_test, the_oldest_go_when_there_are_too_many) {
  options.keep_answers = 3;
  open();
  for (std::uint8_t i = 1; i <= 5; ++i) get(state->answers().insert({key_of(i), ok("")}, at(0)));
  reopen();
  get(state->answers().insert({key_of(6), ok("")}, at(0)));
  std::vector<int> kept;
  for (std::uint8_t i = 1; i <= 6; ++i)
    if (find(i)) kept.push_back(i);
  EXPECT_EQ(kept, (std::vector{4, 5, 6}));
}

TEST_F(answers_test, one_that_is_there_is_not_replaced) {
  open();
  get(state->answers().insert({key_of(7), ok("first")}, at(0)));
  EXPECT_EQ(get_error(state->answers().insert({key_of(7, 2), ok("second")}, at(1))).reason, reason::request_repeated);
  EXPECT_EQ(find(7)->answer.body, "first");
}

}  // namespace
}  // namespace krane::test
