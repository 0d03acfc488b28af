#include "auth/key_ring.hpp"

#include <fmt/format.h>

#include "base/log.hpp"

namespace krane {

key_ring::key_ring(blocking_pool& pool, std::string path)
    : pool_(pool), path_(std::move(path)), keys_(std::make_shared<key_list const>()) {}

result<key_ring::reading> key_ring::read(std::string const& path, std::optional<file_stamp> known) {
  auto file = read_key_file(path, known);
  if (!file) return file.error();
  if (!file->text) return reading{file->stamp, nullptr, {}};
  return reading{file->stamp, std::make_shared<key_list const>(parse_authorized_keys(*file->text)),
                 sha256(*file->text)};
}

coroutine<void> key_ring::refresh() {
  while (true) {
    auto const number = ++begun_;
    auto found = co_await pool_.run<reading>([path = path_, known = stamp_] { return read(path, known); });
    if (number <= adopted_) co_return;
    // "As it was", but another reading has replaced what that meant: read it again.
    if (found && !found->keys && stamp_ != found->stamp) continue;
    adopted_ = number;
    if (found)
      adopt(*found);
    else
      lose(found.error());
    co_return;
  }
}

void key_ring::adopt(reading const& found) {
  stamp_ = found.stamp;
  if (!found.keys || (state_ == state::good && text_hash_ == found.text_hash)) return;
  state_ = state::good;
  text_hash_ = found.text_hash;
  keys_ = found.keys;
  ++version_;
  told_.clear();
  for (auto const& warning : keys_->warnings) log::warn("auth", fmt::format("{}, {}", path_, warning));
  if (keys_->keys.empty())
    log::warn("auth",
              fmt::format("nobody can log in: {} holds no key that may; add one line of an id_….pub to it", path_));
  else
    log::info("auth", fmt::format("{} keys of {} may log in", keys_->keys.size(), path_));
}

void key_ring::lose(error const& why) {
  auto const now = why.code == errc::not_found ? state::missing : state::refused;
  stamp_.reset();
  text_hash_.reset();
  if (version_ == 0 || state_ != now || !keys_->keys.empty()) {
    state_ = now;
    keys_ = std::make_shared<key_list const>();
    ++version_;
  }
  if (told_ == why.message) return;
  told_ = why.message;
  log::warn("auth", fmt::format("nobody can log in: {}", why.message));
}

}  // namespace krane
