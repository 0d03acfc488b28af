#include "auth/key_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/temp_folder.hpp"

namespace krane {
namespace {

using testing::HasSubstr;

class key_file_test : public testing::Test {
protected:
  void write(std::string const& text, mode_t mode = 0600) {
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
  }
  result<key_file> read() { return read_key_file(path, std::nullopt); }

  test::temp_folder folder;
  std::string path = folder / "authorized_keys";
};

TEST_F(key_file_test, is_read_when_only_its_owner_can_write_to_it) {
  for (mode_t mode : {0600, 0400, 0644, 0755}) {
    write("text", mode);
    auto const file = read();
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->text, "text");
    std::filesystem::remove(path);
  }
}

TEST_F(key_file_test, is_refused_when_others_can_write_to_it) {
  for (mode_t mode : {0620, 0602, 0666, 0660, 0777}) {
    write("text", mode);
    EXPECT_EQ(read().error().code, errc::forbidden) << std::oct << mode;
    EXPECT_THAT(read().error().message, HasSubstr("chmod go-w"));
  }
}

TEST_F(key_file_test, is_refused_when_others_can_write_to_its_folder) {
  write("text");
  for (mode_t mode : {0770, 0702, 01777}) {
    chmod(folder.path().c_str(), mode);
    EXPECT_EQ(read().error().code, errc::forbidden) << std::oct << mode;
    EXPECT_THAT(read().error().message, HasSubstr(folder.path().string() + " can be written by others"));
  }
  chmod(folder.path().c_str(), 0755);
  EXPECT_TRUE(read());
}

TEST_F(key_file_test, is_refused_when_it_or_its_folder_belongs_to_a_stranger) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  write("text");
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  EXPECT_EQ(read().error().code, errc::forbidden);
  EXPECT_THAT(read().error().message, HasSubstr("belongs to user 12345"));
  ASSERT_EQ(chown(path.c_str(), 0, 0), 0);
  ASSERT_EQ(chown(folder.path().c_str(), 12345, 12345), 0);
  EXPECT_EQ(read().error().code, errc::forbidden);
}

TEST_F(key_file_test, is_judged_by_what_a_link_leads_to) {
  test::temp_folder elsewhere;
  std::ofstream(elsewhere / "keys") << "text";
  chmod((elsewhere / "keys").c_str(), 0600);
  std::filesystem::create_symlink(elsewhere / "keys", path);
  EXPECT_EQ(read()->text, "text");
  chmod(elsewhere.path().c_str(), 0777);
  EXPECT_EQ(read().error().code, errc::forbidden);
}

TEST_F(key_file_test, that_is_missing_is_not_found) {
  EXPECT_EQ(read().error().code, errc::not_found);
  EXPECT_EQ(read_key_file("", std::nullopt).error().code, errc::not_found);
  EXPECT_EQ(read_key_file(folder / "no/folder/keys", std::nullopt).error().code, errc::not_found);
  std::filesystem::create_symlink(folder / "nowhere", path);
  EXPECT_EQ(read().error().code, errc::not_found);
}

TEST_F(key_file_test, that_is_something_else_is_refused_without_waiting_for_it) {
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(read().error().code, errc::forbidden);
  EXPECT_EQ(read_key_file(folder.path(), std::nullopt).error().code, errc::forbidden);
  EXPECT_EQ(read_key_file("/dev/zero", std::nullopt).error().code, errc::forbidden);
}

TEST_F(key_file_test, may_hold_a_mebibyte_and_no_more) {
  write(std::string(1024 * 1024, '\n'));
  EXPECT_TRUE(read());
  write(std::string(1024 * 1024 + 1, '\n'));
  EXPECT_EQ(read().error().code, errc::too_large);
}

TEST_F(key_file_test, is_not_read_again_while_it_stays_as_it_was) {
  write("text");
  auto first = read();
  ASSERT_TRUE(first);
  // Just written: the file system's clock may be too coarse to tell a second write.
  EXPECT_TRUE(read_key_file(path, first->stamp)->text);
  // One that has been there for a while.
  std::string const old = "/etc/passwd";
  auto const settled = read_key_file(old, std::nullopt);
  ASSERT_TRUE(settled) << settled.error().message;
  EXPECT_FALSE(read_key_file(old, settled->stamp)->text);
}

TEST_F(key_file_test, has_another_stamp_once_it_was_written_or_replaced_even_at_the_same_size_and_time) {
  write("one");
  auto const first = read();
  auto const time = std::filesystem::last_write_time(path);
  std::ofstream(folder / "new") << "two";
  chmod((folder / "new").c_str(), 0600);
  std::filesystem::rename(folder / "new", path);
  std::filesystem::last_write_time(path, time);
  auto const second = read_key_file(path, first->stamp);
  EXPECT_EQ(second->text, "two");
  EXPECT_NE(second->stamp, first->stamp);
}

}  // namespace
}  // namespace krane
