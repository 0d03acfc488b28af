#pragma once
// Keeps what is secret out of texts that leave the server: each value that it was told of becomes ***. Of a value of
// several lines the lines are known too, since a log has them one by one.
//
// A value shorter than four bytes is left as it is: hiding "1" would make every text unreadable, and hide nothing.
//
// Threads: any. What costs is only there once there is something to hide.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace krane {

// What is looked for when these values are to be hidden, longest first, so that a value within another leaves no rest.
std::vector<std::string> hidden_texts(std::vector<std::string> const& values);
std::string scrubbed(std::string text, std::vector<std::string> const& hidden);

class scrubber {
public:
  // All that is to be hidden from now on.
  void hide(std::vector<std::string> const& values);
  std::string clean(std::string text) const;
  error clean(error of) const;
  bool hides_anything() const { return hides_anything_.load(std::memory_order_acquire); }

private:
  std::shared_ptr<std::vector<std::string> const> hidden() const;

  std::atomic<bool> hides_anything_ = false;
  mutable std::mutex mutex_;
  std::shared_ptr<std::vector<std::string> const> hidden_;
};

}  // namespace krane
