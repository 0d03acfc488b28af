#pragma once
// Reads what a person wrote into values, keeping every fault with its path, so that all can be mended at once. A value
// that is missing, or wrong, is the default of its type. Rows of the store are read by it too: a new rule for a value
// belongs into model/service_rules.hpp, which rows need not meet.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/written_value.hpp"

namespace krane {

class field_reader {
public:
  explicit field_reader(std::vector<fault>& faults) : faults_(faults) {}

  void add(std::string const& path, std::string what);
  std::size_t count() const { return faults_.size(); }
  void wanted(std::string const& path, std::string_view what, written_value const& got);

  // A text; a number or a truth is the text that was written.
  std::string text(written_value const& from, std::string const& path);
  bool truth(written_value const& from, std::string const& path);
  std::int64_t number(written_value const& from, std::string const& path, std::int64_t lowest, std::int64_t highest);
  std::chrono::milliseconds duration(written_value const& from, std::string const& path,
                                     std::chrono::milliseconds lowest, std::chrono::milliseconds highest);
  std::uint64_t byte_size(written_value const& from, std::string const& path);
  std::vector<std::string> texts(written_value const& from, std::string const& path);
  // A list of texts, or one text that is taken apart as a shell would: quotes and backslashes, nothing else.
  std::vector<std::string> words(written_value const& from, std::string const& path);
  // {A: 1, B: 2}, or the list ["A=1", "B=2"].
  std::map<std::string, std::string> pairs(written_value const& from, std::string const& path);
  // A map whose keys are all known; false, and a fault, for anything else. An unknown key is a fault of its own.
  bool fields(written_value const& from, std::string const& path, std::initializer_list<std::string_view> known);

private:
  std::vector<fault>& faults_;
};

}  // namespace krane
