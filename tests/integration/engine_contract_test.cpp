// What krane relies on in an engine, tried on the scripted one and on a real one alike, so that the scripted one stays
// honest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <functional>

#include "engine_contract.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::backend;
using test::engine_contract;
using test::image;
using test::mark;
using test::run_coroutine;

INSTANTIATE_TEST_SUITE_P(of, engine_contract, testing::Values(backend::scripted, backend::docker),
                         [](auto const& info) { return info.param == backend::scripted ? "scripted" : "docker"; });

TEST_P(engine_contract, it_answers_and_says_which_version_it_speaks) {
  EXPECT_TRUE(run(docker_->ping()));
  auto const version = run(docker_->version());
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_FALSE(version->version.empty());
  EXPECT_GE(version->api_version, "1.40");
  EXPECT_EQ(version->os, "linux");
}

TEST_P(engine_contract, it_says_where_it_keeps_its_things) {
  auto const folder = run(docker_->storage_folder());
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_EQ(folder->front(), '/');
}

TEST_P(engine_contract, a_pull_tells_its_progress_and_gives_the_image) {
  std::vector<std::string> seen;
  auto const pulled = run(docker_->pull(image("web", "1"), [&](pull_progress const& p) { seen.push_back(p.text); }));
  ASSERT_TRUE(pulled) << pulled.error().message;
  EXPECT_TRUE(pulled->id.str().starts_with("sha256:"));
  EXPECT_FALSE(pulled->architecture.empty());
  ASSERT_FALSE(seen.empty());
  EXPECT_TRUE(seen.front().starts_with("Pulling from")) << seen.front();

  for (auto const& by : {image("web", "1").text(), pulled->id.str()}) {
    auto const found = run(docker_->find_image(by));
    ASSERT_TRUE(found && *found) << by;
    EXPECT_EQ((*found)->id, pulled->id);
  }
}

TEST_P(engine_contract, it_says_how_it_pulls) {
  auto const how = run(docker_->habits());
  ASSERT_TRUE(how) << how.error().message;
  EXPECT_EQ(how->os, "linux");
  EXPECT_FALSE(how->architecture.empty());
  EXPECT_THAT(how->insecure, testing::Contains("127.0.0.0/8"));
}

TEST_P(engine_contract, its_images_are_listed_with_all_their_names) {
  auto const pulled = run(docker_->pull(image("web", "1"), {}));
  ASSERT_TRUE(pulled) << pulled.error().message;
  auto const all = run(docker_->list_images());
  ASSERT_TRUE(all) << all.error().message;
  auto const found = std::ranges::find(*all, pulled->id, &image_summary::id);
  ASSERT_NE(found, all->end());
  EXPECT_THAT(found->tags, testing::Contains(testing::EndsWith("krane-test/web:1")));
  EXPECT_THAT(found->repo_digests, testing::Contains(testing::HasSubstr("krane-test/web@sha256:")));
  EXPECT_GT(found->size_bytes, 0U);
}

TEST_P(engine_contract, two_tags_are_two_images) {
  auto const one = run(docker_->pull(image("web", "1"), {}));
  auto const two = run(docker_->pull(image("web", "2"), {}));
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->id, two->id);
}

TEST_P(engine_contract, an_image_that_the_registry_does_not_have_is_not_found) {
  if (world_->registry() == "docker.io")
    GTEST_SKIP() << "KRANE_TEST_REGISTRY names no registry that answers for itself";
  for (auto const& missing :
       {image("web", "no-such-tag", world_->registry()), image("no-such-thing", "1", world_->registry())}) {
    auto const pulled = run(docker_->pull(missing, {}));
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().reason, reason::image_not_found) << pulled.error().message;
  }
  EXPECT_EQ(*run(docker_->find_image(image("web", "no-such-tag").text())), std::nullopt);
}

