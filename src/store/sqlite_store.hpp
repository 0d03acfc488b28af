#pragma once
// The store over SQLite: the parts put together. See store.hpp.
#include "store/database_thread.hpp"
#include "store/folder_lock.hpp"
#include "store/run_changes.hpp"
#include "store/store_file.hpp"

namespace krane {

class sqlite_deployments final : public deployment_store {
public:
  sqlite_deployments(database_thread& thread, kept_rows const& kept) : thread_(thread), kept_(kept) {}
  task<put_outcome> put(spec wanted, bool create_only, time_point now, std::optional<std::uint64_t> if_release,
                        std::optional<answer_to_keep<put_outcome>> keep, std::optional<spec> expected) override;
  task<void> note_restarts(deployment_name name, std::uint64_t restarts) override;

private:
  database_thread& thread_;
  kept_rows const& kept_;
};

class sqlite_runs final : public run_store {
public:
  sqlite_runs(database_thread& thread, kept_rows& kept, scrubber const* hides)
      : thread_(thread), kept_(kept), hides_(hides) {}
  task<accept_outcome> accept(deployment_name name, run_kind kind, std::optional<std::string> tag,
                              std::optional<run_id> under_way, time_point now, std::optional<std::uint64_t> if_release,
                              std::optional<answer_to_keep<run>> keep) override;
  task<accept_outcome> restore(deployment_name name, std::optional<std::uint64_t> release,
                               std::optional<run_id> under_way, time_point now,
                               std::optional<answer_to_keep<run>> keep) override;
  task<accept_outcome> scale(deployment_name name, std::uint32_t replicas, std::optional<run_id> under_way,
                             time_point now, std::optional<answer_to_keep<run>> keep) override;
  task<void> save(change what) override;
  task<run> request_cancel(deployment_name name, run_id id, time_point now,
                           std::optional<answer_to_keep<run>> keep) override;
  task<std::vector<run>> request_cancel_all(deployment_name name, time_point now,
                                            std::optional<answer_of_runs_to_keep> keep) override;
  task<std::vector<run>> unfinished() override;
  task<std::vector<run>> serving() override;
  task<std::optional<run>> find(run_id id) override;
  task<std::optional<run>> find(deployment_name name, std::uint64_t number) override;
  task<std::vector<run>> list(deployment_name name, std::size_t limit) override;
  task<std::vector<run>> releases(deployment_name name, std::size_t limit) override;

private:
  task<accept_outcome> accept_now(run_request wanted);

  database_thread& thread_;
  kept_rows& kept_;
  scrubber const* hides_;
};

class sqlite_events final : public event_store {
public:
  sqlite_events(database_thread& thread, kept_rows& kept, scrubber const* hides)
      : thread_(thread), kept_(kept), hides_(hides) {}
  task<void> append(std::vector<event_draft> events, std::optional<deployment_status> status) override;
  task<std::vector<event>> after(deployment_name name, std::uint64_t id, std::size_t limit) override;
  task<std::uint64_t> pruned_up_to(deployment_name name) override;
  task<std::vector<event>> latest(deployment_name name, std::size_t limit) override;
  task<std::uint64_t> last_before(time_point time) override;

private:
  database_thread& thread_;
  kept_rows& kept_;
  scrubber const* hides_;
};

class sqlite_sessions final : public session_store {
public:
  explicit sqlite_sessions(database_thread& thread) : thread_(thread) {}
  task<void> insert(session s) override;
  task<void> erase(std::vector<session_id> ids) override;
  task<std::vector<session>> all() override;

private:
  database_thread& thread_;
};

class sqlite_secrets final : public secret_store {
public:
  explicit sqlite_secrets(database_thread& thread) : thread_(thread) {}
  task<std::vector<std::uint64_t>> insert(sealed_secret s) override;
  task<void> erase(std::string scope, std::string key, time_point now) override;
  task<std::vector<sealed_secret>> all() override;

private:
  database_thread& thread_;
};

class sqlite_answers final : public answer_store {
public:
  sqlite_answers(database_thread& thread, kept_rows const& kept) : thread_(thread), kept_(kept) {}
  task<std::optional<kept_answer>> find(request_hash key, time_point now) override;
  task<void> insert(kept_answer what, time_point now) override;

private:
  database_thread& thread_;
  kept_rows const& kept_;
};

class sqlite_store final : public store {
public:
  sqlite_store(executor network, store_file file, folder_lock lock, std::shared_ptr<shared_state> state, kept_rows kept,
               scrubber const* hides, store_tuning tuning);
  ~sqlite_store() override;

  deployment_store& deployments() override { return deployments_; }
  run_store& runs() override { return runs_; }
  event_store& events() override { return events_; }
  session_store& sessions() override { return sessions_; }
  secret_store& secrets() override { return secrets_; }
  answer_store& answers() override { return answers_; }
  deployment const* find_deployment(deployment_name const& name) const override;
  std::vector<deployment const*> list_deployments() const override;
  instance_id const& instance() const override { return instance_; }
  std::optional<std::string> const& network() const override { return network_; }
  task<void> keep_network(std::string name) override;
  std::uint64_t last_event_id() const override { return state_->last_event_id; }
  std::optional<error> trouble() const override { return state_->trouble; }
  void on_commit(commit_listener listener) override { state_->listeners.push_back(std::move(listener)); }
  void stop() override { thread_.stop(); }

private:
  folder_lock lock_;  // first, so that it is given back last
  instance_id instance_;
  std::optional<std::string> network_;
  std::shared_ptr<shared_state> state_;
  kept_rows kept_;  // of the database thread
  database_thread thread_;
  sqlite_deployments deployments_;
  sqlite_runs runs_;
  sqlite_events events_;
  sqlite_sessions sessions_;
  sqlite_secrets secrets_;
  sqlite_answers answers_;
};

}  // namespace krane
