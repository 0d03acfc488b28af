// The disk on a real engine and a real registry: what does not fit is not pulled, and what krane pulled goes again.
#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr char manifest_type[] = "application/vnd.docker.distribution.manifest.v2+json";

std::string sha256(std::string const& bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr);
  std::string out = "sha256:";
  for (unsigned i = 0; i < size; ++i) {
    constexpr char digits[] = "0123456789abcdef";
    out += digits[hash[i] >> 4];
    out += digits[hash[i] & 15];
  }
  return out;
}

// A layer of one file. Not packed: engines look for themselves whether one is.
std::string tar_of(std::string const& name, std::string const& content) {
  std::string head(512, '\0');
  auto const put = [&](std::size_t at, std::string const& text) { head.replace(at, text.size(), text); };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  char octal[12];
  std::snprintf(octal, sizeof octal, "%011zo", content.size());
  put(124, octal);
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, std::string("ustar\0", 6) + "00");
  unsigned sum = 0;
  for (char const c : head) sum += static_cast<unsigned char>(c);
  std::snprintf(octal, 8, "%06o", sum);
  put(148, octal);
  return head + content + std::string((512 - content.size() % 512) % 512 + 1024, '\0');
}

class disk : public on_a_real_engine {
protected:
  // Known only where there is a real engine.
  endpoint registry() const { return endpoint::parse("tcp://" + docker::registry()); }

  answer get_from_registry(std::string const& target) {
    auto got = exchange(registry(), "GET", target, {{"Accept", manifest_type}});
    EXPECT_EQ(got.status, 200) << got.body;
    return got;
  }
  std::string upload(std::string const& repository, std::string const& bytes) {
    auto const begun = exchange(registry(), "POST", "/v2/" + repository + "/blobs/uploads/", {{"Content-Length", "0"}});
    EXPECT_EQ(begun.status, 202) << begun.body;
    auto const where = begun.header("location");
    auto const digest = sha256(bytes);
    auto const put = exchange(registry(), "PUT", where.substr(where.find("/v2/")) + "&digest=" + digest, {}, bytes);
    EXPECT_EQ(put.status, 201) << put.body;
    return digest;
  }
  // Tags 1 to `count` of a repository of this test's own: each an image of its own, that nobody has yet.
  std::string own_images(int count) {
    auto const repository = "krane-test/" + fresh("own");
    auto manifest = get_from_registry("/v2/krane-test/keep/manifests/1").json().as_object();
    auto config =
        get_from_registry("/v2/krane-test/keep/blobs/" + text_at(manifest, "/config/digest")).json().as_object();
    for (auto const& layer : manifest.at("layers").as_array()) {
      auto const mount =
          "/v2/" + repository + "/blobs/uploads/?mount=" + text_at(layer, "/digest") + "&from=krane-test/keep";
      EXPECT_EQ(exchange(registry(), "POST", mount, {{"Content-Length", "0"}}).status, 201);
    }
    config.erase("history");
    auto const base_layers = manifest.at("layers").as_array();
    auto const base_ids = config.at("rootfs").at("diff_ids").as_array();
    for (int tag = 1; tag <= count; ++tag) {
      auto const layer = tar_of("own", repository + std::to_string(tag));
      auto const digest = upload(repository, layer);
      auto layers = base_layers;
      layers.push_back({{"mediaType", "application/vnd.docker.image.rootfs.diff.tar.gzip"},
                        {"digest", digest},
                        {"size", layer.size()}});
      manifest["layers"] = layers;
      auto ids = base_ids;
      ids.emplace_back(digest);
      config["rootfs"].as_object()["diff_ids"] = ids;
      auto const bytes = boost::json::serialize(config);
      manifest["config"].as_object()["digest"] = upload(repository, bytes);
      manifest["config"].as_object()["size"] = bytes.size();
      auto const put = exchange(registry(), "PUT", "/v2/" + repository + "/manifests/" + std::to_string(tag),
                                {{"Content-Type", manifest_type}}, boost::json::serialize(manifest));
      EXPECT_EQ(put.status, 201) << put.body;
    }
    return repository;
  }
};

