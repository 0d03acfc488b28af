// /deployments and /deployments/:name: bodies, answers, conflicts.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <list>
#include <set>

#include "api_world.hpp"

namespace krane {
namespace {

constexpr char documented[] = R"({
  "data": {
    "name": "docker-to-node",
    "config": {
      "registry": "docker.io",
      "image": "davidcasta/docker-to-node",
      "container_port": "8080",
      "host_port": "9002"
    }
  }
})";

class deployments : public test::api_test {
protected:
  using strings = std::vector<std::string>;
  test::api_answer post(std::string body, test::header_pairs headers = {}) {
    return ask("POST", "/deployments", std::move(body), std::move(headers));
  }
};

TEST_F(deployments, are_created_as_the_source_documents_it) {
  auto const answer = post(documented);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.header("Location"), "/deployments/docker-to-node");
  EXPECT_EQ(answer.text,
            R"({"success":true,"code":201,"data":{"name":"docker-to-node","config":{"registry":"docker.io",)"
            R"("image":"davidcasta/docker-to-node","tag":"","container_port":"8080","host_port":"9002"}}})");
}

TEST_F(deployments, are_created_by_a_bare_body_too) {
  EXPECT_EQ(post(R"({"name":"app","config":{"image":"library/nginx"}})").status, 201);
}

TEST_F(deployments, are_updated_when_they_are_posted_again) {
  EXPECT_EQ(post(R"({"name":"app","config":{"image":"a/b"}})").status, 201);
  auto const again = post(R"({"name":"app","config":{"image":"a/c","tag":"v2"}})");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.header("Location"), "");
  EXPECT_EQ(again.data().at("config").at("image"), "a/c");
  EXPECT_EQ(ask("GET", "/deployments").data().as_array().size(), 1u);
}

TEST_F(deployments, are_only_created_on_request) {
  test::header_pairs const create_only{{"If-None-Match", "*"}};
  EXPECT_EQ(post(R"({"name":"app","config":{"image":"a/b"}})", create_only).status, 201);
  auto const again = post(R"({"name":"app","config":{"image":"a/c"}})", create_only);
  EXPECT_EQ(again.status, 412);
  EXPECT_EQ(again.reason(), "deployment_exists");
  EXPECT_EQ(ask("GET", "/deployments").data().at(0).at("config").at("image"), "a/b");
}

TEST_F(deployments, take_ports_as_numbers_and_give_them_back_as_text) {
  auto const answer = post(R"({"name":"app","config":{"image":"a/b","container_port":8080,"host_port":9002}})");
  EXPECT_EQ(answer.status, 201) << answer.text;
  EXPECT_EQ(answer.data().at("config").at("container_port"), "8080");
  EXPECT_EQ(answer.data().at("config").at("host_port"), "9002");
}

TEST_F(deployments, take_an_image_apart_and_give_it_back_so_that_it_can_be_posted_again) {
  std::string const digest = "sha256:" + std::string(64, 'a');
  auto const answer = post(R"({"name":"app","config":{"image":"ghcr.io/a/b:v1@)" + digest + R"("}})");
  ASSERT_EQ(answer.status, 201) << answer.text;
  auto const config = answer.data().at("config");
  EXPECT_EQ(config.at("registry"), "ghcr.io");
  EXPECT_EQ(config.at("image").as_string(), "a/b@" + digest);
  EXPECT_EQ(config.at("tag"), "v1");
  auto const again = post(boost::json::serialize(boost::json::object{{"name", "app"}, {"config", config}}));
  EXPECT_EQ(again.status, 200) << again.text;
  EXPECT_EQ(again.data().at("config"), config);
}

