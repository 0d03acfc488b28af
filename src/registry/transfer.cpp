#include "registry/transfer.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <string_view>

#include "base/version.hpp"
#include "model/reason.hpp"

namespace krane::oci {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t most_bytes = 4 * 1024 * 1024;
constexpr std::size_t most_header_bytes = 8 * 1024;
constexpr std::size_t most_challenges = 8;
constexpr long most_redirects = 5;
constexpr long connect_limit_ms = 3'000;

struct receiver {
  answer got;
  bool too_large = false;
};

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* to) {
  auto& into = *static_cast<receiver*>(to);
  into.too_large = into.got.body.size() + size > most_bytes;
  if (into.too_large) return 0;
  into.got.body.append(bytes, size);
  return size;
}

// The value, if it is this header's; `name` in lower case.
std::optional<std::string> value_of(std::string_view line, std::string_view name) {
  auto const colon = line.find(':');
  if (colon != name.size()) return std::nullopt;
  auto const same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  if (!std::ranges::equal(line.substr(0, colon), name, same)) return std::nullopt;
  line.remove_prefix(colon + 1);
  auto const first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return std::string{};
  auto const last = line.find_last_not_of(" \t\r\n");
  return std::string(line.substr(first, last == std::string_view::npos ? last : last - first + 1));
}

std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* to) {
  auto& got = static_cast<receiver*>(to)->got;
  std::string_view const line(bytes, size);
  // Of the last answer only, not of those that sent us there.
  if (line.starts_with("HTTP/")) got = {};
  if (size > most_header_bytes) return size;
  if (auto digest = value_of(line, "docker-content-digest")) got.digest = std::move(*digest);
  if (auto after = value_of(line, "retry-after")) got.retry_after = std::move(*after);
  if (auto wanted = value_of(line, "www-authenticate"); wanted && got.challenges.size() < most_challenges)
    got.challenges.push_back(std::move(*wanted));
  return size;
}

int on_progress(void* stopped, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<std::atomic<bool> const*>(stopped)->load() ? 1 : 0;
}

void prepare_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

class transfer::impl {
public:
  impl(steady_clock::time_point until, std::atomic<bool> const& stopped) : until_(until), stopped_(stopped) {
    prepare_curl();
    curl_ = curl_easy_init();
  }
  ~impl() { curl_easy_cleanup(curl_); }
  impl(impl const&) = delete;

  result<answer> ask(question const& what, place const& of) {
    auto const left = std::chrono::duration_cast<milliseconds>(until_ - steady_clock::now());
    if (stopped_) return make_error(errc::cancelled, "the server stops");
    if (left <= milliseconds{0}) return late(of);
    if (curl_ == nullptr) return make_error(errc::internal, "libcurl cannot be used on this machine");
    // Options begin anew, connections are kept.
    curl_easy_reset(curl_);
    receiver into;
    std::string reason(CURL_ERROR_SIZE, '\0');
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> const headers(
        curl_slist_append(nullptr, ("Accept: " + what.accept).c_str()), curl_slist_free_all);
    auto const set = [&](CURLoption option, auto value) { curl_easy_setopt(curl_, option, value); };
    std::string const protocols = of.base.starts_with("http://") || !of.verified ? "http,https" : "https";
    set(CURLOPT_URL, what.url.c_str());
    set(CURLOPT_NOBODY, what.head_only ? 1L : 0L);
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_USERAGENT, fmt::format("krane/{}", version).c_str());
    set(CURLOPT_PROTOCOLS_STR, protocols.c_str());
    set(CURLOPT_REDIR_PROTOCOLS_STR, protocols.c_str());
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, most_redirects);
    set(CURLOPT_SSL_VERIFYPEER, of.verified ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, of.verified ? 2L : 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, connect_limit_ms);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    set(CURLOPT_ERRORBUFFER, reason.data());
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&into));
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&into));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &on_progress);
    set(CURLOPT_XFERINFODATA, static_cast<void const*>(&stopped_));
    if (of.is_loopback) set(CURLOPT_NOPROXY, "*");
    if (what.login) {
      set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      set(CURLOPT_USERNAME, what.login->username.c_str());
      set(CURLOPT_PASSWORD, what.login->password.c_str());
    } else if (!what.token.empty()) {
      set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
      set(CURLOPT_XOAUTH2_BEARER, what.token.c_str());
    }
    CURLcode const done = curl_easy_perform(curl_);
    if (done == CURLE_OK) {
      curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &into.got.status);
      return std::move(into.got);
    }
    if (stopped_) return make_error(errc::cancelled, "the server stops");
    if (into.too_large)
      return make_error(errc::internal, reason::registry_error,
                        fmt::format("{} answers with more than {} bytes", of.base, most_bytes));
    if (done == CURLE_OPERATION_TIMEDOUT) return late(of);
    reason.resize(reason.find('\0'));
    return make_error(
        errc::unavailable, reason::registry_unreachable,
        fmt::format("{} cannot be reached: {}", of.base, reason.empty() ? curl_easy_strerror(done) : reason));
  }

  std::string escaped(std::string const& text) const {
    std::unique_ptr<char, decltype(&curl_free)> const out(
        curl_easy_escape(curl_, text.data(), static_cast<int>(text.size())), curl_free);
    return out ? out.get() : "";
  }

private:
  static error late(place const& of) {
    return make_error(errc::timed_out, reason::deadline, fmt::format("{} does not answer in time", of.base));
  }

  steady_clock::time_point until_;
  std::atomic<bool> const& stopped_;
  CURL* curl_ = nullptr;
};

transfer::transfer(steady_clock::time_point until, std::atomic<bool> const& stopped)
    : impl_(std::make_unique<impl>(until, stopped)) {}
transfer::~transfer() = default;

result<answer> transfer::ask(question what, place const& of) {
  return impl_->ask(what, of);
}

std::string transfer::escaped(std::string const& text) const {
  return impl_->escaped(text);
}

}  // namespace krane::oci
