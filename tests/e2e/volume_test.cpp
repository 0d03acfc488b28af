// Volumes and images of a deployment, and of others, on the real engine.
#include <gmock/gmock.h>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;

class volume_test : public on_a_real_engine {
protected:
  void TearDown() override {
    for (std::string const& one : left_) engine().call("DELETE", "/volumes/" + one);
  }
  void create(std::string const& name, std::string const& config) { server().create(name, config); }
  // Its run's failure, or how it is.
  std::string run(std::string const& name) {
    auto const now = server().run(name);
    std::string const status = now.at("/data/status");
    return status == "running" ? status : now.at("/data/run/failure/reason");
  }

  std::vector<std::string> left_;
};

TEST_F(volume_test, of_another_program_is_not_used) {
  auto const name = fresh("vol");
  left_.push_back(name + "_data");
  ASSERT_EQ(engine().call("POST", "/volumes/create", R"({"Name":")" + name + R"(_data"})").status, 201);
  create(name, R"("image":"krane-test/web","tag":"1","volumes":["data:/d"])");
  EXPECT_EQ(run(name), "name_conflict");
  EXPECT_THAT(server().get("/deployments/" + name).body, HasSubstr("krane did not make it"));
}

TEST_F(volume_test, that_an_image_declares_outlives_a_redeploy_and_goes_only_when_that_is_asked_for) {
  auto const name = fresh("box");
  std::string const volume = name + "_-data";
  left_.push_back(volume);
  // Counts its starts in the place that the image declares.
  std::string const config = R"("image":"krane-test/box","tag":"1","command":["sh","-c",)"
                             R"("echo start >>/data/log; exec sleep 1000"])";
  create(name, config);
  ASSERT_EQ(run(name), "running");
  create(name, config);
  ASSERT_EQ(run(name), "running");
  auto const now = server().get("/deployments/" + name);
  EXPECT_EQ(now.at("/data/serving/volumes/0/name"), volume) << now.body;
  EXPECT_EQ(engine().call("GET", "/volumes/" + volume).status, 200);
  EXPECT_EQ(server().remove("/deployments/" + name).status, 200);
  EXPECT_EQ(engine().call("GET", "/volumes/" + volume).status, 200);

  create(name, config);
  ASSERT_EQ(run(name), "running");
  EXPECT_EQ(server().remove("/deployments/" + name + "?volumes=true").status, 200);
  EXPECT_EQ(engine().call("GET", "/volumes/" + volume).status, 404);
}

TEST_F(volume_test, an_image_that_was_built_here_is_not_removed_with_its_deployment) {
  auto const name = fresh("built");
  ASSERT_EQ(engine().call("POST", "/images/create?fromImage=krane-test/web&tag=1").status, 200);
  ASSERT_EQ(engine().call("POST", "/images/krane-test/web:1/tag?repo=krane-test/" + name + "&tag=dev").status, 201);
  create(name, R"("image":"krane-test/)" + name + R"(","tag":"dev","pull":"missing")");
  ASSERT_EQ(run(name), "running");
  EXPECT_EQ(server().remove("/deployments/" + name).status, 200);
  EXPECT_EQ(engine().call("GET", "/images/krane-test/" + name + ":dev/json").status, 200);
  EXPECT_EQ(engine().call("DELETE", "/images/krane-test/" + name + ":dev").status, 200);
}

}  // namespace
}  // namespace krane::e2e
