#include "base/scrubber.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace krane {
namespace {

constexpr std::size_t shortest_value = 4;
constexpr std::size_t shortest_line = 8;
constexpr std::string_view mask = "***";

std::string_view without_line_ends(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<std::string> hidden_texts(std::vector<std::string> const& values) {
  std::vector<std::string> all;
  for (std::string const& value : values) {
    // What prints it may leave its last line end away.
    std::string_view const whole = without_line_ends(value);
    if (whole.size() < shortest_value) continue;
    all.emplace_back(whole);
    if (!whole.contains('\n')) continue;
    for (std::string_view rest = whole; !rest.empty();) {
      auto const end = rest.find('\n');
      std::string_view const line = without_line_ends(rest.substr(0, end));
      if (line.size() >= shortest_line) all.emplace_back(line);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
  std::ranges::sort(all, [](std::string const& a, std::string const& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

std::string scrubbed(std::string text, std::vector<std::string> const& hidden) {
  for (std::string const& one : hidden)
    for (auto at = text.find(one); at != std::string::npos; at = text.find(one, at + mask.size()))
      text.replace(at, one.size(), mask);
  return text;
}

void scrubber::hide(std::vector<std::string> const& values) {
  auto made = std::make_shared<std::vector<std::string> const>(hidden_texts(values));
  std::scoped_lock const lock(mutex_);
  hides_anything_.store(!made->empty(), std::memory_order_release);
  hidden_ = std::move(made);
}

std::shared_ptr<std::vector<std::string> const> scrubber::hidden() const {
  std::scoped_lock const lock(mutex_);
  return hidden_;
}

std::string scrubber::clean(std::string text) const {
  if (!hides_anything()) return text;
  return scrubbed(std::move(text), *hidden());
}

error scrubber::clean(error of) const {
  if (!hides_anything()) return of;
  auto const all = hidden();
  of.message = scrubbed(std::move(of.message), *all);
  for (fault& one : of.details) {
    one.path = scrubbed(std::move(one.path), *all);
    one.error = scrubbed(std::move(one.error), *all);
  }
  return of;
}

}  // namespace krane