TEST_P(engine_contract, a_registry_is_asked_for_the_digest_by_which_the_image_is_then_here) {
  auto name = image("web", "1");
  auto const digest = run(docker_->ask_registry(name));
  ASSERT_TRUE(digest) << digest.error().message;
  auto const pulled = run(docker_->pull(name, {}));
  ASSERT_TRUE(pulled) << pulled.error().message;
  name.digest = *digest;
  auto const here = run(docker_->find_image(name.text()));
  ASSERT_TRUE(here && *here) << name.text();
  EXPECT_EQ((*here)->id, pulled->id);
  EXPECT_TRUE(std::ranges::any_of(pulled->repo_digests, [&](auto const& one) { return one.ends_with("@" + *digest); }));
}

TEST_P(engine_contract, a_registry_that_is_asked_for_what_it_does_not_have_or_is_not_there_fails_as_a_pull_does) {
  if (world_->registry() != "docker.io") {
    for (auto const& missing :
         {image("web", "no-such-tag", world_->registry()), image("no-such-thing", "1", world_->registry())}) {
      auto const asked = run(docker_->ask_registry(missing));
      ASSERT_FALSE(asked);
      EXPECT_EQ(asked.error().reason, reason::image_not_found) << asked.error().message;
    }
  }
  if (auto* const scripted = world_->scripted()) scripted->registry(test::registry_does::refuse_connection);
  auto const nobody = "127.0.0.1:" + std::to_string(test::free_host_port());
  auto const asked = run(docker_->ask_registry(image("web", "1", nobody)));
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().reason, reason::registry_unreachable) << asked.error().message;
}

TEST_P(engine_contract, a_registry_that_is_not_there_is_unreachable) {
  if (auto* const scripted = world_->scripted()) scripted->registry(test::registry_does::refuse_connection, 1);
  auto const nobody = "127.0.0.1:" + std::to_string(test::free_host_port());
  auto const pulled = run(docker_->pull(image("web", "1", nobody), {}));
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().reason, reason::registry_unreachable) << pulled.error().message;
}

TEST_P(engine_contract, a_created_container_is_there_as_it_was_described) {
  auto const id = make(image("web", "1"), "a");
  auto const there = look(id);
  EXPECT_EQ(there.id, id);
  EXPECT_EQ(there.name, name("a"));
  EXPECT_EQ(there.image, image("web", "1").text());
  EXPECT_EQ(there.status, "created");
  EXPECT_FALSE(there.running);
  EXPECT_EQ(there.marks.at("what"), "a");
  EXPECT_TRUE(there.addresses.contains(network_));
  EXPECT_EQ(there.addresses.at(network_), "");
  EXPECT_FALSE(there.tty);
  auto const by_name = run(docker_->find_container(name("a")));
  ASSERT_TRUE(by_name && *by_name);
  EXPECT_EQ((*by_name)->id, id);
}

TEST_P(engine_contract, containers_are_listed_by_label_in_all_states) {
  auto const a = make(image("web", "1"), "a");
  auto const b = make(image("web", "1"), "b");
  ASSERT_TRUE(run(docker_->start_container(b)));
  auto const both = run(docker_->list_containers({{mark, own_}}));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->size(), 2U);
  auto const one = run(docker_->list_containers({{mark, own_}, {"what", "a"}}));
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(one->front().id, a);
  EXPECT_EQ(one->front().name, name("a"));
  EXPECT_EQ(one->front().status, "created");
  EXPECT_EQ(one->front().marks.at("what"), "a");
  EXPECT_FALSE(one->front().image_hash.empty());
  for (auto const* field : {"Id", "Names", "Image", "ImageID", "Command", "Created", "Ports", "Labels", "State",
                            "Status", "HostConfig", "NetworkSettings", "Mounts"})
    EXPECT_TRUE(one->front().json.as_object().contains(field)) << field;
  EXPECT_TRUE(run(docker_->list_containers({{mark, own_}, {"what", "c"}}))->empty());
  EXPECT_EQ(run(docker_->list_containers({{mark, ""}, {"what", "b"}}))->size(), 1U)
      << "a label without a value to match";
}

