#pragma once
// The keys that may log in, as authorized_keys says at present. It is looked at again whenever somebody asks; nothing
// is read while the file stays as it was.
//
// Threads: the network thread; the file is read and parsed in the blocking pool.
// Failure: none is returned. A file that is missing or refused leaves no key, and the log says why, once.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/authorized_keys.hpp"
#include "auth/digest.hpp"
#include "auth/key_file.hpp"
#include "base/blocking_pool.hpp"
#include "base/task.hpp"

namespace krane {

class key_ring {
public:
  enum class state {
    good,     // the file was read
    missing,  // there is none: no key is authorized
    refused,  // others can write to it, or it cannot be read: what it says is not known
  };

  key_ring(blocking_pool& pool, std::string path);

  // Afterwards current() is what the file said at some moment since the call.
  coroutine<void> refresh();
  std::shared_ptr<key_list const> const& current() const { return keys_; }
  state file_state() const { return state_; }
  // Grows with each change of current().
  std::uint64_t version() const { return version_; }

private:
  struct reading {
    file_stamp stamp;
    std::shared_ptr<key_list const> keys;  // null: as it was
    digest text_hash{};
  };
  static result<reading> read(std::string const& path, std::optional<file_stamp> known);
  void adopt(reading const& found);
  void lose(error const& why);

  blocking_pool& pool_;
  std::string path_;
  std::shared_ptr<key_list const> keys_;
  std::optional<file_stamp> stamp_;
  std::optional<digest> text_hash_;
  state state_ = state::missing;
  std::uint64_t version_ = 0;
  // Readings may come back in another order than they began in; an older one must not replace a newer one.
  std::uint64_t begun_ = 0;
  std::uint64_t adopted_ = 0;
  std::string told_;  // what the log said last
};

}  // namespace krane
