#pragma once
// Rows under titles, as wide as what is in them; on a terminal no wider than that.
//   table t({{"NAME"}, {"IMAGE", column::cut}, {"CREATED"}});
//   t.add({{"web"}, {"davidcasta/docker-to-node:v2"}, {"3 minutes ago", colour::grey}});
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/style.hpp"

namespace krane::cli {

struct column {
  enum class fit {
    whole,  // always shown in full
    cut,    // cut short where the terminal is too narrow, the widest first
  };
  std::string title;
  fit how = fit::whole;
  static constexpr fit cut = fit::cut;
};

struct cell {
  std::string text;
  colour paint = colour::none;
};

class table {
public:
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}
  // As many cells as there are columns. Control characters in them are made visible.
  void add(std::vector<cell> row);
  std::size_t size() const { return rows_.size(); }
  // Every line ends with a newline. Where even cut columns do not fit, lines end at the terminal's edge.
  std::string text(std::optional<std::size_t> width, style with) const;

private:
  std::vector<std::size_t> widths(std::optional<std::size_t> width) const;

  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

}  // namespace krane::cli
