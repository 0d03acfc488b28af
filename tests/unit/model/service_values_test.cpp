// Whatever value of a field is accepted can be stored and read back as the same: for generated values, right ones, ones
// that are nearly right, and wrong ones.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>
#include <string_view>

#include "model/run.hpp"
#include "model/service_fields.hpp"
#include "model/service_rules.hpp"
#include "model/spec.hpp"

namespace krane {
namespace {

namespace json = boost::json;

json::value parsed(std::string_view text) {
  return json::parse(json::string_view(text.data(), text.size()));
}

// Makes other values out of right ones.
class mutator {
public:
  explicit mutator(std::uint32_t seed) : chance_(seed) {}

  json::value change(json::value const& from) {
    if (one_of(12)) return something();
    if (from.is_string()) return text(from.get_string());
    if (from.is_array()) {
      json::array out;
      for (json::value const& one : from.get_array())
        if (!one_of(8)) out.push_back(one_of(2) ? change(one) : one);
      if (one_of(4) && !from.get_array().empty()) out.push_back(change(from.get_array().front()));
      return out;
    }
    if (from.is_object()) {
      json::object out;
      for (auto const& [key, value] : from.get_object())
        if (!one_of(8))
          out[one_of(4) ? json::string(text(key)) : json::string(key)] = one_of(2) ? change(value) : value;
      return out;
    }
    return one_of(2) ? from : something();
  }

private:
  bool one_of(unsigned n) { return chance_() % n == 0; }

