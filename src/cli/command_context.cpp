#include "cli/command_context.hpp"

#include <fmt/format.h>

namespace krane::cli {

result<target> command_context::find_target() const {
  auto const files = context_files::find(env);
  if (!files) return files.error();
  auto const book = files->read();
  if (!book) return book.error();
  return choose_target(*book, context_name, env);
}

result<std::unique_ptr<client::krane_api>> command_context::connect() const {
  auto const to = find_target();
  if (!to) return to.error();
  auto const where = client::parse_endpoint(to->endpoint);
  if (!where) return where.error();
  if (verbose)
    say.line(fmt::format("Talking to {}{}", to->endpoint,
                         to->context ? fmt::format(" (context {})", *to->context) : std::string()));
  return std::make_unique<client::krane_api>(*where, to->token.value_or(""));
}

}  // namespace krane::cli
