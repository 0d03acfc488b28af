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
  EXPECT_EQ(create_failure(answer(400, "No command specified"), "c").reason, reason::no_command);
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

// Of engines that keep images in containerd's store (Docker 24 and later, if it is told to; 29 by itself).
INSTANTIATE_TEST_SUITE_P(
    of_the_containerd_store, pull_failures,
    testing::Values(
        words{404, "failed to resolve reference \"docker.io/a/b:1\": docker.io/a/b:1: not found",
              reason::image_not_found},
        words{200, "failed to resolve reference \"r/a/b:1\": r/a/b:1: not found", reason::image_not_found},
        words{500,
              "failed to resolve reference \"docker.io/a/b:1\": pull access denied, repository does not exist or may "
              "require authorization: server message: insufficient_scope: authorization failed",
              reason::registry_denied},
        words{500,
              "failed to resolve reference \"r/a/b:1\": pull access denied, repository does not exist or may require "
              "authorization: authorization failed: no basic auth credentials",
              reason::registry_auth},
        words{500,
              "failed to resolve reference \"r/a/b:1\": failed to authorize: failed to fetch oauth token: unexpected "
              "status from GET request to https://r/token?scope=repository%3Aa%2Fb%3Apull&service=r: 401 Unauthorized",
              reason::registry_auth},
        words{500,
              "failed to resolve reference \"r/a/b:1\": unexpected status from HEAD request to "
              "https://r/v2/a/b/manifests/1: 403 Forbidden",
              reason::registry_denied},
        words{500,
              "failed to resolve reference \"r/a/b:1\": unexpected status from HEAD request to "
              "https://r:5000/v2/a/b/manifests/1: 451 Unavailable For Legal Reasons",
              reason::registry_denied},
        words{500, "failed to resolve reference \"r/a/b:1\": unexpected status code [manifests 1]: 403 Forbidden",
              reason::registry_denied},
        words{
            500,
            "failed to copy: httpReadSeeker: failed open: unexpected status code https://r/v2/a/b/manifests/sha256:00: "
            "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
            reason::registry_rate_limited},
        words{200,
              "failed to copy: httpReadSeeker: failed open: unexpected status from GET request to "
              "https://r/v2/a/b/blobs/sha256:00: 429 Too Many Requests",
              reason::registry_rate_limited},
        words{500,
              "failed to resolve reference \"r/a/b:1\": unexpected status from HEAD request to "
              "https://r/v2/a/b/manifests/1: 503 Service Unavailable",
              reason::registry_error},
        words{500,
              "failed to resolve reference \"r/a/b:1\": failed to do request: Head \"https://r/v2/a/b/manifests/1\": "
              "dial tcp 127.0.0.1:5000: connect: connection refused",
              reason::registry_unreachable},
        words{
            200,
            "failed commit on ref \"layer-sha256:00\": unexpected commit digest sha256:01, expected sha256:00: failed "
            "precondition",
            reason::image_corrupt},
        words{200,
              "failed commit on ref \"layer-sha256:00\": \"layer-sha256:00\" failed size validation: 12 != 13: "
              "failed precondition",
              reason::image_corrupt},
        words{200,
              "failed to extract layer sha256:00: mount callback failed on /tmp/x: archive/tar: invalid tar header: "
              "unknown",
              reason::image_corrupt},
        words{200, "mismatched image rootfs and manifest layers", reason::image_corrupt},
        words{404, "no match for platform in manifest sha256:00: not found", reason::image_not_found},
        words{200, "short read: expected 2048 bytes but got 1024: unexpected EOF", reason::registry_error}));

INSTANTIATE_TEST_SUITE_P(
    of_docker_by_version, pull_failures,
    testing::Values(words{500, "error from registry: denied\ndenied", reason::registry_denied},
                    words{500, "error from registry: You have reached your unauthenticated pull rate limit.",
                          reason::registry_rate_limited},
                    words{500, "Get \"https://r/v2/\": unauthorized: incorrect username or password",
                          reason::registry_auth},
                    words{500, "denied: Your authorization token has expired. Reauthenticate and try again.",
                          reason::registry_denied},
                    words{500, "toomanyrequests: Rate exceeded", reason::registry_rate_limited},
                    words{500, "received unexpected HTTP status: 402 Payment Required", reason::registry_denied},
                    words{500, "received unexpected HTTP status: 408 Request Timeout", reason::registry_error},
                    words{500, "unknown: Service Unavailable", reason::registry_error},
                    words{401, "something new", reason::registry_auth},
                    words{403, "something new", reason::registry_denied},
                    words{429, "something new", reason::registry_rate_limited},
                    words{503, "something new", reason::registry_error}));

TEST(failures, a_reference_that_the_engine_refuses_is_invalid) {
  EXPECT_EQ(pull_failure(400, "invalid reference format", "x").code, errc::invalid);
}

}  // namespace
}  // namespace krane::docker
