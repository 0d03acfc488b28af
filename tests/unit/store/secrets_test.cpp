#include "base/scrubber.hpp"
#include "model/reason.hpp"
#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

class secrets_test : public store_test {
protected:
  std::vector<std::uint64_t> insert(std::string key, std::uint64_t version, std::string scope = "app") {
    return get(state->secrets().insert({std::move(scope), std::move(key), version, {1, 2, 0, 3}, at(1)}));
  }
  std::vector<std::string> rows() {
    std::vector<std::string> all;
    for (auto const& s : get(state->secrets().all()))
      all.push_back(s.scope + "/" + s.key + "/" + std::to_string(s.version) + (s.sealed.empty() ? " removed" : ""));
    return all;
  }
  run end(run r, std::map<std::string, std::uint64_t> versions) {
    r.secret_versions = std::move(versions);
    r.step = run_step::done;
    r.finished_at = at(5);
    get(state->runs().save({.now = r, .events = {}, .status = {}, .serving = r.id}));
    return r;
  }
};

using names = std::vector<std::string>;

TEST_F(secrets_test, are_kept_over_a_restart_as_the_bytes_they_were) {
  open();
  insert("db", 1);
  insert("db", 1, "");
  reopen();
  auto const all = get(state->secrets().all());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].scope, "");
  EXPECT_EQ(all[1], (sealed_secret{"app", "db", 1, {1, 2, 0, 3}, at(1)}));
}

TEST_F(secrets_test, a_new_version_takes_the_place_of_one_that_no_run_was_given) {
  open();
  insert("db", 1);
  EXPECT_EQ(insert("db", 2), (std::vector<std::uint64_t>{2}));
  insert("other", 1);
  EXPECT_EQ(rows(), (names{"app/db/2", "app/other/1"}));
}

TEST_F(secrets_test, a_version_stays_as_long_as_a_run_was_given_it) {
  open();
  put(spec_of("app"));
  insert("db", 1);
  insert("db.x", 1);
  end(accept("app"), {{"db", 1}});
  EXPECT_EQ(insert("db", 2), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(insert("db", 3), (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(insert("db.x", 2), (std::vector<std::uint64_t>{2}));
}

TEST_F(secrets_test, all_versions_stay_while_a_run_is_under_way_that_may_just_be_fixing_its_own) {
  open();
  put(spec_of("app"));
  insert("db", 1);
  auto const r = accept("app");
  EXPECT_EQ(insert("db", 2), (std::vector<std::uint64_t>{1, 2}));
  end(r, {});
  EXPECT_EQ(insert("db", 3), (std::vector<std::uint64_t>{3}));
}

TEST_F(secrets_test, the_numbers_of_a_removed_one_are_never_given_again) {
  open();
  insert("db", 4);
  get(state->secrets().erase("app", "db", at(2)));
  get(state->secrets().erase("app", "nothing", at(2)));
  EXPECT_EQ(rows(), (names{"app/db/5 removed"}));
  insert("db", 6);
  EXPECT_EQ(rows(), (names{"app/db/6"}));
}

TEST_F(secrets_test, go_with_their_deployment_in_one_commit) {
  open();
  put(spec_of("app"));
  insert("db", 1);
  insert("db", 1, "other");
  auto r = accept("app", run_kind::remove);
  EXPECT_EQ(get_error(state->secrets().insert({"app", "db", 2, {1}, at(1)})).reason, reason::deployment_deleting);
  r.step = run_step::done;
  get(state->runs().save({.now = r, .events = {}, .status = {}, .serving = {}, .erase_deployment = true}));
  EXPECT_EQ(rows(), (names{"other/db/1"}));
}

TEST_F(secrets_test, what_is_hidden_is_in_no_event_and_no_failure_that_is_kept) {
  scrubber hides;
  hides.hide({"hunter22"});
  options.hides = &hides;
  open();
  put(spec_of("app"));
  get(state->events().append({draft(spec_of("app"), "it said hunter22")}, std::nullopt));
  auto r = accept("app");
  r.step = run_step::failed;
  r.why_failed = failure{"unhealthy", "no hunter22", {}, false, {"x", "pw=hunter22"}};
  get(state->runs().save(
      {.now = r, .events = {draft(spec_of("app"), "failed: hunter22")}, .status = {}, .serving = {}}));
  EXPECT_EQ(messages("app"),
            (names{"it said ***", "Run 1 accepted: docker.io/davidcasta/docker-to-node:latest", "failed: ***"}));
  auto const kept = get(state->runs().find(r.id));
  EXPECT_EQ(kept->why_failed->message, "no ***");
  EXPECT_EQ(kept->why_failed->output, (names{"x", "pw=***"}));
}

}  // namespace
}  // namespace krane::test
