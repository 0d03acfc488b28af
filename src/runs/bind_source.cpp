#include "runs/bind_source.hpp"

#include <fmt/format.h>

#include <system_error>

namespace krane {
namespace {

namespace fs = std::filesystem;

error cannot_follow(fs::path const& at, std::string const& why) {
  return make_error(errc::forbidden, fmt::format("{}: {}", at.string(), why));
}

}  // namespace

result<bind_source> resolve_bind_source(std::string const& path) {
  bind_source out;
  for (fs::path at = path;; at = at.parent_path()) {
    std::error_code ec;
    if (auto found = fs::canonical(at, ec); !ec) {
      out.folder = std::move(found);
      if (!out.missing.empty() && !fs::is_directory(out.folder, ec)) return cannot_follow(at, "it is not a folder");
      return out;
    }
    if (ec != std::errc::no_such_file_or_directory) return cannot_follow(at, ec.message());
    // A link that leads nowhere here may lead somewhere for the engine, which sees what is hidden from the server.
    auto const kind = fs::symlink_status(at, ec).type();
    if (kind == fs::file_type::symlink) return cannot_follow(at, "it is a link to something that does not exist here");
    if (kind != fs::file_type::not_found) return cannot_follow(at, ec ? ec.message() : "it changes at this moment");
    if (!at.has_relative_path()) return cannot_follow(at, "it does not exist");
    fs::path const name = at.filename();
    if (!name.empty()) out.missing = out.missing.empty() ? name : name / out.missing;
  }
}

}  // namespace krane
