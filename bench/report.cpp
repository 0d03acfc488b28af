#include "bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace krane::bench {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "-";
  if (std::abs(value) >= 100) return fmt::format("{:.0f}", value);
  if (std::abs(value) >= 10) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

void print(std::string const& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

}  // namespace

double quantile(std::vector<double>& values, double share) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  auto const last = static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(std::lround(share * last))];
}

double median(std::vector<double> values) {
  return quantile(values, 0.5);
}

void report::group(std::string title) {
  print(fmt::format("\n{}", title));
}

void report::row(std::string what, double value, std::string unit, std::optional<goal> wanted, std::string remark) {
  std::string beside;
  if (wanted) {
    bool const most = wanted->is == goal::kind::at_most;
    bool const met = most ? value <= wanted->value : value >= wanted->value;
    if (!met) ++missed_;
    beside = fmt::format("goal {} {} {}  {}", most ? "≤" : "≥", number(wanted->value), unit, met ? "met" : "MISSED");
  }
  print(fmt::format("  {:<52} {:>9} {:<5} {}{}{}", what, number(value), unit, beside,
                    beside.empty() || remark.empty() ? "" : "  ", remark));
}

void report::note(std::string text) {
  print("  " + text);
}

}  // namespace krane::bench