  json::string text(std::string_view from) {
    using namespace std::string_view_literals;
    static constexpr std::array pieces{"\0"sv, "\n"sv,   "\r\n"sv,     "\x7f"sv,  " "sv,    ":"sv,  "="sv,     "@"sv,
                                       ","sv,  "/"sv,    "/../"sv,     "\""sv,    "'"sv,    "\\"sv, "ü"sv,     "日本"sv,
                                       "0"sv,  "9999"sv, "18446744"sv, "-"sv,     "CAP_"sv, "#"sv,  "1e3"sv,   "."sv,
                                       "ms"sv, "h"sv,    "krane.x"sv,  "[::1]"sv, "SIG"sv,  "K"sv,  "\x1b["sv, "{}"sv};
    std::string out(from);
    for (unsigned n = chance_() % 3 + 1; n > 0; --n) {
      std::size_t const at = chance_() % (out.size() + 1);
      if (one_of(4) && !out.empty())
        out.erase(std::min(at, out.size() - 1), 1 + chance_() % 3);
      else if (one_of(200))
        out.insert(at, std::string(100'000, 'x'));
      else
        out.insert(at, pieces[chance_() % pieces.size()]);
    }
    return json::string(out.data(), out.size());
  }

  json::value something() {
    static json::array const all{nullptr,
                                 true,
                                 false,
                                 0,
                                 -1,
                                 65536,
                                 1023.999,
                                 0.015,
                                 1e300,
                                 std::numeric_limits<std::uint64_t>::max(),
                                 "",
                                 "''",
                                 "a b",
                                 "@KEY",
                                 "@@x",
                                 "CMD",
                                 json::array{},
                                 json::array{"CMD", "CMD", "x"},
                                 json::array{"NONE"},
                                 json::array{""},
                                 json::object{},
                                 json::object{{"test", "x"}, {"port", 80}},
                                 json::object{{"disable", true}, {"port", 80}, {"interval", "1s"}},
                                 json::object{{"tcp", true}, {"port", 80}, {"retries", 3}},
                                 json::object{{"cpus", 1023.999}, {"memory", "9007199254740993"}},
                                 json::object{{"type", "volume"}, {"source", "a"}, {"target", "/b"}},
                                 json::object{{"target", 80}, {"published", 81}, {"host_ip", "::1"}}};
    return all[chance_() % all.size()];
  }

  std::mt19937 chance_;
};

class every_field : public testing::TestWithParam<std::string_view> {};

spec_input input_with(written_member member) {
  spec_input out;
  out.name = "app";
  out.image = "krane-test/web";
  out.container_port = "8080";
  out.service.push_back(std::move(member));
  return out;
}

TEST_P(every_field, that_is_accepted_is_read_back_as_it_was) {
  service_field const& field = *find_service_field(GetParam());
  mutator change(static_cast<std::uint32_t>(std::hash<std::string_view>{}(field.key)));
  std::size_t accepted = 0;
  for (int i = 0; i < 400; ++i) {
    json::value value = parsed(i % 4 == 3 ? field.wrong : field.example);
    for (int n = i % 3; n >= 0 && i > 0; --n) value = change.change(value);
    SCOPED_TRACE(json::serialize(value).substr(0, 500));
    written_member const member{std::string(field.key), {}, written_from_json(value)};

    // As rows are read, which an older krane may have written.
    std::vector<fault> faults;
    auto const read = read_service({member}, faults);
    if (faults.empty()) {
      auto const again = read_service(written_from_json(service_json(read)).members, faults);
      ASSERT_TRUE(faults.empty()) << faults.front().path << " " << faults.front().error;
      ASSERT_EQ(again, read);
    }

    auto const made = make_spec(input_with(member));
    if (!made) continue;
    ++accepted;
    auto const back = from_stored(to_stored(*made));
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(*back, *made);
    run one;
    one.id = run_id{"r"};
    one.number = 1;
    one.what = *made;
    one.tag = "latest";
    auto const run_back = run_from_stored(to_stored(one));
    ASSERT_TRUE(run_back) << run_back.error().message;
    ASSERT_EQ(*run_back, one);
    ASSERT_FALSE(json::serialize(service_json(made->service)).contains("\\u0000"));
  }
  EXPECT_GT(accepted, 0u);
}

std::vector<std::string_view> all_keys() {
  std::vector<std::string_view> keys;
  for (service_field const& one : service_fields()) keys.push_back(one.key);
  return keys;
}
INSTANTIATE_TEST_SUITE_P(all, every_field, testing::ValuesIn(all_keys()),
                         [](auto const& one) { return std::string(one.param); });

struct refused_value {
  char const* key;
  std::string_view json;
  char const* path;
};

class newly_refused : public testing::TestWithParam<refused_value> {};

TEST_P(newly_refused, is_refused_by_its_path_and_read_where_it_is_stored) {
  auto const& [key, text, path] = GetParam();
  written_member const member{key, {}, written_from_json(parsed(text))};
  auto const made = make_spec(input_with(member));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().details.front().path, path);

  std::vector<fault> faults;
  spec stored;
  stored.name = deployment_name{"app"};
  stored.registry = "docker.io";
  stored.image = "web";
  stored.service = read_service({member}, faults);
  EXPECT_TRUE(faults.empty());
  auto const back = from_stored(to_stored(stored));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, stored);
}

INSTANTIATE_TEST_SUITE_P(
    values, newly_refused,
    testing::Values(
        refused_value{"command", R"("a\u0000b")", "config.command[0]"},
        refused_value{"command", R"(["sh", "a\u0000b"])", "config.command[1]"},
        refused_value{"entrypoint", R"("/bin/sh\u0000 -c")", "config.entrypoint[0]"},
        refused_value{"healthcheck", R"({"test": "a\u0000b"})", "config.healthcheck.test[1]"},
        refused_value{"healthcheck", R"({"command": ["CMD", "\u0000"]})", "config.healthcheck.test[1]"},
        refused_value{"environment", R"({"A": "b\u0000"})", "config.environment.A"},
        refused_value{"environment", R"({"A\nB": "1"})", "config.environment"},
        refused_value{"environment", R"(["A\u0000=1"])", "config.environment"},
        refused_value{"working_dir", R"("/../../x")", "config.working_dir"},
        refused_value{"working_dir", R"("/srv/..")", "config.working_dir"},
        refused_value{"working_dir", R"("/srv\n")", "config.working_dir"},
        refused_value{"labels", R"({"com.docker.compose.project": "x"})", "config.labels.com.docker.compose.project"},
        refused_value{"labels", R"({"a\tb": "x"})", "config.labels"},
        refused_value{"tmpfs", R"(["/run:huge=always"])", "config.tmpfs[0]"},
        refused_value{"stop_signal", R"("SIGRTMIN+zz")", "config.stop_signal"},
        refused_value{"volumes", R"(["data:/a\nb"])", "config.volumes[0]"},
        refused_value{"devices", R"(["/dev/a\n"])", "config.devices[0]"},
        refused_value{"logging", R"({"options": {"tag": "x\r\nSET a b"}})", "config.logging.options.tag"},
        refused_value{"registry_auth", R"({"username": "a\rb", "password": "@K"})", "config.registry_auth.username"}));

TEST(service_rules, take_what_programs_may_hold) {
  for (auto const& [key, text] :
       {std::pair{"environment", R"({"PEM": "-----BEGIN\nEND-----\n"})"},
        std::pair{"command", R"(["sh", "-c", "echo a\necho b"])"},
        std::pair{"healthcheck", R"({"test": "true\ntrue"})"},
        std::pair{"labels", R"({"com.example.rule": "a\nb", "traefik.enable": "true"})"},
        std::pair{"tmpfs", R"(["/run", "/tmp:size=64M,mode=1777,exec,uid=1000"])"},
        std::pair{"stop_signal", R"("RTMIN+3")"}, std::pair{"working_dir", R"("/srv/..app")"}}) {
    std::vector<fault> faults;
    EXPECT_TRUE(find_rule_faults(read_service({{key, {}, written_from_json(parsed(text))}}, faults)).empty()) << text;
    EXPECT_TRUE(faults.empty()) << text;
  }
}

}  // namespace
}  // namespace krane
