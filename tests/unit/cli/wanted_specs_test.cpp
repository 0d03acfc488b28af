// What is typed, and what that makes of what is stored, against the API itself.
#include "cli/wanted_specs.hpp"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>

#include "cli/config_changes.hpp"
#include "cli/failure.hpp"
#include "unit/client/api_server.hpp"

namespace krane::cli {
namespace {

using testing::HasSubstr;

class wanted_specs : public test::served_api_test {
protected:
  wanted_specs() { std::filesystem::current_path(work.path()); }
  ~wanted_specs() override { std::filesystem::current_path(before_); }

  static arguments typed(arguments::values given) {
    for (auto const* name : {"NAME", "file", "image", "tag", "port"}) given[name];
    return arguments(std::move(given));
  }
  void writes(std::string const& name, std::string const& text) { std::ofstream(work / name) << text; }
  void store(std::string const& config, std::string const& name = "shop") {
    auto const answer = ask("POST", "/deployments", R"({"name":")" + name + R"(","config":)" + config + "}");
    ASSERT_LT(answer.status, 300) << answer.text;
  }
  boost::json::object stored(std::string const& name = "shop") {
    return config_of(ask("GET", "/deployments/" + name).data().at("template").at("config"));
  }
  wanted_deployment wanted(arguments::values given) {
    auto one = read_typed(typed(std::move(given)));
    EXPECT_TRUE(one) << one.error().message;
    auto found = run(find_wanted(api, one->front()));
    EXPECT_TRUE(found) << found.error().message;
    return found ? std::move(*found) : wanted_deployment{};
  }
  error refused(arguments::values given) {
    auto one = read_typed(typed(std::move(given)));
    if (!one) return one.error();
    auto const found = run(find_wanted(api, one->front()));
    EXPECT_FALSE(found);
    return found ? error{} : found.error();
  }
  stored_wanted deployed(arguments::values given) {
    auto one = read_typed(typed(std::move(given)));
    EXPECT_TRUE(one) << one.error().message;
    auto done = run(store_wanted(api, one->front(), {}));
    EXPECT_TRUE(done) << done.error().message;
    return done ? std::move(*done) : stored_wanted{};
  }

  client::krane_api api{where(), token};
  test::temp_folder work;

private:
  std::filesystem::path before_ = std::filesystem::current_path();
};

constexpr char rich[] = R"({"image":"acme/shop:1","container_port":"8080","host_port":"9002",
  "environment":{"MODE":"prod"},"replicas":3,"hold":"30s"})";

TEST_F(wanted_specs, options_change_what_they_say_and_leave_the_rest_of_what_is_stored) {
  store(rich);
  auto expected = stored();
  expected["tag"] = "2";
  for (auto const& given : {arguments::values{{"NAME", {"shop"}}, {"tag", {"2"}}},
                            arguments::values{{"NAME", {"shop"}}, {"image", {"acme/shop:2"}}}}) {
    store(rich);
    auto const plan = wanted(given);
    EXPECT_EQ(plan.config, expected);
    EXPECT_EQ(plan.source, "options on the stored configuration of shop");
    EXPECT_EQ(changes_text(plan.changes()), "- tag: \"1\"\n+ tag: \"2\"\n");
    EXPECT_FALSE(deployed(given).stored.created);
    EXPECT_EQ(stored(), expected) << "a deploy does what the plan said";
  }
}

TEST_F(wanted_specs, options_of_ports_and_images_are_read_as_a_file_would_be) {
  store(rich);
  EXPECT_EQ(wanted({{"NAME", {"shop"}}, {"port", {"9003:80"}}}).patch,
            (boost::json::object{{"container_port", "80"}, {"host_port", "9003"}}));
  EXPECT_EQ(wanted({{"NAME", {"shop"}}, {"port", {"8080"}}}).patch, (boost::json::object{{"host_port", nullptr}}));
  EXPECT_EQ(wanted({{"NAME", {"shop"}}, {"image", {"acme/other"}}}).patch,
            (boost::json::object{{"image", "acme/other"}}));
  EXPECT_EQ(wanted({{"NAME", {"shop"}}, {"image", {"ghcr.io/acme/shop:7"}}}).patch,
            (boost::json::object{{"registry", "ghcr.io"}, {"tag", "7"}}));
  std::string const digest = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(wanted({{"NAME", {"shop"}}, {"image", {"acme/shop@" + digest}}}).patch,
            (boost::json::object{{"image", "acme/shop@" + digest}, {"tag", nullptr}}));
  EXPECT_EQ(wanted({{"NAME", {"shop"}}}).patch, boost::json::object()) << "nothing is said, and nothing changes";
  store(R"({"image":"ghcr.io/acme/shop:1"})");
  EXPECT_EQ(wanted({{"NAME", {"shop"}}, {"image", {"acme/shop:2"}}}).patch, (boost::json::object{{"tag", "2"}}))
      << "the registry was not said";
}

