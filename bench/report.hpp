#pragma once
// The table that is printed: what was measured, in what unit, beside what it was to be.
#include <optional>
#include <string>
#include <vector>

namespace krane::bench {

// The middle of several rounds. NaN of none.
double median(std::vector<double> values);
// 0 ≤ share ≤ 1; sorts.
double quantile(std::vector<double>& values, double share);

struct goal {
  enum class kind { at_most, at_least } is;
  double value;
};
inline goal at_most(double value) {
  return {goal::kind::at_most, value};
}
inline goal at_least(double value) {
  return {goal::kind::at_least, value};
}

class report {
public:
  void group(std::string title);
  void row(std::string what, double value, std::string unit, std::optional<goal> wanted = {}, std::string remark = {});
  // A line of several figures.
  void note(std::string text);
  // Nothing missed its goal.
  bool all_met() const { return missed_ == 0; }
  std::size_t missed() const { return missed_; }

private:
  std::size_t missed_ = 0;
};

}  // namespace krane::bench
