#pragma once
// Splits a stream of JSON documents, one a line, as the engine sends its events and its pulls. What the lines hold is
// not looked at.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace krane::docker {

class json_line_splitter {
public:
  static constexpr std::size_t max_line_bytes = 1024 * 1024;

  // The lines that are complete now, without line ends; empty ones are left out. errc::internal, engine_error: a line
  // is too long; nothing can be read after that.
  result<std::vector<std::string>> add(std::string_view bytes);
  // What was left without a line end when the stream ended; mostly empty.
  std::string finish();

private:
  std::string pending_;
};

}  // namespace krane::docker