TEST_F(deployments, name_every_fault_of_a_body_at_once) {
  auto const answer = post(
      R"({"data":{"name":"Not Good","colour":1,"config":{"image":"UPPER","tag":"-x","container_port":"0","hostport":"1","registry":5}}})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.reason(), "invalid");
  strings paths;
  for (auto const& one : answer.details()) paths.push_back(one.substr(0, one.find(':')));
  std::ranges::sort(paths);
  EXPECT_EQ(paths, (strings{"colour", "config.container_port", "config.hostport", "config.image", "config.registry",
                            "config.tag", "name"}));
  auto const details = answer.details();
  EXPECT_NE(std::ranges::find(details, "config.hostport: is not a known field; was \"host_port\" meant?"),
            details.end());
  EXPECT_EQ(ask("GET", "/deployments").data().as_array().size(), 0u);
}

TEST_F(deployments, refuse_wrong_types_by_their_paths) {
  EXPECT_EQ(post(R"({"name":1,"config":{"image":"a/b"}})").details(), (strings{"name: wants a string, got a number"}));
  EXPECT_EQ(post(R"({"name":"app","config":[]})").details(), (strings{"config: wants an object, got a list"}));
  EXPECT_EQ(post(R"({"name":"app","config":{"image":"a/b","container_port":80.5}})").details(),
            (strings{"config.container_port: wants a port as a string or a whole number, got a number"}));
  EXPECT_EQ(post(R"([1])").details(), (strings{": wants an object, got a list"}));
  EXPECT_EQ(post(R"({"data":7})").details(), (strings{": wants an object, got a number"}));
  EXPECT_EQ(post("{}").details(), (strings{"name: is missing", "config.image: is missing"}));
}

TEST_F(deployments, refuse_ports_that_are_none) {
  for (auto const* const port : {"0", "-1", "65536", "\"80-90\"", "\"eighty\"", "1e3", "18446744073709551615"}) {
    auto const answer = post(std::string(R"({"name":"app","config":{"image":"a/b","container_port":)") + port + "}}");
    EXPECT_EQ(answer.status, 422) << port;
  }
}

TEST_F(deployments, refuse_what_stands_beside_data) {
  EXPECT_EQ(post(R"({"data":{"name":"app","config":{"image":"a/b"}},"name":"other"})").details(),
            (strings{"name: does not belong beside \"data\""}));
}

TEST_F(deployments, want_json) {
  EXPECT_EQ(post("not json").status, 400);
  EXPECT_EQ(post("").status, 400);
  EXPECT_EQ(post(R"({"name":"a","name":"b"})").status, 400);
  EXPECT_EQ(post(documented, {{"Content-Type", "application/x-www-form-urlencoded"}}).status, 415);
  EXPECT_EQ(post(documented, {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(post(documented, {{"Content-Type", "Application/JSON; charset=utf-8"}}).status, 201);
}

TEST_F(deployments, refuse_query_parameters_they_do_not_know) {
  auto const answer = ask("POST", "/deployments?dryrun=1", documented);
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.details(), (strings{"dryrun: is not a known query parameter"}));
  EXPECT_EQ(ask("GET", "/deployments?_=1").status, 200);
}

TEST_F(deployments, keep_a_host_port_to_one_holder) {
  EXPECT_EQ(post(documented).status, 201);
  auto const answer = post(R"({"name":"other","config":{"image":"a/b","container_port":"80","host_port":"9002"}})");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.reason(), "host_port_taken");
  EXPECT_NE(answer.error().find("docker-to-node"), std::string::npos);
}

TEST_F(deployments, are_listed_in_name_order_as_documented) {
  EXPECT_EQ(ask("GET", "/deployments").text, R"({"success":true,"code":200,"data":[]})");
  create("b");
  create("a");
  create("c");
  auto const all = ask("GET", "/deployments").data().as_array();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].at("name"), "a");
  EXPECT_EQ(all[1].at("name"), "b");
  EXPECT_EQ(all[2].at("name"), "c");
  EXPECT_EQ(boost::json::serialize(all[0]),
            R"({"name":"a","config":{"registry":"docker.io","image":"krane-test/web","tag":"latest",)"
            R"("container_port":"8080","host_port":""},"status":"idle","restarts":0})");
}

