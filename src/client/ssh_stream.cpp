#include "client/ssh_stream.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "client/child_process.hpp"
#include "client/reason.hpp"
#include "client/socket_stream.hpp"

namespace krane::client {
namespace {

constexpr std::size_t max_said_bytes = 16 * 1024;

class file_handle {
public:
  explicit file_handle(int number = -1) : number_(number) {}
  file_handle(file_handle&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  file_handle& operator=(file_handle&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~file_handle() {
    if (number_ >= 0) close(number_);
  }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

private:
  int number_;
};

std::vector<std::string> ssh_command(endpoint const& where) {
  std::vector<std::string> command{"ssh", "-o", "ConnectTimeout=10"};
  if (where.port != 0) command.insert(command.end(), {"-p", std::to_string(where.port)});
  if (!where.user.empty()) command.insert(command.end(), {"-l", where.user});
  command.insert(command.end(), {"-W", fmt::format("127.0.0.1:{}", where.server_port), "--", where.host});
  return command;
}

// The last line that says something; what stands before it is mostly the banner of the host.
std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == '.')) text.remove_suffix(1);
  auto const begin = text.rfind('\n');
  return std::string(begin == text.npos ? text : text.substr(begin + 1));
}

error explain(endpoint const& where, std::string const& said, int exit_code) {
  if (said.contains("administratively prohibited"))
    return make_error(
        errc::unavailable, reason::ssh_failed,
        fmt::format("the sshd of {} lets nothing through to its loopback; it needs AllowTcpForwarding", where.host));
  if (said.contains("open failed"))
    return unreachable(where, fmt::format("ssh reached the host, but nothing answers there at 127.0.0.1:{}; start "
                                          "krane-server there, or write its port as ssh://host/PORT",
                                          where.server_port));
  std::string const words = last_line(said);
  return make_error(errc::unavailable, reason::ssh_failed,
                    fmt::format("ssh to {} failed: {}", where.host,
                                words.empty() ? fmt::format("it ended with {}", exit_code) : words));
}

class ssh_stream final : public byte_stream {
public:
  ssh_stream(child_process ssh, stream_socket socket, file_handle said, endpoint where)
      : ssh_(std::move(ssh)), said_(std::move(said)), socket_(std::move(socket)), where_(std::move(where)) {}

  task<std::size_t> read_some(std::span<char> into) override;
  task<void> write(std::string_view all) override;
  bool looks_alive() override { return nothing_to_read(socket_.native_handle()); }

private:
  // ssh has hung up: why.
  task<std::size_t> ended();
  std::string what_it_said() const;

  child_process ssh_;
  file_handle said_;
  stream_socket socket_;
  endpoint where_;
};

task<std::size_t> ssh_stream::read_some(std::span<char> into) {
  auto [ec, got] = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), use_tuple);
  if (ec == asio::error::operation_aborted) co_return make_error(errc::cancelled, "cancelled");
  if (ec) co_return co_await ended();
  co_return got;
}

task<void> ssh_stream::write(std::string_view all) {
  while (!all.empty()) {
    auto [ec, sent] = co_await socket_.async_write_some(asio::buffer(all.data(), all.size()), use_tuple);
    if (ec == asio::error::operation_aborted) co_return make_error(errc::cancelled, "cancelled");
    if (ec) {
      auto const why = co_await ended();
      co_return why ? connection_lost(where_, "ssh has ended") : why.error();
    }
    all.remove_prefix(sent);
  }
  co_return result<void>{};
}

task<std::size_t> ssh_stream::ended() {
  auto const code = co_await ssh_.wait();
  if (!code) co_return code.error();
  if (*code == 0) co_return std::size_t{0};
  co_return explain(where_, what_it_said(), *code);
}

std::string ssh_stream::what_it_said() const {
  std::string all(max_said_bytes, '\0');
  auto const got = read(said_.get(), all.data(), all.size());
  all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return all;
}

}  // namespace

task<std::unique_ptr<byte_stream>> start_ssh(endpoint where) {
  std::array<int, 2> pair{};
  std::array<int, 2> said{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    co_return unreachable(where, std::strerror(errno));
  file_handle ours(pair[0]);
  file_handle const theirs(pair[1]);
  if (pipe2(said.data(), O_CLOEXEC) != 0) co_return unreachable(where, std::strerror(errno));
  file_handle listen(said[0]);
  file_handle const talk(said[1]);
  fcntl(listen.get(), F_SETFL, O_NONBLOCK);

  executor const network = co_await asio::this_coro::executor;
  auto ssh = child_process::start(network, {.command = ssh_command(where),
                                            .in = theirs.get(),
                                            .out = theirs.get(),
                                            .err = talk.get(),
                                            .ignores_interrupt = true});
  if (!ssh) co_return ssh.error();
  stream_socket socket(network);
  boost::system::error_code ec;
  socket.assign(asio::generic::stream_protocol(AF_UNIX, 0), ours.get(), ec);
  if (ec) co_return unreachable(where, plain_words(ec));
  ours.release();
  co_return std::make_unique<ssh_stream>(std::move(*ssh), std::move(socket), std::move(listen), std::move(where));
}

}  // namespace krane::client
