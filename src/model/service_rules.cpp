#include "model/service_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "model/service_fields.hpp"
#include "model/service_words.hpp"

namespace krane {
namespace {

namespace json = boost::json;
using json_detail::element_path;
using json_detail::member_path;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

// Fields whose values only the program in the container reads; the engine and the kernel pass them on as they are.
bool may_hold_lines(std::string_view key) {
  constexpr std::array<std::string_view, 5> free{"environment", "command", "entrypoint", "healthcheck", "labels"};
  return std::ranges::find(free, key) != free.end();
}

class rules {
public:
  std::vector<fault> find(service_config const& of) {
    for (auto const& [key, value] : service_json(of)) {
      std::string const name = key;
      look_at_texts(value, member_path("config", name), may_hold_lines(name));
    }
    look_at_working_dir(of.working_dir);
    look_at_labels(of);
    look_at_tmpfs(of);
    look_at_stop_signal(of.stop_signal);
    return std::move(faults_);
  }

private:
  void add(std::string path, std::string what) { faults_.push_back({std::move(path), std::move(what)}); }

  // Every text of every field, so that a new field is covered too.
  void look_at_texts(json::value const& at, std::string const& path, bool lines) {
    if (at.is_string()) {
      std::string_view const text(at.get_string().data(), at.get_string().size());
      if (!is_valid_utf8(text))
        add(path, "must be valid UTF-8");
      else if (text.contains('\0'))
        add(path, "must not contain a NUL character");
      else if (!lines && has_control(text))
        add(path, "must not contain control characters such as line ends");
    } else if (at.is_array()) {
      for (std::size_t i = 0; i < at.get_array().size(); ++i)
        look_at_texts(at.get_array()[i], element_path(path, i), lines);
    } else if (at.is_object()) {
      for (auto const& [key, value] : at.get_object()) {
        std::string const name = key;
        if (!is_valid_utf8(name))
          add(path, "has a name in it that is not valid UTF-8");
        else if (has_control(name))
          add(path, "has a name with a control character, such as a line end, in it");
        else
          look_at_texts(value, member_path(path, name), lines);
      }
    }
  }

  // The engine resolves it in the container's file system as root, and makes it where it does not exist.
  void look_at_working_dir(std::string const& path) {
    if ((path + "/").contains("/../"))
      add("config.working_dir", "must not contain \"..\"; write the path that it leads to");
  }

  void look_at_labels(service_config const& of) {
    constexpr std::array<std::string_view, 3> of_docker{"com.docker.", "io.docker.", "org.dockerproject."};
    for (auto const& [key, value] : of.labels)
      if (std::ranges::any_of(of_docker, [&](std::string_view prefix) { return key.starts_with(prefix); }))
        add(member_path("config.labels", key),
            "is a label of Docker's own programs, which would take the container for theirs; choose another name");
  }

  // They reach mount(2), which knows more than a container's memory needs.
  void look_at_tmpfs(service_config const& of) {
    constexpr std::array<std::string_view, 11> known{"size",   "mode",   "uid",   "gid", "nr_inodes", "exec",
                                                     "noexec", "nosuid", "nodev", "ro",  "rw"};
    for (std::size_t i = 0; i < of.tmpfs.size(); ++i) {
      if (of.tmpfs[i].options.empty()) continue;
      for (std::string const& option : service_readers::split(of.tmpfs[i].options, ',')) {
        std::string_view const name = std::string_view(option).substr(0, option.find('='));
        if (std::ranges::find(known, name) == known.end())
          add(element_path("config.tmpfs", i),
              fmt::format("has the option \"{}\"; size, mode, uid, gid, nr_inodes, exec, noexec, nosuid, nodev, ro and "
                          "rw are possible",
                          name));
      }
    }
  }

  void look_at_stop_signal(std::string_view text) {
    std::string_view name = text;
    if (name.starts_with("SIG")) name.remove_prefix(3);
    constexpr std::string_view real_time = "RTMIN+";
    if (!name.starts_with(real_time)) return;
    name.remove_prefix(real_time.size());
    int number = 0;
    auto const [end, ec] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (ec != std::errc{} || end != name.data() + name.size() || number < 1 || number > 30)
      add("config.stop_signal", fmt::format("\"{}\" is not a signal: SIGRTMIN+1 to SIGRTMIN+30", text));
  }

  std::vector<fault> faults_;
};

}  // namespace

std::vector<fault> find_rule_faults(service_config const& of) {
  return rules().find(of);
}

}  // namespace krane
