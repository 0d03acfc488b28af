#include "unit/store/workload.hpp"

namespace krane::test {
namespace {

// Every test tries the fault at the n-th operation, for every n that the workload has.
class faults_test : public workload_test {
protected:
  static constexpr int rounds = 6;

  faults_test() {
    tuning.checkpoint_pages = 10;  // so that several fall into the workload
    make_original();
  }

  int tries = 0;

  std::size_t operations(disk_operation what) {
    use_copy_of(original, "counted");
    open();
    disk.heal();
    for (int i = 0; i < rounds; ++i) write(i);
    // The checkpoint after the last write belongs to it.
    (void)present();
    auto const count = disk.count(what);
    close();
    EXPECT_TRUE(refusals.empty());
    EXPECT_GT(count, 20u);
    return count;
  }

  void begin_try(std::size_t n) {
    forget();
    use_copy_of(original, "try-" + std::to_string(n));
    open();
  }

  void expect_all_refused_as(errc code, std::string const& reason) {
    for (auto const& why : refusals) {
      EXPECT_EQ(why.code, code);
      EXPECT_EQ(why.reason, reason);
    }
  }

  void expect_acknowledged_after_reopening() {
    disk.heal();
    reopen();
    EXPECT_TRUE(holds(present(), good));
  }

  void try_broken(disk_operation what) {
    auto const count = operations(what);
    for (std::size_t n = 1; n <= count; ++n) {
      SCOPED_TRACE(n);
      begin_try(n);
      disk.fail_nth(what, n, disk_fault::broken);
      for (int i = 0; i < rounds; ++i) write(i);
      expect_all_refused_as(errc::unavailable, "store_failed");
      EXPECT_TRUE(holds(present(), good));  // reads go on
      // No second try, though the disk is well again: the only failure was the n-th.
      auto const writes = disk.count(disk_operation::write);
      put_refused("one-more");
      EXPECT_EQ(disk.count(disk_operation::write), writes);
      ASSERT_EQ(fatal.size(), 1u);
      EXPECT_EQ(fatal[0].reason, "store_failed");
      EXPECT_EQ(state->trouble(), fatal[0]);
      expect_acknowledged_after_reopening();
      EXPECT_EQ(fatal.size(), 1u);
      EXPECT_EQ(put(spec_of("after")).config.name.str(), "after");
      close();
    }
  }

  void put_refused(std::string name) {
    EXPECT_EQ(get_error(state->deployments().put(spec_of(std::move(name)), false, at(0))).reason, "store_failed");
  }
};

TEST_F(faults_test, a_write_that_fails_once_for_want_of_room_is_refused_and_the_next_is_not) {
  auto const count = operations(disk_operation::write);
  for (std::size_t n = 1; n <= count; ++n) {
    SCOPED_TRACE(n);
    begin_try(n);
    disk.fail_nth(disk_operation::write, n, disk_fault::full);
    for (int i = 0; i < rounds; ++i) write(i);
    EXPECT_LE(refusals.size(), 1u);
    expect_all_refused_as(errc::storage_full, "storage_full");
    EXPECT_EQ(put(spec_of("after")).config.name.str(), "after");
    EXPECT_EQ(state->trouble(), std::nullopt);
    EXPECT_TRUE(fatal.empty());
    expect_acknowledged_after_reopening();
    for (auto const& name : refused_sessions) EXPECT_FALSE(present().sessions.contains(name));
    close();
  }
}

TEST_F(faults_test, while_the_disk_is_full_writes_are_refused_reads_go_on_and_with_room_it_recovers) {
  auto const count = operations(disk_operation::write);
  for (std::size_t n = 1; n <= count; n += 3) {
    SCOPED_TRACE(n);
    begin_try(n);
    disk.fail_from(disk_operation::write, n, disk_fault::full);
    for (int i = 0; i < rounds; ++i) write(i);
    expect_all_refused_as(errc::storage_full, "storage_full");
    EXPECT_EQ(get_error(state->deployments().put(spec_of("during"), false, at(0))).code, errc::storage_full);
    EXPECT_EQ(state->trouble()->code, errc::storage_full);
    auto const now = present();
    EXPECT_EQ(now.deployments, good.deployments);
    EXPECT_EQ(now.runs, good.runs);
    EXPECT_EQ(now.sessions, good.sessions);
    disk.heal();
    EXPECT_EQ(put(spec_of("after")).config.name.str(), "after");
    EXPECT_EQ(state->trouble(), std::nullopt);
    expect_acknowledged_after_reopening();
    close();
  }
}

TEST_F(faults_test, a_write_error_ends_writing_for_good_and_loses_nothing_acknowledged) {
  try_broken(disk_operation::write);
}

TEST_F(faults_test, a_sync_error_ends_writing_for_good_and_loses_nothing_acknowledged) {
  try_broken(disk_operation::sync);
}

TEST_F(faults_test, works_that_wait_behind_a_failed_commit_are_all_refused) {
  begin_try(0);
  disk.fail_from(disk_operation::sync, 1, disk_fault::broken);
  int refused = 0;
  for (int i = 0; i < 20; ++i)
    begin<deployment_store::put_outcome>(state->deployments().put(spec_of("app-" + std::to_string(i)), false, at(0)),
                                         [&](auto const& given) { refused += given ? 0 : 1; });
  drain();
  EXPECT_EQ(refused, 20);
  EXPECT_TRUE(commits.empty());
  EXPECT_EQ(fatal.size(), 1u);
}

TEST_F(faults_test, a_start_on_a_disk_that_cannot_be_read_fails_and_the_next_one_works) {
  begin_try(0);
  write(0);
  close();
  for (std::size_t n = 1;; ++n) {
    SCOPED_TRACE(n);
    disk.fail_nth(disk_operation::read, n, disk_fault::broken);
    auto const opened = try_open();
    bool const reached = disk.count(disk_operation::read) >= n;
    disk.heal();
    if (opened) {
      // SQLite itself may do without a page that it only wanted to look at.
      EXPECT_TRUE(holds(present(), good));
      close();
      if (!reached) break;
    }
  }
  open();
  EXPECT_TRUE(holds(present(), good));
}

TEST_F(faults_test, a_first_start_that_fails_leaves_nothing_in_the_way_of_the_next) {
  for (auto const what : {disk_operation::write, disk_operation::sync})
    for (auto const how : {disk_fault::full, disk_fault::broken})
      for (std::size_t n = 1;; ++n) {
        SCOPED_TRACE(n);
        options.folder = folder / ("first-" + std::to_string(++tries));
        disk.fail_nth(what, n, how);
        auto const opened = try_open();
        bool const reached = disk.count(what) >= n;
        if (!opened) {
          EXPECT_TRUE(reached);
          EXPECT_EQ(opened.error().code == errc::storage_full,
                    how == disk_fault::full && what == disk_operation::write);
          disk.heal();
          open();
        }
        disk.heal();
        put(spec_of("app"));
        close();
        if (!reached) break;
      }
}

}  // namespace
}  // namespace krane::test
