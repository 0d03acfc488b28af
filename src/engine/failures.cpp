#include "engine/failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "engine/answers.hpp"
#include "model/reason.hpp"

namespace krane::docker {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool says(std::string_view words, std::initializer_list<std::string_view> any_of) {
  return std::ranges::any_of(any_of, [&](auto part) { return words.find(part) != std::string_view::npos; });
}

error disk_full(std::string_view words) {
  return make_error(errc::storage_full, reason::engine_storage,
                    fmt::format("the disk of the container engine is full: {}", words));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct cause {
  errc code;
  char const* reason;
  char const* meaning;  // completes "<image> was not pulled: …"
};

// What the registry answered, where the engine's words tell it: "error parsing HTTP 403 response body", "unexpected
// status from HEAD request to https://…: 429 Too Many Requests", "unexpected status code [manifests 1]: 403 Forbidden".
unsigned told_status(std::string_view words) {
  for (std::string_view const before :
       {"http status: ", "parsing http ", "unexpected status", "status code", "status: "}) {
    for (auto at = words.find(before); at != std::string_view::npos; at = words.find(before, at + 1)) {
      std::string_view rest = words.substr(at + before.size());
      if (before == "unexpected status" || before == "status code") {
        // What was asked stands in between.
        auto const colon = rest.find(": ");
        if (!rest.starts_with(' ') || rest.size() < 4 || !is_digit(rest[1])) {
          if (colon == std::string_view::npos) continue;
          rest = rest.substr(colon + 2);
        } else {
          rest.remove_prefix(1);
        }
      }
      if (rest.size() < 3 || !std::ranges::all_of(rest.substr(0, 3), is_digit)) continue;
      if (rest.size() > 3 && is_digit(rest[3])) continue;
      unsigned const status = static_cast<unsigned>((rest[0] - '0') * 100 + (rest[1] - '0') * 10 + rest[2] - '0');
      if (status >= 400 && status < 600) return status;
    }
  }
  return 0;
}

constexpr cause because_limited{errc::rate_limited, reason::registry_rate_limited,
                                "the registry refuses more pulls for now"};
constexpr cause because_login{errc::forbidden, reason::registry_auth, "the registry wants a login"};
constexpr cause because_denied{errc::forbidden, reason::registry_denied,
                               "the registry does not allow it, or has no such repository"};
constexpr cause because_unknown{errc::not_found, reason::image_not_found, "the registry has no such image"};
constexpr cause because_corrupt{errc::internal, reason::image_corrupt,
                                "what the registry sent is damaged, or no image"};
constexpr cause because_failed{errc::unavailable, reason::registry_error, "the registry or the engine failed"};

// Of a status that the same question will get again; none for one that may pass.
std::optional<cause> cause_of(unsigned status) {
  if (status == 401) return because_login;
  if (status == 404 || status == 410) return because_unknown;
  if (status == 429) return because_limited;
  // A timeout, and "too early".
  if (status == 408 || status == 425 || status < 400 || status >= 500) return std::nullopt;
  return because_denied;
}

// In this order: the codes that a registry answers with outweigh what else stands in the message. Of Docker's own store
// and of containerd's, which has words of its own.
cause registry_cause(unsigned status, std::string_view words) {
  if (says(words, {"toomanyrequests", "too many requests", "rate limit", "rate exceeded"})) return because_limited;
  if (says(words, {"unauthorized", "no basic auth credentials", "authentication required", "incorrect username"}))
    return because_login;
  if (says(words, {"denied: ", ": denied", "access denied", "access forbidden", "insufficient_scope"}))
    return because_denied;
  if (says(words, {"manifest unknown", "name unknown", "manifest_unknown", "name_unknown"})) return because_unknown;
  if (says(words, {"no matching manifest", "no match for platform", "does not match the specified platform",
                   "does not provide the specified platform"}))
    return {errc::not_found, reason::image_not_found,
            "the image does not exist for this machine's architecture; build it for that too"};
  if (says(words, {"verification failed",
                   "unknown blob",
                   "blob unknown",
                   "don't match image configuration",
                   "failed to register layer",
                   "failed to extract layer",
                   "error processing tar file",
                   "archive/tar",
                   "invalid tar header",
                   "gzip: invalid",
                   "zstd: invalid",
                   "unexpected digest",
                   "unexpected commit digest",
                   "failed size validation",
                   "mismatched image rootfs",
                   "digest mismatch",
                   "invalid checksum digest",
                   "error unmarshalling content",
                   "unsupported media type",
                   "unsupported manifest",
                   "invalid manifest",
                   "failed to unmarshal"}))
    return because_corrupt;
  if (auto const told = cause_of(told_status(words))) return *told;
  if (says(words, {"x509:", "gave http response to https"}))
    return {errc::forbidden, reason::registry_untrusted, "the engine does not trust the registry"};
  if (says(words, {"dial tcp", "connection refused", "no such host", "i/o timeout", "no route to host",
                   "network is unreachable", "client.timeout", "request canceled", "context deadline exceeded",
                   "connection reset", "tls:", "tls handshake", "server misbehaving", "proxyconnect", ": eof"}))
    return {errc::unavailable, reason::registry_unreachable, "the registry cannot be reached"};
  if (says(words, {"failed to resolve reference", "httpreadseeker"}) && words.ends_with(": not found"))
    return because_unknown;
  return cause_of(status).value_or(because_failed);
}

}  // namespace

error engine_failure(response const& answer, std::string_view doing) {
  std::string const words = read_message(answer.body);
  if (says(lower(words), {"no space left on device", "disk quota exceeded"})) return disk_full(words);
  return make_error(errc::internal, reason::engine_error,
                    fmt::format("the engine could not {}: {} (status {})", doing,
                                words.empty() ? "it does not say why" : words, answer.head.status));
}

error create_failure(response const& answer, std::string_view container) {
  std::string const words = read_message(answer.body);
  if (says(lower(words), {"cannot mkdir", "not a directory"}))
    return make_error(errc::invalid, reason::not_in_image,
                      fmt::format("the folder that container {} works in, or a place for one of its mounts, is a file "
                                  "in the image; give another working_dir or target ({})",
                                  container, words));
  if (says(lower(words), {"no command specified", "no command or entrypoint"}))
    return make_error(
        errc::invalid, reason::no_command,
        fmt::format("the image of container {} says no command, so there is nothing to run; give it a CMD "
                    "or an ENTRYPOINT, or set command",
                    container));
  return engine_failure(answer, fmt::format("create container {}", container));
}

error start_failure(response const& answer, std::string_view container) {
  std::string const words = read_message(answer.body);
  std::string const small = lower(words);
  if (answer.head.status == 400)
    return make_error(errc::invalid, reason::command_not_found,
                      fmt::format("the command of container {} cannot be run: {}", container, words));
  if (says(small, {"port is already allocated", "address already in use"}))
    return make_error(errc::conflict, reason::port_in_use,
                      fmt::format("a port that container {} needs is in use on this host: {}", container, words));
  if (says(small, {"unable to find user", "unable to find group", "no matching entries in passwd file",
                   "no matching entries in group file"}))
    return make_error(errc::invalid, reason::not_in_image,
                      fmt::format("the user that container {} runs as is not in the image; name another, or one by its "
                                  "number, or add it to the image ({})",
                                  container, words));
  return engine_failure(answer, fmt::format("start container {}", container));
}

error pull_failure(unsigned status, std::string_view words, std::string_view image, std::string_view what) {
  std::string const small = lower(words);
  if (says(small, {"no space left on device", "disk quota exceeded"})) return disk_full(words);
  if (status == 400) return make_error(errc::invalid, "invalid", fmt::format("{} cannot be pulled: {}", image, words));
  cause const why = registry_cause(status, small);
  return make_error(why.code, why.reason, fmt::format("{} {}: {}: {}", image, what, why.meaning, words));
}

error no_such_container(std::string_view id_or_name) {
  return make_error(errc::not_found, reason::container_gone, fmt::format("there is no container {}", id_or_name));
}

error output_not_kept(std::string_view container) {
  return make_error(errc::invalid, reason::output_not_kept,
                    fmt::format("the output of container {} is not kept, so nobody can read it: its logging driver is "
                                "\"none\", or gives nothing back; set logging.driver to json-file or local, then "
                                "deploy again",
                                container));
}

error late(std::string_view doing, std::chrono::milliseconds limit) {
  return make_error(errc::timed_out, reason::deadline,
                    fmt::format("the engine did not {} within {} ms", doing, limit.count()));
}

}  // namespace krane::docker