TEST_P(engine_contract, files_are_put_into_its_own_volume_before_it_starts_and_again) {
  ASSERT_TRUE(run(docker_->pull(image("secret", "crash"), {})));
  auto const id = run(docker_->create_container({.name = name("a"),
                                                 .image = image("secret", "crash").text(),
                                                 .marks = {{mark, own_}},
                                                 .network = network_,
                                                 .exposed = {},
                                                 .publish = {},
                                                 .environment = {{"PASSWORD", "a=b c"}},
                                                 .own_volumes = {"/run/secrets"}}));
  ASSERT_TRUE(id) << id.error().message;
  for (std::string const value : {"first", "second"}) {
    auto const put = run(docker_->put_files(*id, "/run/secrets", {{"db", value}, {std::string(99, 'n'), "long"}}));
    EXPECT_TRUE(put) << put.error().message;
  }
  EXPECT_EQ(run(docker_->put_files(*id, "/no/such/folder", {{"db", "x"}})).error().code, errc::not_found);
  EXPECT_EQ(run(docker_->put_files(container_id{"nonesuch"}, "/run/secrets", {})).error().code, errc::not_found);
  if (world_->scripted() != nullptr) {
    auto const box = world_->scripted()->container(id->str());
    EXPECT_EQ(box->environment.at("PASSWORD"), "a=b c");
    EXPECT_EQ(box->files.at("/run/secrets/db"), "second");
    return;
  }
  ASSERT_TRUE(run(docker_->start_container(*id)));
  auto stream = run(docker_->logs(*id, {.follow = true, .tail = {}, .since = {}, .timestamps = false}));
  ASSERT_TRUE(stream) << stream.error().message;
  std::string written;
  while (!written.contains(": long\n")) {
    auto const chunk = run((*stream)->next());
    if (!chunk || !*chunk) break;
    written += (*chunk)->bytes;
  }
  EXPECT_TRUE(written.contains("PASSWORD=a=b c\n")) << written;
  EXPECT_TRUE(written.contains("/run/secrets/db: second\n")) << written;
  EXPECT_TRUE(written.contains(": long\n")) << written;
}

TEST_P(engine_contract, a_volume_that_is_there_is_left_as_it_is_and_its_labels_say_whose_it_is) {
  std::string const volume = name("volume");
  EXPECT_EQ(*run(docker_->find_volume(volume)), std::nullopt);
  auto const first = run(docker_->create_volume(volume, {{mark, own_}, {"of", "first"}}));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->name, volume);
  auto const second = run(docker_->create_volume(volume, {{mark, own_}, {"of", "second"}}));
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->marks.at("of"), "first");
  auto const there = run(docker_->find_volume(volume));
  ASSERT_TRUE(there && *there);
  EXPECT_EQ((*there)->marks.at("of"), "first");
  EXPECT_EQ(*run(docker_->list_volumes({{mark, own_}})), std::vector{volume});
  EXPECT_EQ(*run(docker_->remove_volume(volume)), true);
  EXPECT_EQ(*run(docker_->find_volume(volume)), std::nullopt);
  EXPECT_EQ(*run(docker_->remove_volume(volume)), true) << "gone already";
  EXPECT_EQ(run(docker_->create_volume("../x", {})).error().code, errc::invalid);
}

