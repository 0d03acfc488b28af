#include "engine/json_lines.hpp"

#include <fmt/format.h>

#include <utility>

#include "model/reason.hpp"

namespace krane::docker {
namespace {

void drop_line_end(std::string& line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
}

}  // namespace

result<std::vector<std::string>> json_line_splitter::add(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    std::size_t const end = bytes.find('\n');
    bool const complete = end != std::string_view::npos;
    std::string_view const part = complete ? bytes.substr(0, end) : bytes;
    if (pending_.size() + part.size() > max_line_bytes)
      return make_error(errc::internal, reason::engine_error,
                        fmt::format("the engine sent a line of more than {} bytes", max_line_bytes));
    pending_ += part;
    if (!complete) break;
    bytes.remove_prefix(end + 1);
    drop_line_end(pending_);
    if (!pending_.empty()) lines.push_back(std::exchange(pending_, {}));
  }
  return lines;
}

std::string json_line_splitter::finish() {
  drop_line_end(pending_);
  return std::exchange(pending_, {});
}

}  // namespace krane::docker