TEST_F(deployments, are_listed_from_a_body_that_is_kept_between_changes) {
  create("a");
  auto const body_of = [&] {
    return std::get<http::response>(
               reply_to(test::make_request("GET", "/deployments", "", {{"Authorization", "Bearer " + token}})))
        .body;
  };
  auto const first = body_of();
  EXPECT_EQ(first, body_of());
  create("b");
  EXPECT_NE(first, body_of());
}

TEST_F(deployments, are_listed_with_their_status_as_it_changes) {
  create("app");
  auto const accepted = ask("POST", "/deployments/app/run");
  ASSERT_EQ(accepted.status, 202);
  EXPECT_EQ(ask("GET", "/deployments").data().at(0).at("status"), "deploying");
  EXPECT_TRUE(becomes([&] { return ask("GET", "/deployments").data().at(0).at("status") == "running"; }));
}

TEST_F(deployments, are_listed_with_what_is_active_and_what_became_of_the_last_run) {
  create("app");
  deploy("app");
  auto const one = ask("GET", "/deployments").data().at(0);
  EXPECT_EQ(one.at("active").at("number"), 1);
  EXPECT_EQ(one.at("active").at("image"), "docker.io/krane-test/web:latest");
  EXPECT_EQ(one.at("last_run").at("state"), "done");
  EXPECT_EQ(one.at("last_run").at("kind"), "deploy");
}

TEST_F(deployments, are_unknown_while_the_engine_does_not_answer) {
  create("app");
  create("idle");
  deploy("app");
  world.down();
  EXPECT_TRUE(becomes([&] { return ask("GET", "/deployments").data().at(0).at("status") == "unknown"; }));
  EXPECT_EQ(ask("GET", "/deployments").data().at(1).at("status"), "idle");
  world.up();
  EXPECT_TRUE(becomes([&] { return ask("GET", "/deployments").data().at(0).at("status") == "running"; }));
}

TEST_F(deployments, are_shown_with_their_containers_as_the_engine_describes_them) {
  create("app");
  auto const ended = deploy("app");
  auto const answer = ask("GET", "/deployments/app");
  ASSERT_EQ(answer.status, 200) << answer.text;
  auto const data = answer.data();
  EXPECT_EQ(data.as_object().begin()->key(), "template");
  EXPECT_EQ(data.at("template").at("name"), "app");
  EXPECT_EQ(data.at("template").at("config").at("image"), "krane-test/web");
  EXPECT_EQ(data.at("status"), "running");
  EXPECT_EQ(data.at("run").at("id").as_string(), ended.id.str());
  EXPECT_EQ(data.at("run").at("state"), "done");
  EXPECT_EQ(data.at("serving").at("id").as_string(), ended.id.str());
  ASSERT_EQ(data.at("containers").as_array().size(), 1u);
  auto const container = data.at("containers").at(0).as_object();
  EXPECT_EQ(container.at("Id").as_string(), container_of(ended));
  EXPECT_EQ(container.at("Names").at(0).as_string(), "/app-" + ended.id.str());
  EXPECT_EQ(container.at("Labels").at("deployment.name"), "app");
  EXPECT_EQ(container.at("State"), "running");
}

TEST_F(deployments, show_no_container_of_a_stranger_that_copied_a_label) {
  create("app");
  auto const ended = deploy("app");
  world.engine_has("stranger:latest");
  world.add_container("app-stranger", "stranger:latest", {{"deployment.name", "app"}});
  world.add_container(
      "copied", "stranger:latest",
      {{"deployment.name", "app"}, {"krane.run", ended.id.str()}, {"krane.instance", state->instance().str()}});
  auto const containers = ask("GET", "/deployments/app").data().at("containers").as_array();
  ASSERT_EQ(containers.size(), 1u);
  EXPECT_EQ(containers[0].at("Id").as_string(), container_of(ended));
}