TEST_P(engine_contract, a_volume_that_a_container_has_is_not_removed_and_one_of_its_own_goes_or_stays_with_it) {
  auto const of = image("box", "1");
  auto const pulled = run(docker_->pull(of, {}));
  ASSERT_TRUE(pulled) << pulled.error().message;
  EXPECT_EQ(pulled->volumes, std::vector<std::string>{"/data"});
  container_spec wanted{.name = name("a"),
                        .image = of.text(),
                        .marks = {{mark, own_}},
                        .network = network_,
                        .exposed = {},
                        .publish = {}};
  auto const own = run(docker_->create_container(wanted));
  ASSERT_TRUE(own) << own.error().message;
  ASSERT_EQ(look(*own).volumes.size(), 1U);
  volume_mount const made = look(*own).volumes.front();
  EXPECT_EQ(made.target, "/data");
  EXPECT_EQ(made.name.size(), 64U);
  wanted.name = name("b");
  wanted.further_volumes = {made};
  auto const heir = run(docker_->create_container(wanted));
  ASSERT_TRUE(heir) << heir.error().message;
  EXPECT_EQ(look(*heir).volumes, std::vector{made});
  ASSERT_TRUE(run(docker_->remove_container(*own)));
  EXPECT_TRUE(*run(docker_->find_volume(made.name))) << "another container has it, which was never started";
  EXPECT_EQ(*run(docker_->remove_volume(made.name)), false);
  ASSERT_TRUE(run(docker_->remove_container(*heir)));
  EXPECT_TRUE(*run(docker_->find_volume(made.name))) << "it was not made for that one";
  EXPECT_EQ(*run(docker_->remove_volume(made.name)), true);

  wanted.further_volumes.clear();
  auto const leaves = run(docker_->create_container(wanted));
  ASSERT_TRUE(leaves) << leaves.error().message;
  std::string const left = look(*leaves).volumes.front().name;
  ASSERT_TRUE(run(docker_->remove_container(*leaves, anonymous_volumes::stay)));
  EXPECT_TRUE(*run(docker_->find_volume(left)));
  EXPECT_EQ(*run(docker_->remove_volume(left)), true);
  auto const takes = run(docker_->create_container(wanted));
  ASSERT_TRUE(takes) << takes.error().message;
  std::string const taken = look(*takes).volumes.front().name;
  ASSERT_TRUE(run(docker_->remove_container(*takes)));
  EXPECT_EQ(*run(docker_->find_volume(taken)), std::nullopt);
}

TEST_P(engine_contract, an_image_loses_the_name_that_is_removed_and_keeps_its_others) {
  auto const of = image("web", "2");
  auto const pulled = run(docker_->pull(of, {}));
  ASSERT_TRUE(pulled) << pulled.error().message;
  std::string const other = "krane-contract/" + own_ + ":1";
  if (auto* const scripted = world_->scripted()) {
    scripted->engine_has("docker.io/" + other, {.id = pulled->id.str(), .listens = {8080}});
  } else {
    docker::http_client raw(loop_.get_executor(), *docker::parse_endpoint(world_->address()), 2s);
    auto const tagged =
        run(raw.call({.method = "POST",
                      .target = "/v1.40/images/" + pulled->id.str() + "/tag?repo=krane-contract/" + own_ + "&tag=1"}));
    ASSERT_TRUE(tagged && tagged->head.status == 201) << (tagged ? tagged->body : tagged.error().message);
  }
  EXPECT_EQ(*run(docker_->remove_image(of.text())), true);
  EXPECT_EQ(*run(docker_->find_image(of.text())), std::nullopt);
  auto const there = run(docker_->find_image("docker.io/" + other));
  ASSERT_TRUE(there && *there);
  EXPECT_EQ((*there)->id, pulled->id);
  EXPECT_EQ(*run(docker_->remove_image("docker.io/" + other)), true);
}

TEST_P(engine_contract, a_name_is_given_once) {
  make(image("web", "1"), "a");
  auto const again = run(docker_->create_container({.name = name("a"),
                                                    .image = image("web", "1").text(),
                                                    .marks = {{mark, own_}},
                                                    .network = network_,
                                                    .exposed = {},
                                                    .publish = {}}));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::conflict);
  EXPECT_EQ(again.error().reason, reason::name_conflict);
}

coroutine<void> create_into(engine& docker, container_spec what, std::vector<result<container_id>>& all) {
  all.push_back(co_await docker.create_container(std::move(what)));
}

