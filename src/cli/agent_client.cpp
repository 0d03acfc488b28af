#include "cli/agent_client.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include "cli/ssh_wire.hpp"

namespace krane::cli {
namespace {

constexpr char request_identities = 11;
constexpr char identities_answer = 12;
constexpr char sign_request = 13;
constexpr char sign_response = 14;
constexpr std::uint32_t rsa_sha2_256 = 2;
constexpr std::size_t max_answer_bytes = 1024 * 1024;
// sun_path, with its terminating zero.
constexpr std::size_t max_path = 107;

error no_agent(std::string_view why) {
  return make_error(errc::unavailable, "no_agent", fmt::format("the ssh-agent does not answer: {}", why));
}

}  // namespace

task<agent_client> agent_client::connect(std::string socket_path) {
  if (socket_path.size() > max_path) co_return no_agent("the path of its socket is too long");
  socket made{co_await asio::this_coro::executor};
  auto [ec] = co_await made.async_connect(asio::local::stream_protocol::endpoint(socket_path), use_tuple);
  if (ec) co_return no_agent(fmt::format("{} ({})", ec.message(), socket_path));
  co_return agent_client(std::move(made));
}

task<std::string> agent_client::ask(std::string message) {
  std::string framed;
  put_text(framed, message);
  auto [unsent, sent] = co_await asio::async_write(socket_, asio::buffer(framed), use_tuple);
  if (unsent) co_return no_agent(unsent.message());
  std::string head(4, '\0');
  auto [no_head, head_bytes] = co_await asio::async_read(socket_, asio::buffer(head), use_tuple);
  if (no_head) co_return no_agent(no_head.message());
  std::size_t const size = *ssh_reader(head).number();
  if (size == 0 || size > max_answer_bytes) co_return no_agent("what it says is not understood");
  std::string answer(size, '\0');
  auto [no_body, body_bytes] = co_await asio::async_read(socket_, asio::buffer(answer), use_tuple);
  if (no_body) co_return no_agent(no_body.message());
  co_return answer;
}

task<std::vector<public_half>> agent_client::list_keys() {
  auto const answer = co_await ask(std::string(1, request_identities));
  if (!answer) co_return answer.error();
  ssh_reader reader(*answer);
  auto const type = reader.byte();
  auto const count = reader.number();
  if (type != identities_answer || !count) co_return no_agent("it does not list its keys");
  std::vector<public_half> keys;
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto const blob = reader.text();
    auto const comment = reader.text();
    if (!blob || !comment) co_return no_agent("its list of keys is not understood");
    keys.push_back({type_of(*blob), std::string(*blob), std::string(*comment)});
  }
  co_return keys;
}

task<std::string> agent_client::sign(public_half key, std::string what) {
  std::string message(1, sign_request);
  put_text(message, key.blob);
  put_text(message, what);
  put_number(message, key.type == "ssh-rsa" ? rsa_sha2_256 : 0);
  auto const answer = co_await ask(std::move(message));
  if (!answer) co_return answer.error();
  ssh_reader reader(*answer);
  auto const type = reader.byte();
  auto const signature = reader.text();
  if (type != sign_response || !signature)
    co_return make_error(errc::forbidden, "agent_refused",
                         fmt::format("the ssh-agent did not sign with {}; it may be locked (ssh-add -X), or was told "
                                     "not to",
                                     key.comment.empty() ? key.fingerprint() : key.comment));
  co_return std::string(*signature);
}

}  // namespace krane::cli