TEST_F(deployments, are_shown_when_they_never_ran) {
  create("app");
  auto const data = ask("GET", "/deployments/app").data();
  EXPECT_EQ(data.at("containers").as_array().size(), 0u);
  EXPECT_EQ(data.at("status"), "idle");
  EXPECT_FALSE(data.as_object().contains("run"));
}

TEST_F(deployments, that_are_not_there_are_not_found) {
  for (auto const* const name : {"none", "UPPER", "-", "a.b"}) {
    auto const answer = ask("GET", std::string("/deployments/") + name);
    EXPECT_EQ(answer.status, 404) << name;
    EXPECT_EQ(answer.reason(), "not_found");
    EXPECT_EQ(ask("DELETE", std::string("/deployments/") + name).status, 404);
  }
}

TEST_F(deployments, say_quickly_that_the_engine_is_down_where_they_need_it_and_answer_where_they_do_not) {
  create("app");
  world.down();
  auto const answer = ask("GET", "/deployments/app");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.reason(), "engine_unavailable");
  EXPECT_EQ(ask("GET", "/deployments").status, 200);
  EXPECT_EQ(ask("GET", "/deployments/app/runs").status, 200);
  EXPECT_EQ(ask("GET", "/sessions").status, 200);
}

TEST_F(deployments, say_that_the_engine_hangs_before_anybody_gives_up) {
  create("app");
  deploy("app");
  world.hang(test::route::list);
  auto const began = std::chrono::steady_clock::now();
  auto const answer = ask("GET", "/deployments/app");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.reason(), "engine_unavailable");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{8});
  world.let_go(test::route::list);
}

TEST_F(deployments, are_removed_with_their_containers) {
  create("app");
  deploy("app");
  auto const answer = ask("DELETE", "/deployments/app");
  EXPECT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.data().at("name"), "app");
  EXPECT_EQ(answer.data().at("removed"), true);
  EXPECT_TRUE(world.containers().empty());
  EXPECT_EQ(ask("GET", "/deployments/app").status, 404);
  EXPECT_EQ(ask("GET", "/deployments").data().as_array().size(), 0u);
}

TEST_F(deployments, whose_removal_takes_longer_are_removed_all_the_same) {
  create("app");
  deploy("app");
  world.hang(test::route::stop);
  auto const answer = ask("DELETE", "/deployments/app?wait=0");
  EXPECT_EQ(answer.status, 202) << answer.text;
  EXPECT_EQ(answer.header("Location"), "/deployments/app");
  EXPECT_EQ(answer.data().at("removed"), false);
  EXPECT_EQ(ask("GET", "/deployments").data().at(0).at("status"), "deleting");
  auto const refused = ask("POST", "/deployments/app/run");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.reason(), "deployment_deleting");
  EXPECT_EQ(post(R"({"name":"app","config":{"image":"a/b"}})").status, 409);
  world.let_go(test::route::stop);
  EXPECT_TRUE(becomes([&] { return state->find_deployment(deployment_name{"app"}) == nullptr; }));
}

TEST_F(deployments, take_no_wait_that_is_none) {
  create("app");
  for (auto const* const wait : {"-1", "601", "x", ""})
    EXPECT_EQ(ask("DELETE", std::string("/deployments/app?wait=") + wait).status, 422) << wait;
  EXPECT_EQ(ask("GET", "/deployments").data().as_array().size(), 1u);
}

constexpr char rich[] = R"({"name":"app","config":{"image":"acme/shop:1","container_port":"8080","host_port":"9002",
  "environment":{"MODE":"prod","OLD":"x"},"replicas":3,"volumes":["data:/d"],"rollout":"rolling"}})";