coroutine<void> remove_into(engine& docker, container_id id, std::vector<result<void>>& all) {
  all.push_back(co_await docker.remove_container(std::move(id)));
}

coroutine<void> ensure_into(engine& docker, std::string name, std::vector<result<network_details>>& all) {
  all.push_back(co_await docker.ensure_network(std::move(name)));
}

TEST_P(engine_contract, of_many_creates_of_one_name_one_wins) {
  ASSERT_TRUE(run(docker_->pull(image("web", "1"), {})));
  std::vector<result<container_id>> all;
  container_spec const wanted{.name = name("a"),
                              .image = image("web", "1").text(),
                              .marks = {{mark, own_}},
                              .network = network_,
                              .exposed = {},
                              .publish = {}};
  for (int i = 0; i < 8; ++i) asio::co_spawn(loop_, create_into(*docker_, wanted, all), asio::detached);
  ASSERT_TRUE(eventually([&] { return all.size() == 8; }));
  EXPECT_EQ(std::ranges::count_if(all, [](auto const& one) { return static_cast<bool>(one); }), 1);
  for (auto const& one : all)
    if (!one) EXPECT_EQ(one.error().reason, reason::name_conflict) << one.error().message;
}

TEST_P(engine_contract, all_who_remove_one_container_succeed_when_it_is_gone) {
  auto const id = make(image("sleep", "latest"), "a");
  ASSERT_TRUE(run(docker_->start_container(id)));
  std::vector<result<void>> all;
  for (int i = 0; i < 4; ++i) asio::co_spawn(loop_, remove_into(*docker_, id, all), asio::detached);
  ASSERT_TRUE(eventually([&] { return all.size() == 4; }));
  for (auto const& one : all) EXPECT_TRUE(one) << one.error().message;
  EXPECT_EQ(*run(docker_->find_container(id.str())), std::nullopt);
}

TEST_P(engine_contract, a_network_is_made_once_however_many_ask_for_it) {
  std::vector<result<network_details>> all;
  for (int i = 0; i < 4; ++i) asio::co_spawn(loop_, ensure_into(*docker_, name("net"), all), asio::detached);
  ASSERT_TRUE(eventually([&] { return all.size() == 4; }));
  for (auto const& one : all) EXPECT_TRUE(one) << one.error().message;
  auto const found = run(docker_->find_networks(name("net")));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 1U) << "two networks of a name are ambiguous";
  EXPECT_EQ(found->front().id, all.front()->id);
  EXPECT_TRUE(run(docker_->remove_network(found->front().id)));
}

TEST_P(engine_contract, nothing_is_created_of_an_image_that_is_not_there) {
  auto const made = run(docker_->create_container({.name = name("a"),
                                                   .image = "docker.io/krane-test/never:1",
                                                   .marks = {{mark, own_}},
                                                   .network = network_,
                                                   .exposed = {},
                                                   .publish = {}}));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason, reason::image_not_found) << made.error().message;
}

TEST_P(engine_contract, a_started_container_has_an_address_and_can_be_reached_there) {
  auto const id = make(image("web", "1"), "a");
  ASSERT_TRUE(run(docker_->start_container(id)));
  EXPECT_TRUE(run(docker_->start_container(id))) << "running already is success";
  auto const there = look(id);
  EXPECT_EQ(there.status, "running");
  EXPECT_TRUE(there.running);
  EXPECT_FALSE(there.started_at.empty());
  std::string const address = there.addresses.at(network_);
  EXPECT_FALSE(address.empty());
  EXPECT_TRUE(eventually([&] { return test::accepts(address, 8080); })) << address;
  EXPECT_FALSE(test::accepts(address, 8081));
}

