#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "cli/file_reading.hpp"

namespace krane::cli {
namespace {

constexpr std::size_t max_bytes = std::size_t{1024} * 1024;
constexpr std::size_t max_depth = 32;
constexpr std::size_t max_values = 10'000;  // aliases of aliases may stand for billions

written_place place_of(YAML::Mark const& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

error wrong(written_place where, std::string_view what) {
  return make_error(errc::malformed, where == written_place{}
                                         ? std::string(what)
                                         : fmt::format("{}:{}: {}", where.line, where.column, what));
}

class reader {
public:
  result<written_value> read(YAML::Node const& from, std::size_t depth) {
    written_value out;
    out.place = place_of(from.Mark());
    if (depth > max_depth) return wrong(out.place, "it is nested too deeply");
    if (++values_ > max_values) return wrong(out.place, "it is too much for a file of this kind");
    switch (from.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return out;
      case YAML::NodeType::Sequence:
        out.is = written_value::kind::list;
        for (auto const& item : from) {
          auto value = read(item, depth + 1);
          if (!value) return value.error();
          out.items.push_back(std::move(*value));
        }
        return out;
      case YAML::NodeType::Scalar:
        out.is = written_value::kind::text;
        out.text = from.Scalar();
        return out;
      case YAML::NodeType::Map:
        out.is = written_value::kind::map;
        break;
    }
    for (auto const& member : from) {
      auto const place = place_of(member.first.Mark());
      if (!member.first.IsScalar()) return wrong(place, "a key must be a word");
      std::string const& key = member.first.Scalar();
      auto const same = [&](auto const& one) { return one.key == key; };
      if (std::ranges::any_of(out.members, same)) return wrong(place, fmt::format("the key \"{}\" stands twice", key));
      auto value = read(member.second, depth + 1);
      if (!value) return value.error();
      out.members.push_back({key, place, std::move(*value)});
    }
    return out;
  }

private:
  std::size_t values_ = 0;
};

}  // namespace

result<written_value> parse_yaml(std::string_view text) {
  if (text.size() > max_bytes) return make_error(errc::too_large, "it is larger than a megabyte");
  if (!is_valid_utf8(text)) return make_error(errc::malformed, "it is not UTF-8 text");
  try {
    auto const documents = YAML::LoadAll(std::string(text));
    if (documents.empty()) return make_error(errc::malformed, "it is empty");
    if (documents.size() > 1)
      return wrong(place_of(documents[1].Mark()), "a second document begins here, and a file describes one deployment");
    return reader().read(documents.front(), 0);
  } catch (YAML::Exception const& e) {
    return wrong(place_of(e.mark), e.msg);
  }
}

}  // namespace krane::cli