TEST_F(wanted_specs, options_that_are_wrong_are_told_by_their_names) {
  store(rich);
  EXPECT_EQ(refused({{"NAME", {"shop"}}, {"tag", {"a b"}}}).details.at(0).path, "--tag");
  EXPECT_EQ(refused({{"NAME", {"shop"}}, {"image", {"A:B:C"}}}).details.at(0).path, "--image");
  EXPECT_EQ(exit_code_of(refused({{"NAME", {"shop"}}, {"port", {"x:y:z"}}})), exit_code::usage);
}

TEST_F(wanted_specs, options_alone_make_a_new_deployment_where_they_say_enough) {
  auto const made = deployed({{"NAME", {"shop"}}, {"image", {"acme/shop:1"}}, {"port", {"9002:8080"}}});
  EXPECT_TRUE(made.stored.created);
  EXPECT_EQ(made.wanted.source, "options alone");
  EXPECT_TRUE(made.wanted.changes().empty());
  auto const nothing = refused({{"NAME", {"web"}}, {"tag", {"2"}}});
  EXPECT_EQ(nothing.code, errc::not_found);
  EXPECT_THAT(nothing.message, HasSubstr("there is no deployment \"web\""));
  EXPECT_THAT(nothing.message, HasSubstr("--image"));
}

TEST_F(wanted_specs, a_file_of_the_folder_counts_only_if_it_names_the_deployment) {
  store(rich);
  writes("krane.yaml", "name: web\nimage: acme/web\n");
  EXPECT_EQ(wanted({{"NAME", {"shop"}}, {"tag", {"2"}}}).source, "options on the stored configuration of shop");
  EXPECT_EQ(wanted({{"NAME", {"web"}}}).source, "krane.yaml");
  EXPECT_EQ(wanted({}).name, "web");
  writes("krane.json", R"({"name": "shop", "image": "acme/shop"})");
  EXPECT_EQ(wanted({{"NAME", {"shop"}}}).source, "krane.json");
  EXPECT_EQ(wanted({{"NAME", {"web"}}}).source, "krane.yaml");
  writes("krane.json", "{");
  EXPECT_THAT(refused({{"NAME", {"shop"}}}).message, HasSubstr("krane.json"))
      << "it may or may not be meant: nothing is done";
  EXPECT_EQ(wanted({{"NAME", {"shop"}}, {"file", {"krane.yaml"}}}).name, "shop") << "the name instead of the file's";
}

TEST_F(wanted_specs, a_file_replaces_the_whole_and_keeps_the_scaled_number_unless_it_has_one) {
  store(rich);
  writes("krane.yaml", "name: shop\nimage: acme/shop\ntag: 1\n");
  auto const plan = wanted({});
  EXPECT_EQ(changes_text(plan.changes()),
            "- container_port: \"8080\"\n- host_port: \"9002\"\n- hold: \"30s\"\n- environment.MODE: prod\n");
  EXPECT_THAT(changes_text(without_environment_values(plan.changes())),
              testing::EndsWith("- hold: \"30s\"\n- environment.MODE: \"…\"\n"));
  EXPECT_EQ(plan.keeps_replicas, 3U);
  EXPECT_EQ(deployed({}).wanted.source, "krane.yaml");
  EXPECT_EQ(stored(), plan.config);
  EXPECT_EQ(stored().at("replicas"), 3);
  writes("krane.yaml", "name: shop\nimage: acme/shop\ntag: 1\nreplicas: 1\n");
  EXPECT_EQ(changes_text(deployed({}).wanted.changes()), "- replicas: 3\n");
  EXPECT_FALSE(stored().contains("replicas"));
}

TEST_F(wanted_specs, what_another_changes_meanwhile_is_not_lost) {
  store(rich);
  auto const one = read_typed(typed({{"NAME", {"shop"}}, {"tag", {"2"}}}));
  auto const seen = run(find_wanted(api, one->front()));
  ASSERT_TRUE(seen);
  ASSERT_EQ(ask("PATCH", "/deployments/shop", R"({"environment":{"MODE":"test"}})").status, 200);
  auto const stale = run(api.patch_deployment("shop", *seen->patch, {}, seen->stored->tag));
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code, errc::precondition_failed);
  ASSERT_TRUE(run(store_wanted(api, one->front(), {})));
  EXPECT_EQ(stored().at("environment").at("MODE"), "test");
  EXPECT_EQ(stored().at("tag"), "2");
}

TEST_F(wanted_specs, what_is_stored_is_known_while_the_engine_does_not_answer) {
  store(rich);
  world.fail_next(test::route::list, 500, "the engine is not well");
  auto const plan = wanted({{"NAME", {"shop"}}, {"tag", {"2"}}});
  EXPECT_EQ(plan.config.at("environment").at("MODE"), "prod");
}

}  // namespace
}  // namespace krane::cli
