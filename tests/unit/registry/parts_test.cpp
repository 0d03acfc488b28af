// What the room takes apart without asking anybody.
#include <gmock/gmock.h>

#include "model/reason.hpp"
#include "registry/challenge.hpp"
#include "registry/manifest.hpp"
#include "registry/places.hpp"

namespace krane::oci {
namespace {

pull_habits const here{.os = "linux", .architecture = "amd64", .mirrors = {}, .insecure = {"127.0.0.0/8", "lan:5000"}};

TEST(challenge, is_read_with_its_parts) {
  EXPECT_EQ(
      read_challenge({R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="a:b:pull")"}),
      (challenge{true, "https://auth.docker.io/token", "registry.docker.io", "a:b:pull"}));
  EXPECT_EQ(read_challenge({R"(Basic realm="a \"b\", c")"}), (challenge{false, R"(a "b", c)", "", ""}));
  EXPECT_EQ(read_challenge({"basic realm=x"}), (challenge{false, "x", "", ""}));
}

TEST(challenge, the_one_with_a_token_is_chosen_of_several) {
  challenge const token{true, "https://t", "", ""};
  EXPECT_EQ(read_challenge({"Basic realm=x", "Bearer realm=\"https://t\""}), token);
  EXPECT_EQ(read_challenge({"Basic realm=x, Bearer realm=\"https://t\", Digest realm=y"}), token);
}

TEST(challenge, that_is_none_is_none) {
  for (char const* text : {"", "Digest realm=\"x\"", "===", "\"", ", ,", "Negotiate", "realm=\"x\""})
    EXPECT_FALSE(read_challenge({text})) << text;
}

TEST(manifest, of_a_list_the_one_of_this_machine_is_chosen) {
  std::string const digest = digest_of("x");
  auto const read = read_manifest(R"({"schemaVersion":2,"manifests":[{"digest":"sha256:no","size":1},
      {"digest":"sha256:no","platform":{"os":"unknown","architecture":"unknown"}},
      {"digest":")" + digest + R"(","platform":{"os":"linux","architecture":"amd64"}}]})",
                                  here);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(std::get<listed_manifest>(*read).digest, digest);
}

TEST(manifest, a_list_without_this_machine_is_no_image) {
  auto const read = read_manifest(
      R"({"schemaVersion":2,"manifests":[{"digest":"sha256:no","platform":{"os":"linux","architecture":"s390x"}}]})",
      here);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().reason, reason::image_not_found);
  EXPECT_THAT(read.error().message, testing::HasSubstr("linux/amd64"));
}

TEST(manifest, what_is_none_is_refused) {
  std::string const digest = digest_of("x");
  for (std::string const& text :
       {std::string("[]"), std::string("{}"), std::string(R"({"schemaVersion":2})"),
        std::string(R"({"schemaVersion":2,"config":{"digest":"../../etc"},"layers":[]})"),
        R"({"schemaVersion":2,"config":{"digest":")" + digest + R"("},"layers":[{"digest":")" + digest + R"("}]})",
        R"({"schemaVersion":2,"config":{"digest":")" + digest + R"("},"layers":[{"digest":")" + digest +
            R"(","size":-1}]})"})
    EXPECT_FALSE(read_manifest(text, here)) << text;
}

TEST(places, docker_io_is_asked_at_its_mirrors_first) {
  pull_habits how = here;
  how.mirrors = {"https://mirror.example.org/hub/", "http://127.0.0.1:5000"};
  auto const all = places_of({"docker.io", "nginx", "1", {}}, how);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0], (place{"https://mirror.example.org/hub", true, false, true}));
  EXPECT_EQ(all[1], (place{"http://127.0.0.1:5000", false, true, true}));
  EXPECT_EQ(all[2], (place{"https://registry-1.docker.io", true, false, false}));
  EXPECT_EQ(repository_path({"docker.io", "nginx", "1", {}}), "library/nginx");
  EXPECT_EQ(repository_path({"docker.io", "a/nginx", "1", {}}), "a/nginx");
  EXPECT_EQ(repository_path({"ghcr.io", "nginx", "1", {}}), "nginx");
}

TEST(places, tls_is_left_out_only_where_the_engine_calls_it_insecure) {
  EXPECT_EQ(places_of({"ghcr.io", "a", "1", {}}, here), (std::vector{place{"https://ghcr.io", true, false, false}}));
  EXPECT_EQ(places_of({"lan:5000", "a", "1", {}}, here), (std::vector{place{"https://lan:5000", false, false, false},
                                                                      place{"http://lan:5000", false, false, false}}));
  EXPECT_EQ(places_of({"10.0.0.1:5000", "a", "1", {}}, here).size(), 1U);
  EXPECT_EQ(places_of({"localhost:5000", "a", "1", {}}, here).size(), 2U);
}

TEST(places, networks_and_hosts_are_told_apart) {
  std::vector<std::string> const some{"10.1.0.0/16", "fd00::/8", "registry.lan"};
  EXPECT_TRUE(is_insecure("10.1.2.3:5000", some));
  EXPECT_TRUE(is_insecure("[fd00::1]:5000", some));
  EXPECT_TRUE(is_insecure("registry.lan", some));
  EXPECT_FALSE(is_insecure("10.2.2.3:5000", some));
  EXPECT_FALSE(is_insecure("registry.lan.example.org", some));
  EXPECT_FALSE(is_insecure("[fe80::1]", some));
}

}  // namespace
}  // namespace krane::oci
