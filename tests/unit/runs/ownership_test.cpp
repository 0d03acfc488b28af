// Whose a container is: its mark and its id say so, and nothing that can be copied.
#include "runs/ownership.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "model/reason.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using test::route;

class ownership : public testing::Test {
protected:
  void SetUp() override {
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  }
  bool ours(container_id const& id, labels const& marks, std::string const& name = "gone-11111111") {
    auto const its = test::run_coroutine(w.loop, is_ours(*w.state, *w.secrets, id, name, marks));
    EXPECT_TRUE(its) << its.error().message;
    return its && *its;
  }
  labels marks(std::string const& deployment, std::string const& made_by, std::uint32_t replica = 0) {
    return marked(marks_of(deployment_name{deployment}, run_id{made_by}, w.state->instance(), replica), *w.secrets);
  }
  // As 0.1.0 had it: without a mark. The id stays, since the engine's state does.
  void forget_mark(container_id const& id) { w.engine_world.change_labels(id, {{label::mark, {}}}); }
  bool is_there(container_id const& id) { return w.engine_world.container(id.str()).has_value(); }
  // Whatever is to be done has been done.
  void let_it_look(container_id const& of) {
    std::size_t const looks = w.engine_world.count(route::list);
    w.engine_world.emit(of, "start");
    ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::list) > looks; }));
    w.engine_world.emit(of, "start");
    ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::list) > looks + 1; }));
  }

  test::run_world w;
};

TEST_F(ownership, a_mark_holds_for_all_that_it_was_made_for_and_nothing_else) {
  container_id const any{"any"};
  labels const good = marks("gone", "11111111");
  EXPECT_TRUE(ours(any, good)) << "of a run that an older state does not know";
  for (auto const& [name, value] : good) {
    labels other = good;
    other[name] = value + "0";
    EXPECT_FALSE(ours(any, other)) << name;
    other.erase(name);
    EXPECT_FALSE(ours(any, other)) << "without " << name;
  }
  labels second = good;
  second[label::replica] = "2";
  EXPECT_FALSE(ours(any, second));
  EXPECT_TRUE(ours(any, marks("gone", "11111111", 1), "gone-11111111-2"));
  EXPECT_FALSE(ours(any, good, "another-name")) << "nobody but who copied it has it under another name";
  EXPECT_FALSE(ours(any, {}));
}

TEST_F(ownership, a_copy_of_one_whose_id_is_known_is_a_strangers) {
  w.put();
  run const r = w.deploy();
  auto const real = w.engine_world.containers().at(0);
  EXPECT_TRUE(ours(real.id, real.marks, "renamed"));
  EXPECT_FALSE(ours(container_id{"another"}, real.marks, real.name));
  EXPECT_EQ(real.marks.at(label::mark).size(), 64u);
}

TEST_F(ownership, a_container_of_an_older_krane_is_known_by_its_id) {
  w.put();
  w.deploy();
  auto const real = w.engine_world.containers().at(0);
  labels plain = real.marks;
  plain.erase(label::mark);
  EXPECT_TRUE(ours(real.id, plain));
  EXPECT_FALSE(ours(container_id{"another"}, plain, real.name));
  plain[label::mark] = "made with a key that is lost";
  EXPECT_TRUE(ours(real.id, plain));
}

TEST_F(ownership, a_strangers_container_with_labels_and_name_of_ours_is_left_alone) {
  w.put();
  run const r = w.deploy();
  auto const real = w.engine_world.containers().at(0);
  labels copied = real.marks;
  copied[label::run] = "22222222";
  w.engine_world.engine_has("x:1");
  auto const stranger = w.engine_world.add_container("app-22222222", "x:1", copied);
  labels unmarked = copied;
  unmarked[label::run] = "44444444";
  unmarked.erase(label::mark);
  auto const plain = w.engine_world.add_container("app-44444444", "x:1", unmarked);
  auto const twin = w.engine_world.add_container("app-twin", "x:1", real.marks);
  let_it_look(real.id);
  EXPECT_EQ(w.deploy("app", "v2").step, run_step::done);
  auto accepted = test::run_coroutine(w.loop, w.service->remove(deployment_name{"app"}));
  ASSERT_TRUE(accepted);
  EXPECT_EQ(w.end_of(*accepted).step, run_step::done);
  EXPECT_TRUE(is_there(plain));
  EXPECT_TRUE(is_there(stranger));
  EXPECT_TRUE(is_there(twin));
  EXPECT_EQ(w.engine_world.container(stranger.str())->status, "running");
  EXPECT_FALSE(is_there(real.id));
}

TEST_F(ownership, what_a_newer_state_made_is_ended_and_removed) {
  w.engine_world.engine_has("x:1");
  auto const left = w.engine_world.add_container("app-33333333", "x:1", marks("app", "33333333"));
  EXPECT_TRUE(w.eventually([&] { return !is_there(left); }));
  EXPECT_EQ(w.engine_world.count(route::stop), 1u) << "asked to end";
}

TEST_F(ownership, one_that_was_renamed_by_hand_serves_on_and_gives_way_to_its_successor) {
  w.put();
  run const first = w.deploy();
  auto const id = *first.container();
  w.engine_world.rename(id, "my-favourite");
  let_it_look(id);
  EXPECT_EQ(w.engine_world.containers().size(), 1u) << "there is no other in its place";
  w.engine_world.exit_container(id, 1);
  EXPECT_TRUE(w.eventually([&] { return w.engine_world.container(id.str())->status == "running"; }));
  EXPECT_TRUE(w.eventually(
      [&] { return w.events.back().message == "Container my-favourite was not running and is started again"; }));
  run const second = w.deploy("app", "v2");
  EXPECT_EQ(second.step, run_step::done) << (second.why_failed ? second.why_failed->message : "");
  EXPECT_FALSE(is_there(id));
  w.expect_only_serving();
}

TEST_F(ownership, of_containers_of_an_older_krane_survives_the_upgrade) {
  w.put();
  run const first = w.deploy();
  auto const id = *first.container();
  w.close();
  forget_mark(id);
  std::filesystem::remove(w.folder / "marks.key");
  w.open();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  w.expect_only_serving();
  EXPECT_EQ(w.engine_world.containers()[0].id, id);
  EXPECT_EQ(w.deploy("app", "v2").step, run_step::done);
  EXPECT_FALSE(is_there(id));
  w.expect_only_serving();
}

}  // namespace
}  // namespace krane
