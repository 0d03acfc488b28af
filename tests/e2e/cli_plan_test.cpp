// krane plan: what it says before a deploy, and that the deploy does it.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"
#include "support/tagged_server.hpp"

namespace krane::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class cli_plan : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    ada.sets("KRANE_ENDPOINT", server().url());
    ada.sets("KRANE_TOKEN", server().token());
  }
  void writes_spec(std::string const& more, std::string const& tag = "1") {
    write_file(ada.file("krane.yaml"),
               "name: " + name + "\nimage: krane-test/web\ntag: " + tag + "\ncontainer_port: 8080\n" + more);
  }

  std::string const name = fresh("plan");
  person ada;
};

TEST_F(cli_plan, says_what_the_deploy_then_does_and_afterwards_that_nothing_changes) {
  auto const port = free_port();
  writes_spec("host_port: " + std::to_string(port) + "\n");
  auto const before = ada.types({"plan"});
  EXPECT_EQ(before.status, 2) << before.all();
  EXPECT_THAT(before.out, StartsWith(name + " is new\n"));
  EXPECT_THAT(before.out, HasSubstr("  + host_port       \"" + std::to_string(port) + "\"\n"));
  EXPECT_THAT(before.out, Not(HasSubstr("!")));
  EXPECT_EQ(server().get("/deployments/" + name).status, 404) << "nothing is stored";

  ASSERT_EQ(ada.types({"deploy"}).status, 0);
  auto const after = ada.types({"plan"});
  EXPECT_EQ(after.status, 0) << after.all();
  EXPECT_THAT(after.out, StartsWith(name + ": release 1 serves\n"));
  EXPECT_THAT(after.out, ContainsRegex("  - container  " + name + "-[0-9a-f]{8}, of release 1\n"));
  EXPECT_THAT(after.out, HasSubstr("    gap        none: "));
  EXPECT_EQ(ada.types({"plan", name}).out, after.out);
  EXPECT_EQ(ada.types({"plan", ada.file("krane.yaml")}).out, after.out);

  auto const another = ada.types({"deploy", "--dry-run", "--tag", "2"});
  EXPECT_EQ(another.status, 2) << another.all();
  EXPECT_THAT(another.out, ContainsRegex("\n  ~ tag +\"1\" → \"2\"\n  ~ image +krane-test/web:2, sha256:[0-9a-f]{12} → "
                                         "sha256:[0-9a-f]{12}"));
  EXPECT_EQ(ada.types({"plan", "--tag", "2"}).out, another.out);
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/run/number"), "1") << "nothing was run";

  auto const json = boost::json::parse(ada.types({"plan", "--tag", "2", "-o", "json"}).out);
  auto const release = std::to_string(json.at("release").as_int64());
  EXPECT_EQ(ada.types({"deploy", "--tag", "2", "--if-release", release, "-q"}).status, 0);
  auto const moved = ada.types({"deploy", "--tag", "1", "--if-release", release});
  EXPECT_EQ(moved.status, 5) << moved.all();
  EXPECT_THAT(moved.err, HasSubstr("release 2 of " + name + " serves now, not release 1"));
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/template/config/tag"), "2") << "nothing was stored";
  auto const served = ada.types({"plan", "--tag", "2", "-o", "json"});
  EXPECT_EQ(served.status, 0) << served.all();
}

TEST_F(cli_plan, names_what_the_deploy_would_fail_with) {
  test::tagged_server const holder("0.0.0.0", 0, "");
  writes_spec("host_port: " + std::to_string(holder.port()) + "\n");
  auto const taken = ada.types({"plan"});
  EXPECT_EQ(taken.status, 1) << taken.all();
  EXPECT_THAT(taken.out, ContainsRegex("  ! port_in_use +host port " + std::to_string(holder.port()) + " is held by"));
  EXPECT_THAT(taken.out, HasSubstr("\nA deploy would fail.\n"));
  EXPECT_NE(ada.types({"deploy"}).status, 0);

  writes_spec("environment: {PASSWORD: '@DB'}\n");
  auto const missing = ada.types({"plan"});
  EXPECT_EQ(missing.status, 1) << missing.all();
  EXPECT_THAT(missing.out, ContainsRegex("  ! secret_missing +.*krane secrets set " + name + " DB\n"));

  writes_spec("", "none");
  auto const unknown = ada.types({"plan"});
  EXPECT_EQ(unknown.status, 1) << unknown.all();
  EXPECT_THAT(unknown.out, ContainsRegex("  ! image_not_found +docker.io/krane-test/web:none cannot be pulled: "));

  writes_spec("");
  EXPECT_EQ(ada.types({"plan"}).status, 2);
  EXPECT_EQ(ada.types({"plan", "a.yaml", "-f", "b.yaml"}).status, 1)
      << "a wrong use must not say that there are changes";
}

}  // namespace
}  // namespace krane::e2e