TEST_P(engine_contract, stopping_and_removing_may_be_asked_for_twice) {
  auto const id = make(image("sleep", "latest"), "a");
  ASSERT_TRUE(run(docker_->start_container(id)));
  EXPECT_TRUE(run(docker_->stop_container(id, 5s)));
  EXPECT_EQ(look(id).status, "exited");
  EXPECT_TRUE(run(docker_->stop_container(id, 5s)));
  EXPECT_TRUE(run(docker_->start_container(id))) << "a stopped one can be started again";
  EXPECT_EQ(look(id).status, "running");
  EXPECT_TRUE(run(docker_->remove_container(id))) << "although it runs";
  EXPECT_EQ(*run(docker_->find_container(id.str())), std::nullopt);
  EXPECT_TRUE(run(docker_->remove_container(id)));
  EXPECT_TRUE(run(docker_->stop_container(id, 5s)));
  auto const started = run(docker_->start_container(id));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason, reason::container_gone);
}

TEST_P(engine_contract, a_paused_container_stands_still_and_goes_on) {
  auto const id = make(image("web", "1"), "a");
  auto const early = run(docker_->pause_container(id));
  ASSERT_FALSE(early) << "it does not run";
  EXPECT_EQ(early.error().reason, reason::container_exited);
  ASSERT_TRUE(run(docker_->start_container(id)));
  ASSERT_TRUE(run(docker_->pause_container(id)));
  EXPECT_EQ(look(id).status, "paused");
  EXPECT_TRUE(run(docker_->pause_container(id))) << "paused already";
  ASSERT_TRUE(run(docker_->unpause_container(id)));
  EXPECT_EQ(look(id).status, "running");
  EXPECT_TRUE(run(docker_->unpause_container(id))) << "not paused";
}

TEST_P(engine_contract, a_paused_container_can_be_stopped_and_removed) {
  auto const stopped = make(image("sleep", "latest"), "a");
  ASSERT_TRUE(run(docker_->start_container(stopped)));
  ASSERT_TRUE(run(docker_->pause_container(stopped)));
  EXPECT_TRUE(run(docker_->stop_container(stopped, 5s)));
  EXPECT_EQ(look(stopped).status, "exited");
  auto const removed = make(image("sleep", "latest"), "b");
  ASSERT_TRUE(run(docker_->start_container(removed)));
  ASSERT_TRUE(run(docker_->pause_container(removed)));
  EXPECT_TRUE(run(docker_->remove_container(removed)));
  EXPECT_EQ(*run(docker_->find_container(removed.str())), std::nullopt);
  auto const gone = run(docker_->pause_container(removed));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, errc::not_found);
}

// The engine's own first process is there, and is what finds no command.
TEST_P(engine_contract, a_command_that_does_not_exist_ends_with_127_and_says_so) {
  auto const id = make(image("nothing", "latest"), "a");
  ASSERT_TRUE(run(docker_->start_container(id)));
  EXPECT_TRUE(eventually([&] { return look(id).exit_code == 127; }));
  EXPECT_NE(read_output(id, {.follow = false, .tail = {}, .since = "", .timestamps = false}).find("No such file"),
            std::string::npos);
}

TEST_P(engine_contract, a_command_that_does_not_exist_fails_the_start_where_it_is_the_first_process) {
  ASSERT_TRUE(run(docker_->pull(image("nothing", "latest"), {})));
  ASSERT_TRUE(create_raw("raw", image("nothing", "latest"), R"("HostConfig":{"Init":false})"));
  auto const started = run(docker_->start_container(container_id{name("raw")}));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason, reason::command_not_found) << started.error().message;
  auto const there = look(container_id{name("raw")});
  EXPECT_EQ(there.status, "created");
  EXPECT_EQ(there.exit_code, 127);
  EXPECT_FALSE(there.start_error.empty());
}

TEST_P(engine_contract, a_container_that_ends_tells_its_exit_code) {
  auto const id = make(image("crash", "latest"), "a");
  ASSERT_TRUE(run(docker_->start_container(id)));
  EXPECT_TRUE(eventually([&] { return look(id).exit_code == 3; }));
  EXPECT_FALSE(look(id).oom_killed);
}

