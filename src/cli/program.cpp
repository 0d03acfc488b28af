#include "cli/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <exception>

#include "cli/command_context.hpp"
#include "cli/command_line.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/help.hpp"

namespace krane::cli {
namespace {

// Where help does not go to a terminal, and the widest that reads well.
constexpr std::size_t usual_width = 80;
constexpr std::size_t widest_help = 100;
constexpr std::size_t narrowest_help = 50;

using namespace asio::experimental::awaitable_operators;

output_format format_of(arguments const& given) {
  auto const name = given.find("output");
  if (name == "json") return output_format::json;
  if (name == "yaml") return output_format::yaml;
  if (name == "name") return output_format::name;
  return output_format::table;
}

struct ended {
  exit_code code = exit_code::failed;
  std::exception_ptr thrown;
};

void say_failure(command_context const& with, error const& why) {
  auto const to = with.find_target();
  with.say.error(failure_text(why, to ? &*to : nullptr, with.verbose));
}

coroutine<exit_code> run_body(command_body body, command_context& with, arguments given) {
  auto const code = co_await body(with, std::move(given));
  if (code) co_return *code;
  say_failure(with, code.error());
  co_return exit_code_of(code.error());
}

coroutine<void> run_to_end(command_body body, command_context& with, arguments given, ended& into) {
  try {
    auto first = co_await (run_body(body, with, std::move(given)) || with.signals.watch());
    into.code = first.index() == 0 ? std::get<0>(first) : exit_code::interrupted;
  } catch (...) {
    into.thrown = std::current_exception();
  }
}

int run_command(typed_command typed, terminal& term, environment const& env) {
  asio::io_context loop{1};
  notes say(term, typed.given.has("quiet"));
  output out(term, format_of(typed.given));
  interrupts signals(loop.get_executor());
  system_clock const time;
  command_context with{.context_name = typed.given.find("context"),
                       .verbose = typed.given.has("verbose"),
                       .env = env,
                       .term = term,
                       .out = out,
                       .say = say,
                       .signals = signals,
                       .time = time,
                       .network = loop.get_executor()};
  ended how;
  asio::co_spawn(loop, run_to_end(typed.what->run, with, std::move(typed.given), how), asio::detached);
  loop.run();
  if (how.thrown) std::rethrow_exception(how.thrown);
  return static_cast<int>(how.code);
}

int run_typed(std::vector<std::string> line, terminal& term, environment const& env) {
  auto typed = read_command_line(std::move(line), all_commands());
  if (!typed) {
    term.write_message(failure_text(typed.error(), nullptr, false) + "\n");
    return static_cast<int>(exit_code_of(typed.error()));
  }
  if (typed->wants == typed_command::kind::help) {
    auto const width = std::clamp(term.output_width().value_or(usual_width), narrowest_help, widest_help);
    term.write_output(help_text(typed->what, all_commands(), width));
    return 0;
  }
  if (typed->given.has("no-color")) term.without_colours();
  return run_command(std::move(*typed), term, env);
}

}  // namespace

int run_program(std::vector<std::string> line, environment const& env) {
  // A closed pipe is an error of the write, so that a broken connection does not end the program.
  std::signal(SIGPIPE, SIG_IGN);
  terminal term(env);
  try {
    return run_typed(std::move(line), term, env);
  } catch (std::exception const& e) {
    term.write_message(fmt::format("krane: unexpected: {}\n", e.what()));
    return static_cast<int>(exit_code::failed);
  }
}

}  // namespace krane::cli
