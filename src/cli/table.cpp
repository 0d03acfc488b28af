#include "cli/table.hpp"

#include <algorithm>
#include <numeric>

#include "cli/safe_text.hpp"
#include "cli/text_width.hpp"

namespace krane::cli {
namespace {

constexpr std::size_t gap = 3;
constexpr std::size_t least_column = 8;

}  // namespace

void table::add(std::vector<cell> row) {
  for (cell& one : row) one.text = printable(one.text);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> table::widths(std::optional<std::size_t> width) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = display_width(columns_[i].title);
    for (auto const& row : rows_) widest = std::max(widest, display_width(row[i].text));
    out.push_back(widest);
  }
  if (!width) return out;
  std::size_t const gaps = gap * (columns_.size() - 1);
  while (std::accumulate(out.begin(), out.end(), gaps) > *width) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].how == column::fit::cut && out[i] > least_column && (widest == nullptr || out[i] > *widest))
        widest = &out[i];
    if (widest == nullptr) break;
    --*widest;
  }
  return out;
}

std::string table::text(std::optional<std::size_t> width, style with) const {
  auto const sizes = widths(width);
  std::string out;
  auto const add_line = [&](auto const& cell_at) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      cell const one = cell_at(i);
      std::string const shown = cut_to_width(one.text, sizes[i]);
      line += with.paint(shown, one.paint);
      // No spaces at the end of a line.
      if (i + 1 < columns_.size()) line.append(sizes[i] - display_width(shown) + gap, ' ');
    }
    if (line.ends_with(' ')) line.erase(line.find_last_not_of(' ') + 1);
    out += width ? cut_to_width(line, *width) : line;
    out += '\n';
  };
  add_line([&](std::size_t i) { return cell{columns_[i].title, colour::bold}; });
  for (auto const& row : rows_) add_line([&](std::size_t i) { return row[i]; });
  return out;
}

}  // namespace krane::cli
