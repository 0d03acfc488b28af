#pragma once
// Everything that must outlive the process: deployments, runs, events, sessions, secrets, in one SQLite file of the
// state folder. A task that succeeded is on the disk (WAL, synchronous=FULL); works that arrive together share one
// commit.
//
// Threads: called from the network thread only; the work is done on a thread of the store's own.
// Failure: errc::unavailable, reason "overloaded", when too much is waiting.
//          errc::storage_full when the disk is full (reads go on, and writes too once there is room); any other I/O
//          error on a write makes the store read-only for good (errc::unavailable, reason "store_failed") and calls
//          `on_fatal`, since what the disk holds is then unknown.
// Cancel:  a write that was handed over is carried out, whatever becomes of the caller.
// Lifetime: stop() before destruction; it finishes what was handed over. Until then no other program can open the file.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "model/deployment.hpp"
#include "model/event.hpp"
#include "model/once.hpp"
#include "model/run.hpp"
#include "model/sealed_secret.hpp"
#include "model/session.hpp"

namespace krane {

class scrubber;

// What a commit changed, for those who keep copies: told on the network thread, in commit order, after it is durable
// and before those who wait for it go on.
struct commit {
  std::vector<event> events;
  std::vector<deployment> changed;
  std::vector<deployment_name> erased;
};
using commit_listener = std::function<void(commit const&)>;

class deployment_store {
public:
  virtual ~deployment_store() = default;

  struct put_outcome {
    deployment now;
    bool created = false;
  };
  // Creates or updates; the same spec again changes nothing. errc::conflict: host_port_taken (message names the
  // holder), deployment_deleting; errc::precondition_failed, deployment_exists: `create_only` and it is there.
  // `if_release`: as run_store::accept. `expected`: only while that is its config; errc::not_found, or
  // errc::precondition_failed, config_moved.
  // With `keep`, here and in run_store: in the same commit the answer is kept. errc::conflict, request_repeated: one is
  // kept under that key already, and nothing was done.
  virtual task<put_outcome> put(spec wanted, bool create_only, time_point now,
                                std::optional<std::uint64_t> if_release = {},
                                std::optional<answer_to_keep<put_outcome>> keep = {},
                                std::optional<spec> expected = {}) = 0;
  // How often the engine has started its containers again, as far as it was seen; of the release that serves.
  // errc::not_found.
  virtual task<void> note_restarts(deployment_name name, std::uint64_t restarts) = 0;
};

class run_store {
public:
  virtual ~run_store() = default;

  struct accept_outcome {
    run accepted;
    std::vector<run> superseded;  // waiting runs that it replaces, ended
  };
  // Makes the run durable: gives it its number, takes the deployment as it is now, ends every other run of it that has
  // not begun (model/begun.hpp) and is not `under_way` as superseded, sets the status (deploying; for a removal
  // deleting), and adds an event for each. A removal that is already accepted is answered as it is.
  // A stop, start or restart has what the release that serves has, and acts on that.
  // `if_release`: only while the release of that number serves; 0: while none does. Looked at in the same commit.
  // errc::not_found; errc::conflict: deployment_deleting (anything but its removal), nothing_serves (a stop, start or
  // restart of what never ran), release_moved (not the one of `if_release`).
  virtual task<accept_outcome> accept(deployment_name name, run_kind kind, std::optional<std::string> tag,
                                      std::optional<run_id> under_way, time_point now,
                                      std::optional<std::uint64_t> if_release = {},
                                      std::optional<answer_to_keep<run>> keep = {}) = 0;
  // As accept, a deploy that brings a release back whole: its config, image and secrets, as that run has them. In the
  // same commit the deployment's config becomes the release's. `release`: its number; none: release_before() of what
  // serves. Also errc::not_found, there is none of that number; errc::conflict: release_not_good (it never served),
  // nothing_to_roll_back_to, and as deployments().put().
  virtual task<accept_outcome> restore(deployment_name name, std::optional<std::uint64_t> release,
                                       std::optional<run_id> under_way, time_point now,
                                       std::optional<answer_to_keep<run>> keep = {}) = 0;
  // As accept, a scaling of the release that serves; in the same commit the deployment's config asks for as many. Also
  // errc::conflict, nothing_serves, when it is stopped.
  virtual task<accept_outcome> scale(deployment_name name, std::uint32_t replicas, std::optional<run_id> under_way,
                                     time_point now, std::optional<answer_to_keep<run>> keep = {}) = 0;

  struct change {
    run now;
    std::vector<event_draft> events;
    std::optional<deployment_status> status;            // of the deployment, if it changes
    std::optional<std::optional<run_id>> serving;       // of the deployment, if it changes
    bool erase_deployment = false;                      // with all its runs, events and secrets
    std::optional<std::optional<warm_release>> warm{};  // of the deployment, if it changes
  };
  // One step, durable with its events. errc::not_found; errc::conflict, run_ended: a run ends once.
  virtual task<void> save(change what) = 0;
  // cancel_requested, set durably. errc::not_found; errc::conflict when it has ended.
  virtual task<run> request_cancel(deployment_name name, run_id id, time_point now,
                                   std::optional<answer_to_keep<run>> keep = {}) = 0;
  // As request_cancel, of every run that has not ended; newest first. errc::not_found; errc::conflict:
  // no_run_under_way, deployment_deleting (a removal is not taken back).
  virtual task<std::vector<run>> request_cancel_all(deployment_name name, time_point now,
                                                    std::optional<answer_to_keep<std::vector<run>>> keep = {}) = 0;

