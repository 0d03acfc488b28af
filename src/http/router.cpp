#include "http/router.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <stdexcept>

#include "http/syntax.hpp"

namespace krane::http {
namespace {

constexpr std::size_t max_parts = 16;

// The parts of a path between its slashes, decoded. What has no escape is not copied.
class split_path {
public:
  explicit split_path(std::string_view path) {
    if (path.empty() || path.front() != '/' || path.find('\0') != path.npos) return;
    path.remove_prefix(1);
    well_formed_ = true;
    if (path.empty()) return;
    for (;;) {
      auto const slash = std::min(path.find('/'), path.size());
      if (count_ == max_parts || !take(path.substr(0, slash))) {
        well_formed_ = false;
        return;
      }
      if (slash == path.size()) return;
      path.remove_prefix(slash + 1);
    }
  }

  bool well_formed() const { return well_formed_; }
  std::span<std::string_view const> parts() const { return std::span(parts_).first(count_); }

private:
  bool take(std::string_view part) {
    if (part.find('%') == part.npos) {
      parts_[count_++] = part;
      return true;
    }
    auto decoded = percent_decode(part, false);
    if (!decoded || decoded->find('/') != decoded->npos) return false;
    decoded_[count_] = std::move(*decoded);
    parts_[count_] = decoded_[count_];
    ++count_;
    return true;
  }

  std::array<std::string_view, max_parts> parts_;
  std::array<std::string, max_parts> decoded_;
  std::size_t count_ = 0;
  bool well_formed_ = false;
};

}  // namespace

std::vector<router::part> router::parts_of(std::string const& pattern) {
  split_path const split(pattern);
  if (!split.well_formed()) throw std::logic_error("malformed route pattern " + pattern);
  std::vector<part> parts;
  for (std::string_view const text : split.parts()) {
    bool const is_param = text.starts_with(':');
    if (text.empty() || text == ":") throw std::logic_error("empty part in route pattern " + pattern);
    parts.push_back({std::string(is_param ? text.substr(1) : text), is_param});
  }
  return parts;
}

router::router(std::vector<route> routes) : routes_(std::move(routes)) {
  auto const same_shape = [](std::vector<part> const& a, std::vector<part> const& b) {
    return std::ranges::equal(
        a, b, [](part const& x, part const& y) { return x.is_param == y.is_param && x.text == y.text; });
  };
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    auto parts = parts_of(routes_[i].pattern);
    auto known = std::ranges::find_if(patterns_, [&](auto const& p) { return same_shape(p.parts, parts); });
    if (known == patterns_.end()) known = patterns_.insert(patterns_.end(), path_pattern{std::move(parts), {}});
    for (std::size_t const other : known->routes)
      if (routes_[other].method == routes_[i].method)
        throw std::logic_error("two routes for " + routes_[i].method + " " + routes_[i].pattern);
    known->routes.push_back(i);
  }
  std::ranges::sort(patterns_, [](path_pattern const& a, path_pattern const& b) {
    return std::ranges::lexicographical_compare(a.parts, b.parts, std::less{}, &part::is_param, &part::is_param);
  });
}

bool router::matches(path_pattern const& pattern, std::span<std::string_view const> parts) {
  if (pattern.parts.size() != parts.size()) return false;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (pattern.parts[i].is_param ? parts[i].empty() : pattern.parts[i].text != parts[i]) return false;
  return true;
}

route_match router::find(std::string_view method, std::string_view path) const {
  route_match match;
  split_path const split(path);
  if (!split.well_formed()) return match;
  for (path_pattern const& pattern : patterns_) {
    if (!matches(pattern, split.parts())) continue;
    route const* found = nullptr;
    for (std::size_t const index : pattern.routes) {
      route const& candidate = routes_[index];
      if (candidate.method == method) {
        found = &candidate;
        break;
      }
      if (candidate.method == "GET" && method == "HEAD") found = &candidate;
    }
    if (found != nullptr) {
      match.found = found;
      match.allowed.clear();
      for (std::size_t i = 0; i < pattern.parts.size(); ++i)
        if (pattern.parts[i].is_param) match.params.emplace_back(pattern.parts[i].text, split.parts()[i]);
      return match;
    }
    for (std::size_t const index : pattern.routes) {
      match.allowed.push_back(routes_[index].method);
      if (routes_[index].method == "GET") match.allowed.emplace_back("HEAD");
    }
  }
  std::ranges::sort(match.allowed);
  auto const doubled = std::ranges::unique(match.allowed);
  match.allowed.erase(doubled.begin(), doubled.end());
  return match;
}

}  // namespace krane::http
