#include "engine/failures.hpp"

#include <gtest/gtest.h>

#include <string>

#include "model/reason.hpp"

namespace krane::docker {
namespace {

response answer(unsigned status, std::string const& message) {
  return {{status, "", ""}, "{\"message\":\"" + message + "\"}"};
}

TEST(failures, a_taken_port_is_told_by_its_words_since_the_status_is_that_of_any_failure) {
  EXPECT_EQ(
      start_failure(answer(500, "driver failed: Bind for 0.0.0.0:80 failed: port is already allocated"), "c").reason,
      reason::port_in_use);
  EXPECT_EQ(start_failure(answer(500, "listen tcp4 0.0.0.0:80: bind: address already in use"), "c").reason,
            reason::port_in_use);
  EXPECT_EQ(start_failure(answer(500, "cannot mount"), "c").reason, reason::engine_error);
}

TEST(failures, a_command_that_cannot_be_run_is_told_by_its_status) {
  EXPECT_EQ(start_failure(answer(400, "OCI runtime create failed"), "c").reason, reason::command_not_found);
}

TEST(failures, what_the_config_names_and_the_image_has_not_is_told_by_its_words) {
  EXPECT_EQ(start_failure(answer(500, "unable to find user bob: no matching entries in passwd file"), "c").reason,
            reason::not_in_image);
  EXPECT_EQ(create_failure(answer(500, "Cannot mkdir: /bin/sh is not a directory"), "c").reason, reason::not_in_image);
  EXPECT_EQ(create_failure(answer(500, "out of ideas"), "c").reason, reason::engine_error);
  EXPECT_EQ(create_failure(answer(500, "mkdir x: no space left on device"), "c").reason, reason::engine_storage);
}

TEST(failures, a_full_disk_is_told_wherever_it_shows) {
  EXPECT_EQ(engine_failure(answer(500, "mkdir x: no space left on device"), "create c").reason, reason::engine_storage);
  EXPECT_EQ(start_failure(answer(500, "mkdir x: no space left on device"), "c").reason, reason::engine_storage);
  EXPECT_EQ(pull_failure(200, "failed to register layer: no space left on device", "i").reason, reason::engine_storage);
}

struct words {
  unsigned status;
  char const* text;
  char const* reason;
};

class pull_failures : public testing::TestWithParam<words> {};

TEST_P(pull_failures, have_the_reason_that_the_words_give) {
  auto const& [status, text, wanted] = GetParam();
  EXPECT_EQ(pull_failure(status, text, "docker.io/a/b:1").reason, wanted) << text;
}

INSTANTIATE_TEST_SUITE_P(
    of_registries, pull_failures,
    testing::Values(
        words{500, "Get \"http://127.0.0.1:5000/v2/\": dial tcp 127.0.0.1:5000: connect: connection refused",
              reason::registry_unreachable},
        words{500, "Get \"https://registry.invalid/v2/\": dial tcp: lookup registry.invalid: no such host",
              reason::registry_unreachable},
        words{500,
              "Get \"https://r/v2/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded "
              "while awaiting headers)",
              reason::registry_unreachable},
        words{500, "Get \"https://r/v2/\": x509: certificate signed by unknown authority", reason::registry_untrusted},
        words{500, "Get \"https://r/v2/\": http: server gave HTTP response to HTTPS client",
              reason::registry_untrusted},
        words{500, "Head \"https://r/v2/a/manifests/1\": unauthorized: authentication required", reason::registry_auth},
        words{500, "Head \"https://r/v2/a/manifests/1\": no basic auth credentials", reason::registry_auth},
        words{500, "error parsing HTTP 403 response body: unexpected end of JSON input", reason::registry_denied},
        words{500, "denied: requested access to the resource is denied", reason::registry_denied},
        words{500, "toomanyrequests: You have reached your pull rate limit", reason::registry_rate_limited},
        words{500, "error parsing HTTP 429 response body: invalid character 'T'", reason::registry_rate_limited},
        words{500, "received unexpected HTTP status: 500 Internal Server Error", reason::registry_error},
        words{404, "manifest for a/b:1 not found: manifest unknown: manifest unknown", reason::image_not_found},
        words{404,
              "pull access denied for r/a, repository does not exist or may require 'docker login': denied: requested "
              "access to the resource is denied",
              reason::registry_denied},
        words{500,
              "error parsing HTTP 404 response body: invalid character 'N' looking for beginning of value: \"Nope\"",
              reason::image_not_found},
        words{404, "repository r/a not found: name unknown: repository name not known to registry",
              reason::image_not_found},
        words{500, "manifest unknown", reason::image_not_found},
        words{500, "error unmarshalling content: invalid character '<' looking for beginning of value",
              reason::image_corrupt},
        words{200, "layers from manifest don't match image configuration", reason::image_corrupt},
        words{200, "failed to register layer: Error processing tar file(exit status 1): unexpected EOF",
              reason::image_corrupt},
        words{500, "open /var/lib/docker/x: permission denied", reason::registry_error},
        words{500, "name unknown: repository name not known to registry", reason::image_not_found},
        words{500, "no matching manifest for linux/arm64/v8 in the manifest list entries", reason::image_not_found},
        words{200, "filesystem layer verification failed for digest sha256:00", reason::image_corrupt},
        words{200, "unknown blob", reason::image_corrupt},
        words{200, "manifest verification failed for digest sha256:00", reason::image_corrupt},
        words{200, "unexpected EOF", reason::registry_error}));

TEST(failures, a_reference_that_the_engine_refuses_is_invalid) {
  EXPECT_EQ(pull_failure(400, "invalid reference format", "x").code, errc::invalid);
}

}  // namespace
}  // namespace krane::docker
