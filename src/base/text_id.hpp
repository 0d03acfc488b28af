#pragma once
// Ids as types, so that a run's cannot be passed where a container's is wanted.
#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace krane {

template <class Tag>
class text_id {
public:
  text_id() = default;
  explicit text_id(std::string text) : text_(std::move(text)) {}
  std::string const& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend auto operator<=>(text_id const&, text_id const&) = default;

private:
  std::string text_;
};

}  // namespace krane

template <class Tag>
struct std::hash<krane::text_id<Tag>> {
  std::size_t operator()(krane::text_id<Tag> const& id) const { return std::hash<std::string>{}(id.str()); }
};