class patches : public deployments {
protected:
  patches() { EXPECT_EQ(post(rich).status, 201); }
  test::api_answer patch(std::string body, test::header_pairs headers = {}, std::string target = "/deployments/app") {
    return ask("PATCH", std::move(target), std::move(body), std::move(headers));
  }
  boost::json::value config() { return ask("GET", "/deployments/app").data().at("template").at("config"); }
  // The stored config with one of its fields another.
  boost::json::value config_with(std::string_view key, boost::json::value value) {
    auto out = config();
    out.as_object()[key] = std::move(value);
    return out;
  }
};

TEST_F(patches, change_what_they_say_and_leave_the_rest_as_it_is) {
  auto const expected = config_with("tag", "2");
  auto const answer = patch(R"({"tag":"2"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.data().at("name"), "app");
  EXPECT_EQ(answer.data().at("config"), expected);
  EXPECT_EQ(config(), expected);
}

TEST_F(patches, are_taken_wrapped_and_bare_of_the_config_or_as_a_post_has_it) {
  for (auto const* body : {R"({"tag":"2"})", R"({"data":{"tag":"2"}})", R"({"config":{"tag":"2"}})",
                           R"({"data":{"name":"app","config":{"tag":"2"}}})"}) {
    ASSERT_EQ(post(rich).status, 200);
    EXPECT_EQ(patch(body).data().at("config").at("tag"), "2") << body;
  }
  EXPECT_EQ(patch(R"({"tag":"3"})", {{"Content-Type", "application/merge-patch+json; charset=utf-8"}}).status, 200);
  EXPECT_EQ(patch(R"({"tag":"3"})", {{"Content-Type", "application/json"}}).status, 200);
  auto const other = patch(R"({"tag":"3"})", {{"Content-Type", "application/json-patch+json"}});
  EXPECT_EQ(other.status, 415);
  EXPECT_NE(other.text.find("application/merge-patch+json"), std::string::npos);
  EXPECT_EQ(post(rich, {{"Content-Type", "application/merge-patch+json"}}).status, 415) << "a post is no patch";
}

TEST_F(patches, merge_objects_replace_lists_and_take_away_what_is_null) {
  EXPECT_EQ(
      patch(R"({"environment":{"OLD":null,"NEW":"y"},"volumes":["a:/a","b:/b"],"host_port":null,"replicas":null})")
          .status,
      200);
  auto const now = config();
  EXPECT_EQ(now.at("environment"), (boost::json::value{{"MODE", "prod"}, {"NEW", "y"}}));
  EXPECT_EQ(now.at("volumes").as_array().size(), 2u);
  EXPECT_EQ(now.at("host_port"), "");
  EXPECT_FALSE(now.as_object().contains("replicas"));
  EXPECT_EQ(now.at("container_port"), "8080");
}

TEST_F(patches, that_say_nothing_or_the_same_again_change_nothing) {
  auto const before = config();
  for (auto const* body : {"{}", R"({"tag":"1"})", R"({"environment":{}})", R"({"hold":null})"}) {
    EXPECT_EQ(patch(body).status, 200) << body;
    EXPECT_EQ(config(), before) << body;
  }
}

TEST_F(patches, never_create) {
  EXPECT_EQ(patch(R"({"image":"a/b"})", {}, "/deployments/other").status, 404);
  EXPECT_EQ(ask("GET", "/deployments").data().as_array().size(), 1u);
}

TEST_F(patches, are_checked_as_a_post_is_with_every_fault_and_its_path) {
  auto const before = config();
  auto const answer = patch(R"({"tagg":"2","host_port":"0","environment":{"A":["x"]},"image":null,"nothing":null})");
  EXPECT_EQ(answer.status, 422);
  std::set<std::string> paths;
  for (auto const& one : answer.details()) paths.insert(one.substr(0, one.find(':')));
  EXPECT_EQ(paths, (std::set<std::string>{"config.environment.A", "config.host_port", "config.image", "config.nothing",
                                          "config.tagg"}));
  EXPECT_EQ(patch(R"({"environment":{"A":"@NOT_THERE"}})").status, 422) << "a secret that is not there";
  EXPECT_EQ(patch(R"({"privileged":true})").status, 422) << "not allowed here";
  EXPECT_EQ(patch("[]").status, 422);
  EXPECT_EQ(patch(R"("tag")").status, 422);
  EXPECT_EQ(patch("{").status, 400);
  EXPECT_EQ(patch(R"({"config":{"tag":"2"},"name":"other"})").details(),
            (strings{"name: is not to be changed; it is app"}));
  EXPECT_EQ(patch(R"({"config":{"tag":"2"},"tag":"2"})").details(),
            (strings{"tag: does not belong beside \"config\""}));
  EXPECT_EQ(config(), before);
}

TEST_F(patches, cannot_take_the_port_of_another) {
  EXPECT_EQ(post(R"({"name":"web","config":{"image":"a/b","container_port":"80","host_port":"9003"}})").status, 201);
  auto const answer = patch(R"({"host_port":"9003"})");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.reason(), "host_port_taken");
  EXPECT_EQ(config().at("host_port"), "9002");
}

