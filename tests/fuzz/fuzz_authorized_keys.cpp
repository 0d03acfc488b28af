// An authorized_keys file: whatever stands in it, its keys and warnings are bounded and fit for a log, and a good line
// behind it is still a key.
#include <algorithm>

#include "auth/authorized_keys.hpp"
#include "base/utf8.hpp"
#include "fuzz/property.hpp"

namespace krane {
namespace {

constexpr std::string_view good_line =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea last";

bool is_one_line(std::string_view text) {
  return is_valid_utf8(text) && std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

void try_file(std::string_view text) {
  auto const list = parse_authorized_keys(text);
  test::must_hold(list.keys.size() <= key_list::max_keys && list.warnings.size() <= 101, "all is bounded");
  std::size_t line = 0;
  for (auto const& one : list.keys) {
    test::must_hold(one.line > line, "each key has a line of its own");
    line = one.line;
    test::must_hold(is_one_line(one.comment) && one.key.fingerprint().size() == 50, "keys are fit to be shown");
    for (char const* address : {"192.0.2.7", "2001:db8::1", "nowhere", ""}) {
      bool const allowed = one.options.allow(time_point{}, address);
      test::must_hold(!allowed || !one.options.from || one.options.from->match(address), "from= is kept");
    }
  }
  for (auto const& warning : list.warnings) test::must_hold(is_one_line(warning), "warnings are fit for a log");

  auto const longer = parse_authorized_keys(std::string(text) + "\n" + std::string(good_line));
  if (list.keys.size() == key_list::max_keys) return;
  test::must_hold(longer.keys.size() == list.keys.size() + 1 && longer.keys.back().comment == "last",
                  "no line takes another one with it");
}

}  // namespace
}  // namespace krane

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  krane::try_file(krane::test::as_text(data, size));
  return 0;
}
