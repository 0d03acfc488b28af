#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

#include "base/blocking_pool.hpp"
#include "registry/conversation.hpp"
#include "registry/registry.hpp"

namespace krane {
namespace {

constexpr std::size_t asked_at_once = 4;
constexpr std::size_t remembered_images = 128;

// What a digest stands for never changes; for one machine, one digest is one image. Any thread.
class seen_images {
public:
  std::optional<remote_image> find(std::string const& digest) const {
    std::scoped_lock const hold(mutex_);
    for (auto const& one : images_)
      if (one.digest == digest) return one;
    return std::nullopt;
  }

  void keep(remote_image image) {
    if (find(image.digest)) return;
    std::scoped_lock const hold(mutex_);
    images_.push_back(std::move(image));
    if (images_.size() > remembered_images) images_.pop_front();
  }

private:
  mutable std::mutex mutex_;
  std::deque<remote_image> images_;
};

class curl_registry final : public registry {
public:
  ~curl_registry() override { stop(); }

  task<remote_image> look_up(image_ref what, std::optional<registry_login> login, pull_habits how,
                             std::chrono::milliseconds limit) override {
    // Counted from here: what waits for a thread has waited too.
    auto const until = std::chrono::steady_clock::now() + limit;
    oci::wanted_image wanted{std::move(what), std::move(login), std::move(how)};
    std::function<result<remote_image>()> work = [this, until, wanted = std::move(wanted)] {
      oci::transfer with(until, stopped_);
      auto found = oci::look_up(wanted, with, [this](std::string const& digest) { return seen_.find(digest); });
      if (found) seen_.keep(*found);
      return found;
    };
    co_return co_await pool_.run(std::move(work));
  }

  void stop() override { stopped_ = true; }

private:
  std::atomic<bool> stopped_ = false;
  seen_images seen_;
  blocking_pool pool_{asked_at_once};
};

}  // namespace

std::unique_ptr<registry> make_registry() {
  return std::make_unique<curl_registry>();
}

}  // namespace krane