  // Every run that has not ended, oldest first.
  virtual task<std::vector<run>> unfinished() = 0;
  // Every run that serves its deployment, in no order.
  virtual task<std::vector<run>> serving() = 0;
  virtual task<std::optional<run>> find(run_id id) = 0;
  virtual task<std::optional<run>> find(deployment_name name, std::uint64_t number) = 0;
  // Newest first.
  virtual task<std::vector<run>> list(deployment_name name, std::size_t limit) = 0;
  // Those of its runs that are releases (model/release.hpp), newest first.
  virtual task<std::vector<run>> releases(deployment_name name, std::size_t limit) = 0;
};

class event_store {
public:
  virtual ~event_store() = default;
  // Outside a run: what the engine said of a container, and the status if it changes with it.
  virtual task<void> append(std::vector<event_draft> events, std::optional<deployment_status> status) = 0;
  // The first `limit` with an id > after, in order. Here and below: of every_deployment too.
  virtual task<std::vector<event>> after(deployment_name name, std::uint64_t id, std::size_t limit) = 0;
  // Up to and with this id, events of the deployment (of some deployment) are kept no more; 0: all are there.
  virtual task<std::uint64_t> pruned_up_to(deployment_name name) = 0;
  // The last `limit`, in order.
  virtual task<std::vector<event>> latest(deployment_name name, std::size_t limit) = 0;
  // The id after which everything at or after that time comes.
  virtual task<std::uint64_t> last_before(time_point time) = 0;
};

class session_store {
public:
  virtual ~session_store() = default;
  virtual task<void> insert(session s) = 0;
  virtual task<void> erase(std::vector<session_id> ids) = 0;
  virtual task<std::vector<session>> all() = 0;
};

// Secrets as bytes that nobody can read here; secrets/vault.hpp seals and opens them.
class secret_store {
public:
  virtual ~secret_store() = default;
  // The next version of a secret; `s.version` is higher than any there was. The versions that are kept with it, in
  // order: older ones go, but for those that a run of the deployment was given, and all stay while one is under way.
  // errc::conflict, deployment_deleting.
  virtual task<std::vector<std::uint64_t>> insert(sealed_secret s) = 0;
  // All its versions; what stays is the number of the last one, and one more.
  virtual task<void> erase(std::string scope, std::string key, time_point now) = 0;
  // By scope, key and version; the removed ones too.
  virtual task<std::vector<sealed_secret>> all() = 0;
};

struct kept_answer {
  request_key under;
  given_answer answer;
};

// What was answered to requests with a key of their own.
class answer_store {
public:
  virtual ~answer_store() = default;
  // None once it is older than answers_are_kept_for.
  virtual task<std::optional<kept_answer>> find(request_hash key, time_point now) = 0;
  // Of what changed nothing, or where it may be carried out twice. errc::conflict, request_repeated: there is one.
  virtual task<void> insert(kept_answer what, time_point now) = 0;
};

class store {
public:
  virtual ~store() = default;
  virtual deployment_store& deployments() = 0;
  virtual run_store& runs() = 0;
  virtual event_store& events() = 0;
  virtual session_store& sessions() = 0;
  virtual secret_store& secrets() = 0;
  virtual answer_store& answers() = 0;

  // As the last commit left them: held in memory, so that reads never wait for the disk.
  virtual deployment const* find_deployment(deployment_name const& name) const = 0;
  virtual std::vector<deployment const*> list_deployments() const = 0;  // in name order; valid until the next commit

  virtual instance_id const& instance() const = 0;
  // The name of the network that its containers are in, once it was chosen; it is chosen once.
  virtual std::optional<std::string> const& network() const = 0;
  virtual task<void> keep_network(std::string name) = 0;
  // The highest event id ever given.
  virtual std::uint64_t last_event_id() const = 0;
  // No error, or why writes are refused at present.
  virtual std::optional<error> trouble() const = 0;
  virtual void on_commit(commit_listener listener) = 0;
  // Waits for what was handed over; nothing may be asked after it.
  virtual void stop() = 0;
};

struct store_options {
  std::string folder;                   // the state folder; made 0700 if it is not there
  std::size_t keep_events = 5000;       // per deployment; older ones go
  std::size_t keep_runs = 500;          // per deployment, ended ones
  std::size_t keep_answers = 100'000;   // of requests that may come again; older ones go
  std::function<void(error)> on_fatal;  // called once, on the network thread
  scrubber const* hides = nullptr;      // what it knows is in no event and in no run's failure; outlives the store
};

// Opens, locks and upgrades the store. Fails with a sentence for the person at the terminal: another server has the
// folder (its pid named), the file is damaged or of a newer krane (left untouched), the folder cannot be written.
result<std::unique_ptr<store>> open_store(executor network, store_options options);

}  // namespace krane