TEST_P(engine_contract, a_published_port_is_shown_and_taken) {
  port const p = test::free_host_port();
  auto const a = make(image("web", "1"), "a", p);
  auto const b = make(image("web", "1"), "b", p);
  ASSERT_TRUE(run(docker_->start_container(a)));
  auto const listed = run(docker_->list_containers({{mark, own_}, {"what", "a"}}));
  ASSERT_TRUE(listed);
  auto const& ports = listed->front().json.as_object().at("Ports").as_array();
  ASSERT_FALSE(ports.empty());
  EXPECT_EQ(ports.front().as_object().at("PrivatePort").to_number<int>(), 8080);
  EXPECT_EQ(ports.front().as_object().at("PublicPort").to_number<int>(), p);

  auto const second = run(docker_->start_container(b));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, reason::port_in_use) << second.error().message;
  EXPECT_EQ(look(b).status, "created");

  ASSERT_TRUE(run(docker_->stop_container(a, 5s)));
  EXPECT_TRUE(eventually([&] { return static_cast<bool>(run(docker_->start_container(b))); }))
      << "free again, if not at once";
}

TEST_P(engine_contract, a_port_that_another_program_has_is_in_use) {
  test::host_listener const other;
  if (auto* const scripted = world_->scripted()) scripted->occupy_port(other.number());
  auto const id = make(image("web", "1"), "a", other.number());
  auto const started = run(docker_->start_container(id));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason, reason::port_in_use) << started.error().message;
  EXPECT_EQ(look(id).status, "created");
}

TEST_P(engine_contract, a_network_that_is_missing_is_no_missing_container) {
  ASSERT_TRUE(run(docker_->pull(image("web", "1"), {})));
  auto const made = run(docker_->create_container({.name = name("a"),
                                                   .image = image("web", "1").text(),
                                                   .marks = {{mark, own_}},
                                                   .network = name("no-network"),
                                                   .exposed = {},
                                                   .publish = {}}));
  auto const failed = made ? run(docker_->start_container(*made)).error() : made.error();
  EXPECT_EQ(failed.reason, reason::engine_error) << failed.message;
  EXPECT_NE(failed.message.find("network"), std::string::npos) << failed.message;
}

TEST_P(engine_contract, an_image_in_use_is_left_and_an_unused_one_removed) {
  auto const of = image("web", "2");
  auto const id = make(of, "a");
  auto const left = run(docker_->remove_image(of.text()));
  EXPECT_TRUE(left && !*left);
  EXPECT_TRUE(*run(docker_->find_image(of.text())));
  ASSERT_TRUE(run(docker_->remove_container(id)));
  auto const users = run(docker_->list_containers({{mark, ""}}));
  if (users && users->empty()) {
    EXPECT_TRUE(run(docker_->remove_image(of.text())));
    EXPECT_FALSE(*run(docker_->find_image(of.text())));
  }
  EXPECT_TRUE(run(docker_->remove_image("docker.io/krane-test/never:1")));
}

TEST_P(engine_contract, output_is_without_framing_and_has_times_when_asked) {
  auto const id = make(image("sleep", "latest"), "a");
  ASSERT_TRUE(run(docker_->start_container(id)));
  log_options plain{.follow = false, .tail = {}, .since = "", .timestamps = false};
  EXPECT_TRUE(eventually([&] { return read_output(id, plain) == "sleeping\n"; }));
  log_options timed = plain;
  timed.timestamps = true;
  std::string const line = read_output(id, timed);
  ASSERT_EQ(line.size(), 30U + 1U + 9U) << line;
  EXPECT_EQ(line.substr(30), " sleeping\n");
  timed.since = line.substr(0, 30);
  EXPECT_EQ(read_output(id, timed), "") << "only what is later";
  timed.since = "2020-01-01T00:00:00Z";
  EXPECT_EQ(read_output(id, timed), line);
  plain.tail = 0;
  EXPECT_EQ(read_output(id, plain), "");
}

