// A row that cannot be read costs its deployment, and nothing else.
#include <gmock/gmock.h>

#include <algorithm>

#include "store/database.hpp"
#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class unreadable_rows : public store_test {
protected:
  unreadable_rows() {
    open();
    put(spec_of("good", port{9001}));
    put(spec_of("bad", port{9002}));
  }
  // While no server has it.
  void change(std::string const& sql) {
    close();
    {
      database db(folder / "state/krane.db", database::mode::open, "");
      db.execute(sql);
      db.checkpoint(database::after_checkpoint::empty_log);
    }
    open();
  }
  deployment now(std::string name) {
    auto const* const found = state->find_deployment(deployment_name{std::move(name)});
    return found == nullptr ? deployment{} : *found;
  }
  void finish(run r, run_step step, bool erases = false) {
    r.step = step;
    get(state->runs().save({.now = r,
                            .events = {},
                            .status = deployment_status::running,
                            .serving = std::optional(r.id),
                            .erase_deployment = erases}));
  }
  void expect_bad() {
    EXPECT_EQ(now("bad").status, deployment_status::unreadable);
    EXPECT_THAT(now("bad").trouble, HasSubstr("krane rm bad"));
    EXPECT_EQ(now("good").status, deployment_status::idle);
    EXPECT_EQ(accept("good").number, 1u) << "nothing else stops working";
  }
};

TEST_F(unreadable_rows, of_deployments_are_listed_as_such) {
  for (char const* const spec :
       {"'{\"name\":'", "'{}'", "'[]'", "''", "'{\"version\":99,\"name\":\"bad\"}'",
        "'{\"name\":\"other\",\"registry\":\"r\",\"image\":\"i\"}'",
        "'{\"name\":\"bad\",\"registry\":\"r\",\"image\":\"i\",\"service\":{\"init\":\"x\"}}'"}) {
    SCOPED_TRACE(spec);
    change(std::string("UPDATE deployments SET spec = ") + spec + " WHERE name = 'bad'");
    EXPECT_EQ(state->list_deployments().size(), 2u);
    EXPECT_EQ(now("bad").status, deployment_status::unreadable);
    EXPECT_THAT(now("bad").trouble, HasSubstr("krane rm bad"));
    EXPECT_EQ(now("good").status, deployment_status::idle);
    EXPECT_EQ(get_error(state->runs().accept(deployment_name{"bad"}, run_kind::deploy, {}, {}, at(1))).reason,
              "deployment_unreadable");
    EXPECT_EQ(get_error(state->deployments().put(spec_of("third", port{9002}), false, at(1))).reason, "host_port_taken")
        << "nobody knows what still uses it";
  }
  expect_bad();
}

TEST_F(unreadable_rows, can_be_replaced) {
  run const serving = accept("bad");
  finish(serving, run_step::done);
  change("UPDATE deployments SET spec = 'x' WHERE name = 'bad'");
  EXPECT_EQ(now("bad").status, deployment_status::unreadable);
  auto const again = get(state->deployments().put(spec_of("bad", port{9003}), false, at(2)));
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.now.status, deployment_status::running) << "its release serves on";
  EXPECT_EQ(again.now.serving, serving.id);
  EXPECT_THAT(now("bad").trouble, IsEmpty());
  EXPECT_EQ(accept("bad").number, 2u);
  reopen();
  EXPECT_EQ(now("bad").config, spec_of("bad", port{9003}));
}

TEST_F(unreadable_rows, with_a_status_that_nobody_knows_can_be_replaced) {
  change("UPDATE deployments SET status = 'sideways' WHERE name = 'bad'");
  expect_bad();
  EXPECT_EQ(get(state->deployments().put(spec_of("bad", port{9002}), false, at(2))).now.status,
            deployment_status::idle);
  reopen();
  EXPECT_EQ(now("bad").status, deployment_status::idle);
}

