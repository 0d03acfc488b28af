#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "unit/store/workload.hpp"

namespace krane::test {
namespace {

// What a disk holds after the power went: all that was synced; of the rest any part, in pieces of a sector.
class disk_image {
public:
  disk_image(std::map<std::string, std::string> files, std::mt19937& random)
      : synced_(std::move(files)), random_(random) {}

  void take(disk_step const& step) {
    switch (step.what) {
      case disk_step::kind::write:
      case disk_step::kind::truncate:
        pending_[step.file].push_back(&step);
        break;
      case disk_step::kind::sync:
        for (auto const* one : pending_[step.file]) apply(synced_[step.file], *one);
        pending_[step.file].clear();
        break;
      case disk_step::kind::mark:
        break;
    }
  }

  // Of what is pending: nothing, everything, whole operations, or single sectors of them.
  enum class survives { nothing, everything, operations, sectors };
  std::map<std::string, std::string> after_power_loss(survives how) {
    auto files = synced_;
    for (auto const& [name, steps] : pending_)
      for (auto const* step : steps) {
        if (how == survives::nothing || (how == survives::operations && !chance())) continue;
        if (how == survives::sectors && step->what == disk_step::kind::truncate && !chance()) continue;
        if (how == survives::sectors && step->what == disk_step::kind::write)
          apply_sectors(files[name], *step);
        else
          apply(files[name], *step);
      }
    return files;
  }

private:
  static constexpr std::size_t sector = 512;
  bool chance() { return random_() % 2 == 0; }

  static void put(std::string& file, std::size_t offset, std::string_view data) {
    if (file.size() < offset + data.size()) file.resize(offset + data.size(), '\0');
    file.replace(offset, data.size(), data);
  }
  static void apply(std::string& file, disk_step const& step) {
    if (step.what == disk_step::kind::truncate)
      file.resize(static_cast<std::size_t>(step.offset), '\0');
    else
      put(file, static_cast<std::size_t>(step.offset), step.data);
  }
  void apply_sectors(std::string& file, disk_step const& step) {
    std::string_view data = step.data;
    auto offset = static_cast<std::size_t>(step.offset);
    while (!data.empty()) {
      auto const piece = std::min(data.size(), sector - offset % sector);
      if (chance()) put(file, offset, data.substr(0, piece));
      offset += piece;
      data.remove_prefix(piece);
    }
  }

  std::map<std::string, std::string> synced_;
  std::map<std::string, std::vector<disk_step const*>> pending_;
  std::mt19937& random_;
};

class power_loss_test : public workload_test {
protected:
  static constexpr unsigned seed = 1042;

  // Writes, and remembers how the disk was written.
  void record_workload(int rounds) {
    make_original();
    tuning.checkpoint_pages = 12;
    for (auto const* name : {"krane.db", "krane.db-wal"}) {
      std::ifstream in(original + "/" + name, std::ios::binary);
      before[name] = {std::istreambuf_iterator<char>(in), {}};
    }
    disk.record();
    use_copy_of(original, "recorded");
    open();
    for (int i = 0; i < rounds; ++i) write(i);
    close();
    steps = disk.steps();
  }

  static void take_mark(acknowledged& all, std::string const& text) {
    auto const space = text.find(' ');
    auto const kind = text.substr(0, space);
    auto& set = kind == "deployment" ? all.deployments : kind == "run" ? all.runs : all.sessions;
    set.insert(text.substr(space + 1));
  }

  // What is wrong with the store that the disk holds; empty: it opens, holds what was acknowledged, and no half of what
  // belongs together.
  std::string damage_of(std::map<std::string, std::string> const& files, acknowledged const& promised) {
    use_copy_of(original, "cut-" + std::to_string(++cuts));
    for (auto const& [name, content] : files)
      std::ofstream(options.folder + "/" + name, std::ios::binary | std::ios::trunc) << content;
    auto const opened = try_open();
    if (!opened) return opened.error().message;
    std::string damage;
    try {
      if (!holds(present(), promised)) damage = "what was acknowledged is not there";
      if (damage.empty() && !runs_are_with_their_answers(12)) damage = "a run and its answer are parted";
    } catch (std::exception const& unreadable) {
      damage = unreadable.what();
    }
    close();
    std::filesystem::remove_all(options.folder);
    return damage;
  }

  std::map<std::string, std::string> before;
  std::vector<disk_step> steps;
  int cuts = 0;
};

TEST_F(power_loss_test, everything_acknowledged_is_there_after_a_power_loss_between_any_two_operations) {
  record_workload(12);
  std::mt19937 random(seed);
  disk_image image(before, random);
  acknowledged promised;
  std::size_t checkpoints = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(i);
    image.take(steps[i]);
    if (steps[i].what == disk_step::kind::mark) take_mark(promised, steps[i].data);
    if (steps[i].what == disk_step::kind::sync && steps[i].file == "krane.db") ++checkpoints;
    using how = disk_image::survives;
    for (auto const kept : {how::nothing, how::everything, how::operations, how::sectors})
      if (kept == how::sectors || i % 4 == static_cast<std::size_t>(kept))
        ASSERT_EQ(damage_of(image.after_power_loss(kept), promised), "") << static_cast<int>(kept);
  }
  EXPECT_EQ(promised.runs, good.runs);
  EXPECT_EQ(promised.sessions.size(), 12u);
  EXPECT_GE(checkpoints, 3u);
}

// That the test before can fail: without the syncs of the log, which is what synchronous=NORMAL leaves out, it does.
TEST_F(power_loss_test, without_the_syncs_of_the_log_acknowledged_writes_are_lost) {
  record_workload(5);
  std::mt19937 random(seed);
  disk_image image(before, random);
  acknowledged promised;
  int lost = 0;
  for (auto const& step : steps) {
    if (step.what == disk_step::kind::sync && step.file == "krane.db-wal") continue;
    image.take(step);
    if (step.what != disk_step::kind::mark) continue;
    take_mark(promised, step.data);
    if (!damage_of(image.after_power_loss(disk_image::survives::operations), promised).empty()) ++lost;
  }
  EXPECT_GT(lost, 5);
}

}  // namespace
}  // namespace krane::test
