// A request's body: what is taken can be written out and taken again, and decodes or says why not, in bounded words.
#include <boost/describe.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <optional>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "fuzz/property.hpp"

namespace krane {
namespace {

enum class mood { good, bad };
BOOST_DESCRIBE_ENUM(mood, good, bad)

struct inner {
  std::string image;
  std::optional<std::uint16_t> port;
};
BOOST_DESCRIBE_STRUCT(inner, (), (image, port))

struct body {
  std::string name;
  mood how = mood::good;
  bool open = false;
  double share = 0;
  inner config;
  std::vector<inner> more;
  std::map<std::string, std::int64_t> sizes;
};
BOOST_DESCRIBE_STRUCT(body, (), (name, how, open, share, config, more, sizes))

void try_one(std::string_view text) {
  auto const value = parse_json(text);
  if (!value) {
    test::must_hold(value.error().code == errc::malformed || value.error().code == errc::too_large,
                    "an error of its own");
    test::must_hold(value.error().message.size() < 1000, "a short message");
    test::must_hold(is_valid_utf8(value.error().message), "a message that can be sent");
    return;
  }
  test::must_hold(is_valid_utf8(text), "only UTF-8 is taken");
  auto const again = parse_json(boost::json::serialize(*value), {.max_bytes = 64 * 1024 * 1024});
  test::must_hold(again && *again == *value, "what is written out is what was read");

  auto const decoded = decode<body>(*value, unknown_keys::refuse);
  if (!decoded) {
    test::must_hold(!decoded.error().details.empty() && decoded.error().details.size() <= 100,
                    "every fault, within bounds");
    return;
  }
  auto const back = decode<body>(encode(*decoded), unknown_keys::refuse);
  test::must_hold(back && to_json_text(*back) == to_json_text(*decoded), "a struct comes back as it was");
}

}  // namespace
}  // namespace krane

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  krane::try_one(krane::test::as_text(data, size));
  return 0;
}
