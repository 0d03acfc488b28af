#include "store/sqlite_store.hpp"

#include <utility>

#include "store/deployment_rows.hpp"
#include "store/event_rows.hpp"
#include "store/files.hpp"

namespace krane {

sqlite_store::sqlite_store(executor network, store_file file, folder_lock lock, std::shared_ptr<shared_state> state,
                           kept_rows kept, scrubber const* hides, store_tuning tuning)
    : lock_(std::move(lock)),
      instance_(std::move(file.instance)),
      network_(std::move(file.network)),
      state_(std::move(state)),
      kept_(std::move(kept)),
      thread_(network, std::move(file.db), state_, std::move(tuning)),
      deployments_(thread_, kept_),
      runs_(thread_, kept_, hides),
      events_(thread_, kept_, hides),
      sessions_(thread_),
      secrets_(thread_),
      answers_(thread_, kept_) {}

sqlite_store::~sqlite_store() {
  thread_.stop();
  // Answers may still be on their way in the network loop; those whom they would tell may be gone by then.
  state_->listeners.clear();
  state_->on_fatal = nullptr;
}

deployment const* sqlite_store::find_deployment(deployment_name const& name) const {
  auto const found = state_->deployments.find(name);
  return found == state_->deployments.end() ? nullptr : &found->second;
}

std::vector<deployment const*> sqlite_store::list_deployments() const {
  std::vector<deployment const*> all;
  all.reserve(state_->deployments.size());
  for (auto const& [name, one] : state_->deployments) all.push_back(&one);
  return all;
}

task<void> sqlite_store::keep_network(std::string name) {
  auto kept = co_await thread_.write<void>([name](database& db, commit&) -> result<void> {
    keep_network_row(db, name);
    return {};
  });
  if (kept) network_ = std::move(name);
  co_return kept;
}

result<std::unique_ptr<store>> open_store(executor network, store_options options, store_tuning tuning) {
  if (auto ready = prepare_folder(options.folder); !ready) return ready.error();
  auto lock = folder_lock::take(options.folder);
  if (!lock) return lock.error();
  auto file = open_store_file(options.folder, tuning.vfs);
  if (!file) return file.error();

  auto state = std::make_shared<shared_state>();
  state->on_fatal = std::move(options.on_fatal);
  try {
    state->deployments = load_deployments(file->db);
    state->last_event_id = last_event_id_row(file->db);
  } catch (storage_failure const& e) {
    return opening_failed(options.folder + "/krane.db", e);
  }
  return std::make_unique<sqlite_store>(
      network, std::move(*file), std::move(*lock), std::move(state),
      kept_rows{retention(options.keep_events), retention(options.keep_runs), options.keep_answers}, options.hides,
      std::move(tuning));
}

result<std::unique_ptr<store>> open_store(executor network, store_options options) {
  return open_store(network, std::move(options), {});
}

}  // namespace krane