TEST_F(unreadable_rows, can_be_removed_also_over_a_restart) {
  finish(accept("bad"), run_step::done);
  change("UPDATE deployments SET spec = 'x' WHERE name = 'bad'; UPDATE runs SET body = 'y' WHERE deployment = 'bad'");
  expect_bad();
  run const removal = accept("bad", run_kind::remove);
  EXPECT_EQ(now("bad").status, deployment_status::deleting);
  reopen();
  EXPECT_EQ(now("bad").status, deployment_status::deleting);
  auto const unfinished = get(state->runs().unfinished());
  auto const found = std::ranges::find(unfinished, removal.id, &run::id);
  ASSERT_NE(found, unfinished.end());
  finish(*found, run_step::done, true);
  EXPECT_EQ(state->find_deployment(deployment_name{"bad"}), nullptr);
  EXPECT_EQ(get(state->deployments().put(spec_of("bad"), false, at(3))).now.status, deployment_status::idle);
  reopen();
  EXPECT_THAT(now("bad").trouble, IsEmpty());
}

TEST_F(unreadable_rows, of_runs_that_have_not_ended_cost_the_deployment_until_it_is_deployed_again) {
  run const lost = accept("bad");
  change("UPDATE runs SET body = '{' WHERE deployment = 'bad'");
  expect_bad();
  EXPECT_THAT(now("bad").trouble, HasSubstr("run 1"));
  EXPECT_EQ(get(state->runs().find(lost.id)), std::nullopt);
  run const next = accept("bad");
  EXPECT_EQ(now("bad").status, deployment_status::deploying);
  reopen();
  EXPECT_EQ(now("bad").status, deployment_status::deploying) << "the one before it counts as failed";
  EXPECT_EQ(get(state->runs().list(deployment_name{"bad"}, 10)).size(), 1u);
  finish(next, run_step::done);
  EXPECT_EQ(now("bad").status, deployment_status::running);
}

TEST_F(unreadable_rows, of_the_release_that_serves_cost_the_deployment) {
  finish(accept("bad"), run_step::done);
  change("UPDATE runs SET body = '{}' WHERE deployment = 'bad'");
  expect_bad();
  EXPECT_THAT(get(state->runs().serving()), IsEmpty());
  EXPECT_EQ(get_error(state->runs().accept(deployment_name{"bad"}, run_kind::stop, {}, {}, at(1))).reason,
            "deployment_unreadable");
  finish(accept("bad"), run_step::done);
  reopen();
  EXPECT_EQ(now("bad").status, deployment_status::running);
}

TEST_F(unreadable_rows, of_events_say_what_can_be_said_and_hide_no_others) {
  accept("bad");
  accept("good");
  change("UPDATE events SET spec = 'x', level = 'loud' WHERE deployment = 'bad'");
  auto const all = get(state->events().after(every_deployment, 0, 1));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what.name.str(), "bad");
  EXPECT_THAT(all[0].message, HasSubstr("accepted"));
  EXPECT_EQ(get(state->events().after(every_deployment, all[0].id, 10)).size(), 1u);
  EXPECT_EQ(now("bad").status, deployment_status::deploying) << "its own row is as it should be";
}

TEST_F(unreadable_rows, of_runs_keep_no_secret_from_being_set) {
  accept("bad");
  change("UPDATE runs SET body = '{', ended = 1 WHERE deployment = 'bad'");
  get(state->secrets().insert({"bad", "KEY", 1, {1, 2, 3}, at(1)}));
  EXPECT_EQ(get(state->secrets().insert({"bad", "KEY", 2, {1, 2, 3}, at(1)})), (std::vector<std::uint64_t>{2}));
}

// A reader of ours that takes what another refuses is a fault that costs one request.
TEST_F(unreadable_rows, are_never_written) {
  auto wanted = spec_of("good", port{9001});
  wanted.service.labels["krane.run"] = "the reader refuses such a label";
  EXPECT_EQ(get_error(state->deployments().put(wanted, false, at(1))).reason, "not_storable");
  wanted.name = deployment_name{"new"};
  wanted.host_port.reset();
  EXPECT_EQ(get_error(state->deployments().put(wanted, false, at(1))).reason, "not_storable");
  EXPECT_EQ(state->find_deployment(deployment_name{"new"}), nullptr);
  run r = accept("good");
  r.what.service.labels["krane.run"] = "x";
  EXPECT_EQ(get_error(state->runs().save({.now = r, .events = {}, .status = {}, .serving = {}})).code, errc::internal);
  reopen();
  EXPECT_EQ(now("good").status, deployment_status::deploying);
  EXPECT_EQ(get(state->runs().unfinished()).size(), 1u);
}

}  // namespace
}  // namespace krane::test
