#include "support/scripted_registry.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace krane::test {
namespace {

constexpr int look_every_ms = 20;
constexpr char basic[] = "Basic YWRhOnB3";  // ada:pw

std::string sha256(std::string const& bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr);
  std::string out = "sha256:";
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", hash[i]);
  return out;
}

std::string header_of(registry_call const& call, std::string const& name) {
  auto const found = call.headers.find(name);
  return found == call.headers.end() ? "" : found->second;
}

}  // namespace

scripted_registry::scripted_registry() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  inet_pton(AF_INET, "127.0.0.1", &where.sin_addr);
  socklen_t size = sizeof where;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&where), size) != 0 || listen(listener_, 100) != 0)
    throw std::runtime_error("cannot listen");
  getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
  port_ = ntohs(where.sin_port);
  thread_ = std::thread([this] { serve(); });
}

scripted_registry::~scripted_registry() {
  stop_ = true;
  thread_.join();
  close(listener_);
  for (int const one : held_) close(one);
}

std::string scripted_registry::host() const {
  return fmt::format("127.0.0.1:{}", port_);
}

std::string scripted_registry::put(std::string bytes) {
  std::string digest = sha256(bytes);
  contents_[digest] = std::move(bytes);
  return digest;
}

std::string scripted_registry::diff_id(std::string const& layer) {
  return sha256("unpacked " + layer);
}

std::string scripted_registry::has(std::string const& repository, std::string const& tag, registry_image image) {
  std::scoped_lock const hold(mutex_);
  std::string layers;
  std::string diff_ids;
  for (auto const& [what, bytes] : image.layers) {
    std::string const comma = layers.empty() ? "" : ",";
    layers += fmt::format(R"({}{{"mediaType":"x","digest":"{}","size":{}}})", comma, sha256(what), bytes);
    diff_ids += fmt::format(R"({}"{}")", comma, diff_id(what));
  }
  std::string const config =
      put(fmt::format(R"({{"os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}})", diff_ids));
  std::string top = put(fmt::format(R"({{"schemaVersion":{},"config":{{"digest":"{}","size":10}},"layers":[{}]}})",
                                    image.schema, config, layers));
  if (image.in_list)
    top = put(fmt::format(
        R"({{"schemaVersion":2,"manifests":[{{"digest":"{}","size":1,"platform":{{"os":"linux","architecture":"arm64"}}}},)"
        R"({{"digest":"{}","size":1,"platform":{{"os":"linux","architecture":"amd64"}}}}]}})",
        sha256("another machine's"), top));
  return tags_[repository + ":" + tag] = top;
}

void scripted_registry::want(registry_wants what) {
  std::scoped_lock const hold(mutex_);
  wants_ = what;
}

void scripted_registry::answer_all(registry_reply with) {
  std::scoped_lock const hold(mutex_);
  trouble_ = std::move(with);
}

void scripted_registry::redirect_blobs(std::string to) {
  std::scoped_lock const hold(mutex_);
  blobs_elsewhere_ = std::move(to);
}

void scripted_registry::stall() {
  std::scoped_lock const hold(mutex_);
  stalls_ = true;
}

std::vector<registry_call> scripted_registry::calls() const {
  std::scoped_lock const hold(mutex_);
  return calls_;
}

void scripted_registry::serve() {
  while (!stop_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, look_every_ms) <= 0) continue;
    int const one = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (one >= 0) serve_one(one);
  }
}

// One request a connection.
void scripted_registry::serve_one(int socket) {
  std::string text;
  char bytes[4096];
  while (!text.contains("\r\n\r\n")) {
    auto const size = recv(socket, bytes, sizeof bytes, 0);
    // TLS, or nothing at all.
    if (size <= 0 || bytes[0] == 0x16) {
      close(socket);
      return;
    }
    text.append(bytes, static_cast<std::size_t>(size));
  }
  std::istringstream in(text);
  registry_call call;
  std::string line;
  in >> call.method >> call.target;
  std::getline(in, line);
  while (std::getline(in, line) && line != "\r") {
    auto const colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    call.headers[name] = line.substr(colon + 2, line.size() - colon - 3);
  }
  std::scoped_lock const hold(mutex_);
  calls_.push_back(call);
  if (stalls_) {
    held_.push_back(socket);
    return;
  }
  auto const reply = trouble_.status != 0 ? trouble_ : reply_to(call);
  std::string out =
      fmt::format("HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {}\r\n", reply.status, reply.body.size());
  for (auto const& one : reply.headers) out += one + "\r\n";
  out += "\r\n" + (call.method == "HEAD" ? "" : reply.body);
  send(socket, out.data(), out.size(), MSG_NOSIGNAL);
  close(socket);
}

bool scripted_registry::lets_in(registry_call const& call) const {
  std::string const sent = header_of(call, "authorization");
  switch (wants_) {
    case registry_wants::nothing:
      return true;
    case registry_wants::basic:
      return sent == basic;
    default:
      return sent == "Bearer good-token";
  }
}

registry_reply scripted_registry::reply_to(registry_call const& call) const {
  if (call.target.starts_with("/token?")) {
    if (wants_ == registry_wants::token_with_login && header_of(call, "authorization") != basic) return {.status = 401};
    return {.body = R"({"token":"good-token"})"};
  }
  if (!lets_in(call)) {
    if (wants_ == registry_wants::basic)
      return {.status = 401, .headers = {R"(WWW-Authenticate: Basic realm="krane")"}};
    return {.status = 401,
            .headers = {fmt::format(R"(WWW-Authenticate: Bearer realm="http://{}/token",service="the hub")", host())}};
  }
  auto const slash = call.target.rfind('/');
  std::string const which = call.target.substr(slash + 1);
  std::string const head = call.target.substr(0, slash);
  bool const blob = head.ends_with("/blobs");
  if (blob && !blobs_elsewhere_.empty())
    return {.status = 307, .headers = {"Location: " + blobs_elsewhere_ + call.target}};
  std::string digest = which;
  if (!blob && !which.starts_with("sha256:")) {
    std::string const repository = head.substr(4, head.size() - 4 - std::string("/manifests").size());
    auto const tag = tags_.find(repository + ":" + which);
    if (tag == tags_.end()) return {.status = 404, .body = R"({"errors":[{"code":"MANIFEST_UNKNOWN"}]})"};
    digest = tag->second;
  }
  auto const found = contents_.find(digest);
  if (found == contents_.end()) return {.status = 404};
  return {.body = found->second, .headers = {"Docker-Content-Digest: " + digest}};
}

}  // namespace krane::test
