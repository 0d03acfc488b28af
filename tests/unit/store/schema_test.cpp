#include "store/schema.hpp"

#include <array>
#include <string>

#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

class schema_test : public store_test {
protected:
  std::string path = folder / "t.db";
  database db{path, database::mode::create, ""};
};

TEST_F(schema_test, every_version_is_upgraded_from_every_earlier_one) {
  auto const steps = known_steps();
  for (std::size_t from = 0; from < steps.size(); ++from) {
    SCOPED_TRACE(from);
    database old(folder / ("from-" + std::to_string(from) + ".db"), database::mode::create, "");
    upgrade_schema(old, steps.first(from));
    EXPECT_EQ(schema_version(old), static_cast<std::int64_t>(from));
    upgrade_schema(old, steps);
    EXPECT_EQ(schema_version(old), static_cast<std::int64_t>(steps.size()));
    EXPECT_EQ(old.integer("SELECT count(*) FROM deployments"), 0);
  }
}

TEST_F(schema_test, only_the_steps_that_are_missing_are_taken_and_rows_are_kept) {
  static constexpr std::array<char const*, 3> steps{
      "CREATE TABLE a (x INTEGER)",
      "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7",
      "CREATE TABLE b AS SELECT x + y AS z FROM a",
  };
  upgrade_schema(db, schema_steps(steps).first(1));
  db.execute("INSERT INTO a VALUES (1)");
  upgrade_schema(db, schema_steps(steps).first(2));
  upgrade_schema(db, steps);
  upgrade_schema(db, steps);
  EXPECT_EQ(db.integer("SELECT z FROM b"), 8);
}

TEST_F(schema_test, a_step_that_fails_leaves_the_version_before_it) {
  static constexpr std::array<char const*, 2> steps{
      "CREATE TABLE a (x INTEGER)",
      "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (1)",
  };
  EXPECT_THROW(upgrade_schema(db, steps), storage_failure);
  EXPECT_EQ(schema_version(db), 1);
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(db.integer("SELECT count(*) FROM sqlite_schema"), 1);
}

}  // namespace
}  // namespace krane::test
