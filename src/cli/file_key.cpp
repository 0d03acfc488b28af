// Keys in files.
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/jws_signing.hpp"
#include "cli/login_key.hpp"
#include "cli/private_agent.hpp"
#include "cli/private_key.hpp"

namespace krane::cli {
namespace {

constexpr std::size_t max_key_bytes = 64 * 1024;
constexpr int max_tries = 3;

// Refused as ssh refuses it when others may read it.
result<std::string> read_key_text(std::string const& path) {
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0)
    return make_error(errno == ENOENT ? errc::not_found : errc::invalid, "no_key_file",
                      fmt::format("the key {} cannot be read: {}", path, std::strerror(errno)));
  if (!S_ISREG(facts.st_mode))
    return make_error(errc::invalid, "no_key_file", fmt::format("the key {} is no file", path));
  if (static_cast<std::size_t>(facts.st_size) > max_key_bytes)
    return make_error(errc::invalid, "no_key_file", fmt::format("{} is too long for a key", path));
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return make_error(errc::invalid, "no_key_file", fmt::format("the key {} cannot be read", path));
  if (facts.st_uid == getuid() && (facts.st_mode & 077) != 0 && text.contains("PRIVATE KEY"))
    return make_error(errc::invalid, "open_key_file",
                      fmt::format("others may read the private key {}; mend it with: chmod 600 {}", path, path));
  return text;
}

std::optional<public_half> read_public_file(std::string const& path) {
  std::ifstream file(path + ".pub");
  std::string line;
  std::getline(file, line);
  return parse_public_line(line);
}

class file_key final : public login_key {
public:
  file_key(std::string path, std::string text, key_facts facts, secret_source ask)
      : path_(std::move(path)), text_(std::move(text)), facts_(std::move(facts)), ask_(std::move(ask)) {
    auto beside = read_public_file(path_);
    if (!facts_.known) facts_.known = std::move(beside);
    // An encrypted key keeps its comment to itself.
    else if (beside && beside->blob == facts_.known->blob && facts_.known->comment.empty())
      facts_.known->comment = beside->comment;
  }
  ~file_key() override { OPENSSL_cleanse(text_.data(), text_.size()); }

  std::optional<public_half> const& known() const override { return facts_.known; }
  std::string const& source() const override { return path_; }
  bool needs_passphrase() const override { return facts_.needs_passphrase; }
  task<login_algorithm> prepare() override;
  task<std::string> sign(std::string what) override;

private:
  result<void> read();
  error about_this(error why) const;

  std::string path_;
  std::string text_;
  key_facts facts_;
  secret_source ask_;
  std::optional<private_key> key_;
  std::unique_ptr<private_agent> agent_;
};

error file_key::about_this(error why) const {
  if (why.code == errc::cancelled) return why;
  why.message = fmt::format("{}: {}", path_, why.message);
  return why;
}

result<void> file_key::read() {
  for (int tries = 1;; ++tries) {
    auto const ask = [&]() -> result<std::string> {
      if (!ask_)
        return make_error(errc::invalid, "no_terminal",
                          "the key has a passphrase, and there is no terminal to ask for it; add it to an ssh-agent "
                          "(ssh-add)");
      return ask_(fmt::format("{}passphrase for {}: ", tries == 1 ? "" : "that was not it; ", path_));
    };
    auto opened = private_key::read(text_, ask);
    if (!opened && opened.error().reason == "wrong_passphrase" && tries < max_tries) continue;
    if (!opened) return about_this(opened.error());
    std::string const comment = facts_.known ? facts_.known->comment : "";
    facts_.known = opened->public_part();
    if (facts_.known->comment.empty()) facts_.known->comment = comment;
    key_.emplace(std::move(*opened));
    return {};
  }
}

task<login_algorithm> file_key::prepare() {
  if (facts_.is_openssh && facts_.needs_passphrase) {
    auto const fit = algorithm_for(*facts_.known);
    if (!fit) co_return about_this(fit.error());
    if (!agent_) {
      auto opened = co_await private_agent::open_key(path_);
      if (!opened) co_return opened.error();
      agent_ = std::move(*opened);
    }
    co_return *fit;
  }
  if (!key_)
    if (auto const done = read(); !done) co_return done.error();
  co_return algorithm_for(*facts_.known);
}

task<std::string> file_key::sign(std::string what) {
  auto const algorithm = algorithm_for(*facts_.known);
  if (!algorithm) co_return algorithm.error();
  if (!agent_) co_return key_->sign(*algorithm, what);
  auto const signature = co_await agent_->sign(*facts_.known, std::move(what));
  if (!signature) co_return signature.error();
  co_return to_jws_signature(*algorithm, *signature);
}

}  // namespace

result<std::unique_ptr<login_key>> open_key_file(std::string const& path, secret_source ask) {
  auto text = read_key_text(path);
  if (!text) return text.error();
  auto facts = look_at_key(*text);
  if (!facts.is_private)
    return make_error(errc::invalid, "no_private_key",
                      fmt::format("{} holds no private key in PEM or OpenSSH's form", path));
  return std::make_unique<file_key>(path, std::move(*text), std::move(facts), std::move(ask));
}

}  // namespace krane::cli
