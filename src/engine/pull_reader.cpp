#include "engine/pull_reader.hpp"

#include <boost/describe/class.hpp>

#include "base/json.hpp"
#include "engine/answers.hpp"
#include "model/reason.hpp"

namespace krane::docker {
namespace {

struct detail_json {
  std::optional<std::int64_t> current;
  std::optional<std::int64_t> total;
};
BOOST_DESCRIBE_STRUCT(detail_json, (), (current, total))

struct failure_json {
  std::optional<std::string> message;
};
BOOST_DESCRIBE_STRUCT(failure_json, (), (message))

struct line_json {
  std::optional<std::string> status;
  std::optional<std::string> id;
  std::optional<detail_json> progressDetail;
  std::optional<failure_json> errorDetail;
  std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(line_json, (), (status, id, progressDetail, errorDetail, error))

std::uint64_t at_least_zero(std::optional<std::int64_t> bytes) {
  return bytes && *bytes > 0 ? static_cast<std::uint64_t>(*bytes) : 0;
}

}  // namespace

result<std::optional<pull_progress>> pull_reader::add(std::string_view line) {
  auto const document = read_json(line, "a pull");
  if (!document) return document.error();
  auto const from = decode<line_json>(*document, unknown_keys::ignore);
  if (!from)
    return make_error(errc::internal, reason::engine_error,
                      "the engine's answer about a pull cannot be read: " + from.error().message);
  if (from->errorDetail || from->error) {
    std::string words = from->errorDetail ? from->errorDetail->message.value_or("") : "";
    failure_ = one_line(words.empty() ? from->error.value_or("it does not say why") : words);
    return std::optional<pull_progress>{};
  }
  if (!from->status) return std::optional<pull_progress>{};

  pull_progress now;
  now.text = *from->status;
  now.layer = from->id.value_or("");
  if (!now.layer.empty()) {
    if (now.text == "Downloading" && from->progressDetail) {
      layer& one = layers_[now.layer];
      one.done = at_least_zero(from->progressDetail->current);
      one.total = std::max(one.done, at_least_zero(from->progressDetail->total));
    } else if (now.text == "Download complete" || now.text == "Pull complete") {
      if (auto const known = layers_.find(now.layer); known != layers_.end()) known->second.done = known->second.total;
    }
  }
  for (auto const& [id, one] : layers_) {
    now.done_bytes += one.done;
    now.total_bytes += one.total;
  }
  return std::optional<pull_progress>{std::move(now)};
}

}  // namespace krane::docker