TEST_F(patches, and_posts_are_refused_when_the_config_is_not_the_one_that_was_read) {
  auto const read = ask("GET", "/deployments/app").header("ETag");
  ASSERT_TRUE(read.starts_with('"') && read.ends_with('"') && read.size() > 10) << read;
  EXPECT_EQ(post(rich).header("ETag"), read) << "the same config has the same tag";
  auto const changed = patch(R"({"tag":"2"})", {{"If-Match", read}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_NE(changed.header("ETag"), read);
  EXPECT_EQ(ask("GET", "/deployments/app").header("ETag"), changed.header("ETag"));
  for (auto const& stale : {patch(R"({"tag":"3"})", {{"If-Match", read}}), post(rich, {{"If-Match", read}}),
                            patch(R"({"tag":"3"})", {{"If-Match", "W/" + changed.header("ETag")}}),
                            patch(R"({"tag":"3"})", {{"If-Match", ""}})}) {
    EXPECT_EQ(stale.status, 412) << stale.text;
    EXPECT_EQ(stale.reason(), "config_moved");
  }
  EXPECT_EQ(config().at("tag"), "2");
  EXPECT_EQ(patch(R"({"tag":"3"})", {{"If-Match", R"("x", )" + changed.header("ETag")}}).status, 200);
  EXPECT_EQ(patch(R"({"tag":"4"})", {{"If-Match", "*"}}).status, 200);
  EXPECT_EQ(post(R"({"name":"new","config":{"image":"a/b"}})", {{"If-Match", "*"}}).status, 412) << "it is not there";
}

TEST_F(patches, of_many_at_once_are_all_done) {
  std::list<http::request> requests;
  std::vector<int> statuses;
  for (int i = 0; i < 8; ++i) {
    std::string const body = R"({"environment":{"V)" + std::to_string(i) + R"(":"x"}})";
    auto& one = requests.emplace_back(
        test::make_request("PATCH", "/deployments/app", body, {{"Authorization", "Bearer " + token}}));
    asio::co_spawn(loop.get_executor(), served->handler()(one), [&](std::exception_ptr failed, http::reply reply) {
      if (!failed) statuses.push_back(std::get<http::response>(reply).status);
    });
  }
  ASSERT_TRUE(becomes([&] { return statuses.size() == 8; }));
  EXPECT_EQ(statuses, std::vector<int>(8, 200));
  EXPECT_EQ(config().at("environment").as_object().size(), 10u);
}

TEST_F(patches, of_a_release_that_serves_no_more_are_refused) {
  EXPECT_EQ(patch(R"({"tag":"2"})", {}, "/deployments/app?if_release=0").status, 200);
  EXPECT_EQ(patch(R"({"tag":"3"})", {}, "/deployments/app?if_release=7").reason(), "release_moved");
}

}  // namespace
}  // namespace krane
