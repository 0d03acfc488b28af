#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "store/database.hpp"
#include "store/schema.hpp"
#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

namespace fs = std::filesystem;

class opening_test : public store_test {
protected:
  std::string path(std::string const& name = "krane.db") { return folder / ("state/" + name); }
  static std::string content(std::string const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void overwrite(std::string const& file, std::string const& text) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  }
  static int mode(std::string const& file) {
    struct stat found{};
    return ::stat(file.c_str(), &found) == 0 ? static_cast<int>(found.st_mode & 07777) : -1;
  }
  // A store with something in it, closed.
  void make() {
    open();
    for (int i = 0; i < 20; ++i) put(spec_of("app-" + std::to_string(i)));
    close();
  }
  error refused() {
    auto const opened = try_open();
    if (opened) throw std::runtime_error("it was opened");
    EXPECT_NE(opened.error().message.find(folder / "state"), std::string::npos) << opened.error().message;
    return opened.error();
  }
  // Refused with this reason, and every file as it was.
  void expect_refused_untouched(std::string const& reason) {
    std::map<std::string, std::string> before;
    for (auto const& entry : fs::directory_iterator(folder / "state"))
      if (entry.path().filename() != "lock") before[entry.path()] = content(entry.path());
    EXPECT_EQ(refused().reason, reason);
    std::map<std::string, std::string> after;
    for (auto const& entry : fs::directory_iterator(folder / "state"))
      if (entry.path().filename() != "lock") after[entry.path()] = content(entry.path());
    EXPECT_TRUE(before == after);
  }
};

TEST_F(opening_test, everything_is_private_and_the_folders_above_are_made) {
  options.folder = folder / "a/b/state";
  open();
  put(spec_of("app"));
  EXPECT_EQ(mode(options.folder), 0700);
  for (auto const& entry : fs::directory_iterator(options.folder)) EXPECT_EQ(mode(entry.path()), 0600) << entry.path();
}

TEST_F(opening_test, a_folder_with_a_slash_at_its_end_is_as_good) {
  options.folder = folder / "state/";
  open();
  EXPECT_EQ(mode(options.folder), 0700);
}

TEST_F(opening_test, an_empty_folder_of_ours_is_made_private) {
  fs::create_directory(folder / "state");
  fs::permissions(folder / "state", fs::perms::all);
  open();
  EXPECT_EQ(mode(folder / "state"), 0700);
}

TEST_F(opening_test, a_folder_of_other_things_that_others_may_write_to_is_refused) {
  fs::create_directory(folder / "state");
  overwrite(path("somebody's"), "things");
  fs::permissions(folder / "state", fs::perms::all);
  EXPECT_EQ(refused().reason, "folder_unusable");
  EXPECT_EQ(mode(folder / "state"), 0777);
}

TEST_F(opening_test, what_is_no_folder_is_refused) {
  overwrite(folder / "state", "a file");
  EXPECT_EQ(refused().reason, "folder_unusable");
}

TEST_F(opening_test, the_instance_id_is_kept_for_life_and_every_store_has_its_own) {
  open();
  auto const id = state->instance();
  EXPECT_EQ(id.str().size(), 32u);
  reopen();
  EXPECT_EQ(state->instance(), id);
  close();
  fs::remove_all(folder / "state");
  open();
  EXPECT_NE(state->instance(), id);
}

TEST_F(opening_test, a_second_server_is_refused_naming_the_first) {
  open();
  auto second = open_store(loop.get_executor(), options, tuning);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::conflict);
  EXPECT_EQ(second.error().reason, "store_in_use");
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos) << second.error().message;
  reopen();
}

TEST_F(opening_test, a_program_that_the_server_started_does_not_keep_the_lock) {
  open();
  std::array<int, 2> hold{};
  ASSERT_EQ(::pipe(hold.data()), 0);
  pid_t const child = ::fork();
  if (child == 0) {
    ::dup2(hold[0], 0);
    ::close(hold[1]);
    ::execlp("cat", "cat", nullptr);
    ::_exit(127);
  }
  ::close(hold[0]);
  // The child has run its program when that has closed what it must not inherit.
  for (std::string exe; !exe.ends_with("/cat");) {
    std::error_code ec;
    exe = fs::read_symlink("/proc/" + std::to_string(child) + "/exe", ec).string();
    if (exe.ends_with("/coreutils") || exe.ends_with("/busybox")) break;
  }
  reopen();
  ::close(hold[1]);
  ::waitpid(child, nullptr, 0);
}