task<void> stop_after_first(engine& docker, container_id id, std::unique_ptr<log_stream> output, std::string& text) {
  bool stopped = false;
  for (;;) {
    auto const chunk = co_await output->next();
    if (!chunk) co_return chunk.error();
    if (!*chunk) co_return result<void>{};
    text += (*chunk)->bytes;
    if (!stopped) {
      stopped = true;
      auto const done = co_await docker.stop_container(id, 5s);
      if (!done) co_return done.error();
    }
  }
}

TEST_P(engine_contract, followed_output_ends_when_the_container_stops) {
  auto const id = make(image("sleep", "latest"), "a");
  ASSERT_TRUE(run(docker_->start_container(id)));
  auto stream = run(docker_->logs(id, {.follow = true, .tail = {}, .since = "", .timestamps = false}));
  ASSERT_TRUE(stream) << stream.error().message;
  std::string text;
  auto const ended = run(stop_after_first(*docker_, id, std::move(*stream), text));
  EXPECT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(text, "sleeping\n");
}

TEST_P(engine_contract, output_of_an_unknown_container_is_not_found) {
  auto const stream = run(docker_->logs(container_id{"contract-none-" + own_}, {}));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, errc::not_found);
}

TEST_P(engine_contract, events_of_labelled_containers_come_in_order_and_others_do_not) {
  auto const other = make(image("sleep", "latest"), "other");
  auto events = run(docker_->container_events({{mark, own_}, {"what", "a"}}));
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_TRUE(run(docker_->start_container(other)));
  auto const id = make(image("sleep", "latest"), "a");
  ASSERT_TRUE(run(docker_->start_container(id)));
  ASSERT_TRUE(run(docker_->stop_container(id, 5s)));
  ASSERT_TRUE(run(docker_->remove_container(id)));
  std::vector<std::string> seen;
  std::int64_t last = 0;
  while (seen.empty() || seen.back() != "destroy") {
    auto const one = run((*events)->next());
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_EQ(one->container, id) << one->action;
    EXPECT_EQ(one->attributes.at("name"), name("a"));
    EXPECT_GE(one->time_ns, last);
    last = one->time_ns;
    if (one->action == "die") EXPECT_TRUE(one->attributes.contains("exitCode"));
    seen.push_back(one->action);
  }
  // Of which more may come between, and some in another order; these are what is relied on.
  for (auto const* wanted : {"create", "start", "die", "destroy"})
    EXPECT_EQ(std::count(seen.begin(), seen.end(), wanted), 1) << wanted;
  EXPECT_EQ(seen.front(), "create");
}

TEST_P(engine_contract, an_event_right_after_the_subscription_is_never_missed) {
  auto const id = make(image("sleep", "latest"), "a");
  for (int round = 0; round < 3; ++round) {
    auto events = run(docker_->container_events({{mark, own_}}));
    ASSERT_TRUE(events);
    ASSERT_TRUE(run(docker_->start_container(id)));
    auto const first = run((*events)->next());
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->action, "start");
    ASSERT_TRUE(run(docker_->stop_container(id, 5s)));
  }
}

TEST_P(engine_contract, output_of_a_terminal_is_given_as_it_is) {
  auto const pulled = run(docker_->pull(image("sleep", "latest"), {}));
  ASSERT_TRUE(pulled);
  if (auto* const scripted = world_->scripted())
    scripted->engine_has(image("sleep", "latest").text(), {.tty = true, .prints = {"sleeping"}});
  ASSERT_TRUE(create_raw("tty", image("sleep", "latest"), R"("Tty":true)"));
  container_id const id{name("tty")};
  ASSERT_TRUE(run(docker_->start_container(id)));
  EXPECT_TRUE(eventually([&] {
    return read_output(id, {.follow = false, .tail = {}, .since = "", .timestamps = false}) == "sleeping\r\n";
  }));
}

}  // namespace
}  // namespace krane