TEST_F(disk, of_six_releases_the_images_of_the_last_stay_and_those_of_others) {
  krane_server keeps_two(server_options{.engine = {}, .environment = {{"KRANE_KEEP_RELEASES", "2"}}, .arguments = {}});
  auto const repository = own_images(6);
  auto const has = [&](int tag) {
    return engine().has_image(docker::registry() + "/" + repository + ":" + std::to_string(tag));
  };
  engine().pull(docker::registry() + "/" + repository, "1");
  auto const name = fresh("disk");
  for (int tag = 1; tag <= 6; ++tag) {
    keeps_two.create(name, R"("registry":")" + docker::registry() + R"(","image":")" + repository + R"(","tag":")" +
                               std::to_string(tag) + '"');
    auto const ran = keeps_two.run(name);
    ASSERT_EQ(ran.at("/data/status"), "running") << ran.body << keeps_two.last_error(name);
    if (tag == 2) stranger(fresh("stranger"), R"({"Image":")" + docker::registry() + "/" + repository + R"(:2"})");
  }
  EXPECT_TRUE(eventually([&] { return !has(3) && !has(4); })) << keeps_two.log();
  EXPECT_TRUE(has(1)) << "it was there before";
  EXPECT_TRUE(has(2)) << "somebody else's container is made of it";
  EXPECT_TRUE(has(5) && has(6));

  auto const held = keeps_two.get("/system");
  EXPECT_EQ(held.at("/data/holds/containers"), "1") << held.body;
  EXPECT_EQ(held.at("/data/holds/images"), "3") << held.body;
  person ada;
  ada.sets("KRANE_ENDPOINT", keeps_two.url());
  ada.sets("KRANE_TOKEN", keeps_two.token());
  EXPECT_THAT(ada.types({"doctor"}).out, ContainsRegex("ok   holds +1 container, 3 images that krane pulled"));

  // One whose image has gone comes back.
  auto const back = keeps_two.post("/deployments/" + name + "/rollback", R"({"release":3})");
  ASSERT_EQ(back.status, 202) << back.body;
  EXPECT_EQ(keeps_two.settled(name).at("/data/status"), "running") << keeps_two.last_error(name);
  EXPECT_EQ(keeps_two.remove("/deployments/" + name).status, 200);
  engine().call("DELETE", "/images/" + docker::registry() + "/" + repository + ":1");
}

TEST_F(disk, an_image_that_does_not_fit_is_refused_before_anything_is_created) {
  krane_server full(server_options{.engine = {}, .environment = {{"KRANE_DISK_RESERVE", "100000G"}}, .arguments = {}});
  auto const repository = own_images(1);
  for (bool const by_mirror : {true, false}) {
    auto const name = fresh("full");
    // docker.io's images are the registry's here, by way of the engine's mirror.
    std::string const from = by_mirror ? "" : R"("registry":")" + docker::registry() + R"(",)";
    full.create(name, from + R"("image":")" + repository + R"(","tag":"1")");
    auto const refused = full.post("/deployments/" + name + "/run");
    EXPECT_EQ(refused.status, 507) << refused.body;
    EXPECT_EQ(refused.reason(), "engine_storage");
    EXPECT_THAT(refused.error(), HasSubstr("does not fit on the disk"));
    EXPECT_TRUE(engine().named_like_ours(name).empty());
    EXPECT_FALSE(engine().has_image((by_mirror ? "docker.io" : docker::registry()) + "/" + repository + ":1"));
    EXPECT_EQ(full.get("/deployments/" + name + "/runs").at("/data"), "[]");
    EXPECT_EQ(full.remove("/deployments/" + name).status, 200);
  }
  person ada;
  ada.sets("KRANE_ENDPOINT", full.url());
  ada.sets("KRANE_TOKEN", full.token());
  EXPECT_THAT(ada.types({"doctor"}).out, ContainsRegex("(warn|FAIL) disk +.* for images, .*reserve"));
}

}  // namespace
}  // namespace krane::e2e
