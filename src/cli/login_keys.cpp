#include "cli/login_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/agent_client.hpp"
#include "cli/jws_signing.hpp"
#include "cli/private_key.hpp"

namespace krane::cli {
namespace {

class agent_key final : public login_key {
public:
  agent_key(std::shared_ptr<agent_client> agent, public_half key) : agent_(std::move(agent)), known_(std::move(key)) {}

  std::optional<public_half> const& known() const override { return known_; }
  std::string const& source() const override { return source_; }
  bool needs_passphrase() const override { return false; }
  task<login_algorithm> prepare() override { co_return algorithm_for(*known_); }
  task<std::string> sign(std::string what) override;

private:
  std::string source_ = "ssh-agent";
  std::shared_ptr<agent_client> agent_;
  std::optional<public_half> known_;
};

task<std::string> agent_key::sign(std::string what) {
  auto const algorithm = algorithm_for(*known_);
  if (!algorithm) co_return algorithm.error();
  auto const signature = co_await agent_->sign(*known_, std::move(what));
  if (!signature) co_return signature.error();
  co_return to_jws_signature(*algorithm, *signature);
}

struct agent_keys {
  std::shared_ptr<agent_client> agent;
  std::vector<public_half> keys;
};

// A socket that nobody listens at is left over from an agent that is gone: as if there were none.
task<agent_keys> ask_agent(std::optional<std::string> socket_path) {
  agent_keys out;
  if (!socket_path || socket_path->empty()) co_return out;
  auto connected = co_await agent_client::connect(*socket_path);
  if (!connected) co_return out;
  out.agent = std::make_shared<agent_client>(std::move(*connected));
  auto listed = co_await out.agent->list_keys();
  if (listed) out.keys = std::move(*listed);
  co_return out;
}

std::string file_text(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The public half of a file, if it can be had without opening the key: of a public key itself, of OpenSSH's format, or
// of the .pub file beside it.
std::optional<public_half> public_half_of_file(std::string const& path) {
  auto facts = look_at_key(file_text(path));
  if (facts.known) return std::move(facts.known);
  return parse_public_line(file_text(path + ".pub"));
}

bool same_key(public_half const& a, public_half const& b) {
  return a.blob == b.blob;
}

// ~/.ssh/id_*, those that ssh itself tries first, the others in the order of their names.
std::vector<std::string> key_files(std::string const& home) {
  constexpr std::array<std::string_view, 5> usual{"id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"};
  std::error_code ignored;
  std::vector<std::pair<std::size_t, std::string>> found;
  for (auto const& entry : std::filesystem::directory_iterator(home + "/.ssh", ignored)) {
    std::string const name = entry.path().filename();
    if (!name.starts_with("id_") || name.ends_with(".pub") || !entry.is_regular_file(ignored)) continue;
    auto const place = std::ranges::find(usual, name) - usual.begin();
    found.emplace_back(place, entry.path());
  }
  std::ranges::sort(found);
  std::vector<std::string> out;
  for (auto& [place, path] : found) out.push_back(std::move(path));
  return out;
}

task<found_keys> find_named(std::string path, agent_keys held, secret_source ask) {
  found_keys out;
  auto const known = public_half_of_file(path);
  if (known) {
    if (auto const fit = algorithm_for(*known); !fit)
      co_return make_error(errc::invalid, fit.error().reason, fmt::format("{}: {}", path, fit.error().message));
    for (public_half& one : held.keys)
      if (same_key(one, *known)) out.keys.push_back(std::make_unique<agent_key>(held.agent, std::move(one)));
  }
  if (!out.keys.empty()) co_return out;
  auto file = open_key_file(path, std::move(ask));
  if (!file && file.error().reason == "no_private_key" && known)
    co_return make_error(errc::invalid, "no_private_key",
                         fmt::format("{} is the public half of a key, and no ssh-agent holds the private one", path));
  if (!file) co_return file.error();
  out.keys.push_back(std::move(*file));
  co_return out;
}

void add_agent_keys(found_keys& to, agent_keys const& held) {
  for (public_half const& one : held.keys) {
    auto key = std::make_unique<agent_key>(held.agent, one);
    if (auto const fit = algorithm_for(one))
      to.keys.push_back(std::move(key));
    else
      to.skipped.push_back(fmt::format("{}: {}", key->name(), fit.error().message));
  }
}

void add_files(found_keys& to, std::string const& home, agent_keys const& held, secret_source const& ask) {
  std::vector<std::unique_ptr<login_key>> locked;
  for (std::string const& path : key_files(home)) {
    auto const known = public_half_of_file(path);
    bool const is_held =
        known && std::ranges::any_of(held.keys, [&](auto const& one) { return same_key(one, *known); });
    if (is_held) continue;  // it was tried already, or told to be of no use
    if (known)
      if (auto const fit = algorithm_for(*known); !fit) {
        to.skipped.push_back(fmt::format("{}: {}", path, fit.error().message));
        continue;
      }
    auto file = open_key_file(path, ask);
    if (!file)
      to.skipped.push_back(file.error().message);
    else
      ((*file)->needs_passphrase() ? locked : to.keys).push_back(std::move(*file));
  }
  std::ranges::move(locked, std::back_inserter(to.keys));
}

}  // namespace

task<found_keys> find_login_keys(key_wishes wishes, secret_source ask) {
  auto held = co_await ask_agent(wishes.agent);
  if (!held) co_return held.error();
  if (wishes.file) co_return co_await find_named(*wishes.file, std::move(*held), std::move(ask));
  found_keys out;
  add_agent_keys(out, *held);
  if (wishes.home) add_files(out, *wishes.home, *held, ask);
  co_return out;
}

}  // namespace krane::cli
