#pragma once
// Finds the route of a request: "/deployments/:name/run" and its like. A table of routes is also what the API's
// document is made from, so each carries an opaque pointer to its description.
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace krane::http {

struct route {
  std::string method;   // GET answers HEAD too
  std::string pattern;  // "/deployments/:name"
  std::function<coroutine<reply>(request&)> handle;
};

// What find() saw: the route (params filled in), or why there is none.
struct route_match {
  route const* found = nullptr;
  std::vector<std::pair<std::string, std::string>> params;
  std::vector<std::string> allowed;  // the path is known, with these methods: 405; empty: 404
};

class router {
public:
  // Throws std::logic_error for a pattern that is malformed or there twice with one method: a bug at start-up.
  explicit router(std::vector<route> routes);
  // A path with a malformed %-escape, or an escaped '/' or NUL, matches nothing.
  route_match find(std::string_view method, std::string_view path) const;
  std::vector<route> const& routes() const { return routes_; }

private:
  struct part {
    std::string text;  // of a parameter: its name
    bool is_param = false;
  };
  // All routes of one pattern. Those that are more precise come first: "/a/b" before "/a/:x".
  struct path_pattern {
    std::vector<part> parts;
    std::vector<std::size_t> routes;
  };
  static std::vector<part> parts_of(std::string const& pattern);
  static bool matches(path_pattern const& pattern, std::span<std::string_view const> parts);

  std::vector<route> routes_;
  std::vector<path_pattern> patterns_;
};

}  // namespace krane::http
