#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

using deployments_test = store_test;

TEST_F(deployments_test, a_new_one_is_created_idle_and_found_at_once) {
  open();
  auto const made = get(state->deployments().put(spec_of("app", port{9002}), false, at(3)));
  EXPECT_TRUE(made.created);
  EXPECT_EQ(made.now.status, deployment_status::idle);
  EXPECT_EQ(made.now.created_at, at(3));
  ASSERT_NE(state->find_deployment(deployment_name{"app"}), nullptr);
  EXPECT_EQ(*state->find_deployment(deployment_name{"app"}), made.now);
  EXPECT_EQ(state->find_deployment(deployment_name{"other"}), nullptr);
}

TEST_F(deployments_test, all_are_listed_in_name_order_and_survive_a_restart) {
  open();
  for (auto const* name : {"zebra", "app-2", "app", "middle"}) put(spec_of(name));
  reopen();
  std::vector<std::string> names;
  for (auto const* one : state->list_deployments()) names.push_back(one->config.name.str());
  EXPECT_EQ(names, (std::vector<std::string>{"app", "app-2", "middle", "zebra"}));
}

TEST_F(deployments_test, a_known_one_is_updated) {
  open();
  put(spec_of("app"));
  auto wanted = spec_of("app", port{9002});
  wanted.tag = "2.0";
  auto const updated = get(state->deployments().put(wanted, false, at(9)));
  EXPECT_FALSE(updated.created);
  EXPECT_EQ(updated.now.config, wanted);
  EXPECT_EQ(updated.now.created_at, at(0));
  EXPECT_EQ(updated.now.updated_at, at(9));
  reopen();
  EXPECT_EQ(*state->find_deployment(deployment_name{"app"}), updated.now);
}

TEST_F(deployments_test, the_same_spec_again_is_no_change) {
  open();
  auto const made = put(spec_of("app"));
  commits.clear();
  EXPECT_EQ(get(state->deployments().put(spec_of("app"), false, at(9))).now, made);
  EXPECT_TRUE(commits.empty());
}

TEST_F(deployments_test, create_only_refuses_a_known_name) {
  open();
  put(spec_of("app"));
  auto const why = get_error(state->deployments().put(spec_of("app"), true, at(1)));
  EXPECT_EQ(why.code, errc::precondition_failed);
  EXPECT_EQ(why.reason, "deployment_exists");
}

TEST_F(deployments_test, a_host_port_that_another_holds_is_refused_naming_the_holder) {
  open();
  put(spec_of("first", port{9002}));
  put(spec_of("second", port{9003}));
  for (auto const* name : {"third", "second"}) {
    auto const why = get_error(state->deployments().put(spec_of(name, port{9002}), false, at(1)));
    EXPECT_EQ(why.code, errc::conflict);
    EXPECT_EQ(why.reason, "host_port_taken");
    EXPECT_NE(why.message.find("first"), std::string::npos) << why.message;
    EXPECT_NE(why.message.find("9002"), std::string::npos) << why.message;
  }
  EXPECT_EQ(state->find_deployment(deployment_name{"third"}), nullptr);
  EXPECT_EQ(state->find_deployment(deployment_name{"second"})->config.host_port, port{9003});
}

TEST_F(deployments_test, a_host_port_that_was_given_up_can_be_taken) {
  open();
  put(spec_of("first", port{9002}));
  put(spec_of("first", port{9003}));
  EXPECT_EQ(put(spec_of("second", port{9002})).config.host_port, port{9002});
}

TEST_F(deployments_test, one_being_deleted_takes_no_changes_and_still_holds_its_port) {
  open();
  put(spec_of("app", port{9002}));
  accept("app", run_kind::remove);
  EXPECT_EQ(get_error(state->deployments().put(spec_of("app"), false, at(2))).reason, "deployment_deleting");
  EXPECT_EQ(get_error(state->deployments().put(spec_of("other", port{9002}), false, at(2))).reason, "host_port_taken");
}

}  // namespace
}  // namespace krane::test