TEST_F(opening_test, a_file_that_is_missing_beside_its_rest_is_refused) {
  make();
  std::string const db = content(path());
  for (auto const* rest : {"krane.db-wal", "krane.db-journal", "krane.db.made"}) {
    SCOPED_TRACE(rest);
    for (auto const* one : {"krane.db", "krane.db-wal", "krane.db-journal", "krane.db.made"}) fs::remove(path(one));
    overwrite(path(rest), "x");
    expect_refused_untouched("store_damaged");
    fs::remove(path(rest));
  }
}

TEST_F(opening_test, a_damaged_file_is_refused_and_left_as_it_is) {
  make();
  std::string const good = content(path());
  ASSERT_GT(good.size(), 4096u * 4);
  struct damage {
    char const* what;
    std::string text;
  };
  auto broken_page = good;
  for (std::size_t i = 4096 * 2; i < 4096 * 3; ++i) broken_page[i] = static_cast<char>(i * 7);
  auto stranger = good;
  stranger[70] = 'x';
  for (auto const& [what, text] : {
           damage{"empty", ""},
           damage{"short", good.substr(0, 50)},
           damage{"text", std::string(8192, 'a')},
           damage{"zeros", std::string(good.size(), '\0')},
           damage{"cut in the middle", good.substr(0, 4096 * 3)},
           damage{"a page of noise", broken_page},
           damage{"another program's", stranger},
       }) {
    SCOPED_TRACE(what);
    overwrite(path(), text);
    expect_refused_untouched("store_damaged");
  }
  overwrite(path(), good);
  open();
  EXPECT_EQ(state->list_deployments().size(), 20u);
}

TEST_F(opening_test, a_newer_store_is_refused_and_left_as_it_is) {
  make();
  for (bool const in_log : {true, false}) {
    SCOPED_TRACE(in_log);
    {
      database db(path(), database::mode::open, "");
      db.execute("PRAGMA locking_mode = EXCLUSIVE");
      db.execute("PRAGMA user_version = " + std::to_string(known_steps().size() + 1));
      if (!in_log) db.checkpoint(database::after_checkpoint::empty_log);
    }
    expect_refused_untouched("store_newer");
  }
}

TEST_F(opening_test, a_store_that_another_program_uses_is_refused) {
  make();
  database other(path(), database::mode::open, "");
  other.execute("PRAGMA locking_mode = EXCLUSIVE");
  other.execute("BEGIN IMMEDIATE");
  auto const why = refused();
  EXPECT_EQ(why.code, errc::conflict);
  EXPECT_EQ(why.reason, "store_in_use");
}

TEST_F(opening_test, what_a_first_start_that_was_cut_off_left_is_thrown_away) {
  fs::create_directory(folder / "state");
  overwrite(path("krane.db.new"), "half a fi");
  overwrite(path("krane.db.new-journal"), "le");
  open();
  EXPECT_FALSE(fs::exists(path("krane.db.new")));
  EXPECT_FALSE(fs::exists(path("krane.db.new-journal")));
}

TEST_F(opening_test, a_store_without_its_note_gets_it_back) {
  make();
  fs::remove(path("krane.db.made"));
  open();
  EXPECT_TRUE(fs::exists(path("krane.db.made")));
}

TEST_F(opening_test, what_a_killed_server_left_in_the_log_is_there) {
  open();
  put(spec_of("app"));
  // As a kill would leave them: the files as they are now.
  fs::create_directory(folder / "copy");
  for (auto const* one : {"krane.db", "krane.db-wal", "krane.db.made"}) fs::copy(path(one), folder / "copy");
  options.folder = folder / "copy";
  auto opened = open_store(loop.get_executor(), options, tuning);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_NE((*opened)->find_deployment(deployment_name{"app"}), nullptr);
}

}  // namespace
}  // namespace krane::test
