#include "cli/private_agent.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "client/child_process.hpp"

namespace krane::cli {
namespace {

// In memory where the machine has a place for it that is the person's own.
std::string parent_folder() {
  for (char const* name : {"XDG_RUNTIME_DIR", "TMPDIR"})
    if (char const* const folder = std::getenv(name); folder != nullptr && access(folder, W_OK | X_OK) == 0)
      return folder;
  return "/tmp";
}

// 0700, and gone with all that is in it.
class private_folder {
public:
  private_folder() : path_(parent_folder() + "/krane-XXXXXX") { made_ = mkdtemp(path_.data()) != nullptr; }
  ~private_folder() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(path_, ignored);
  }
  private_folder(private_folder const&) = delete;
  bool is_there() const { return made_; }
  std::string const& path() const { return path_; }

private:
  std::string path_;
  bool made_ = false;
};

error cannot_start(std::string_view why) {
  return make_error(errc::unavailable, "no_agent", fmt::format("no ssh-agent can be started to open the key: {}", why));
}

}  // namespace

struct private_agent::parts {
  private_folder folder{};
  std::optional<client::child_process> agent{};
  std::optional<agent_client> connection{};

  std::string socket_path() const { return folder.path() + "/agent"; }
  // It says where it listens once it does.
  task<void> start();
  task<void> add(std::string const& key_file) const;
};

task<void> private_agent::parts::start() {
  if (!folder.is_there()) co_return cannot_start("there is no place for its socket");
  executor const network = co_await asio::this_coro::executor;
  std::array<int, 2> said{};
  if (pipe2(said.data(), O_CLOEXEC) != 0) co_return cannot_start("out of file handles");
  asio::posix::basic_stream_descriptor<executor> listen(network, said[0]);
  auto started = client::child_process::start(
      network, {.command = {"ssh-agent", "-D", "-a", socket_path()}, .out = said[1], .ignores_interrupt = true});
  close(said[1]);
  if (!started) co_return started.error();
  agent.emplace(std::move(*started));
  std::array<char, 256> words{};
  auto [ec, got] = co_await listen.async_read_some(asio::buffer(words), use_tuple);
  if (ec) co_return cannot_start("it ended at once");
  auto made = co_await agent_client::connect(socket_path());
  if (!made) co_return made.error();
  connection.emplace(std::move(*made));
  co_return result<void>{};
}

task<void> private_agent::parts::add(std::string const& key_file) const {
  auto adding = client::child_process::start(
      co_await asio::this_coro::executor,
      {.command = {"ssh-add", "-q", "--", key_file}, .environment = {{"SSH_AUTH_SOCK", socket_path()}}});
  if (!adding) co_return adding.error();
  auto const code = co_await adding->wait();
  if (!code) co_return code.error();
  if (*code != 0)
    co_return make_error(errc::invalid, "wrong_passphrase", fmt::format("{} was not opened by ssh-add", key_file));
  co_return result<void>{};
}

private_agent::private_agent(std::unique_ptr<parts> all) : parts_(std::move(all)) {}
private_agent::~private_agent() = default;

task<std::unique_ptr<private_agent>> private_agent::open_key(std::string key_file) {
  auto all = std::make_unique<parts>();
  if (auto const started = co_await all->start(); !started) co_return started.error();
  if (auto const added = co_await all->add(key_file); !added) co_return added.error();
  co_return std::unique_ptr<private_agent>(new private_agent(std::move(all)));
}

task<std::string> private_agent::sign(public_half key, std::string what) {
  co_return co_await parts_->connection->sign(std::move(key), std::move(what));
}

}  // namespace krane::cli
