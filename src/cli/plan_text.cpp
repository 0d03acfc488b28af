#include "cli/plan_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/config_changes.hpp"
#include "cli/deployment_text.hpp"
#include "cli/safe_text.hpp"
#include "cli/text_width.hpp"
#include "model/byte_size.hpp"

namespace krane::cli {
namespace {

constexpr std::string_view nothing = " ";

struct row {
  std::string_view sign;
  std::string what;
  std::string text;
};

colour colour_of(std::string_view sign) {
  if (sign == "+") return colour::green;
  if (sign == "-" || sign == "!") return colour::red;
  if (sign == "~" || sign == "?") return colour::yellow;
  return colour::none;
}

row row_of(client::change_info const& one) {
  if (!one.before) return {"+", one.key, one_line(one.after.value_or(nullptr))};
  if (!one.after) return {"-", one.key, one_line(*one.before)};
  return {"~", one.key, fmt::format("{} → {}", one_line(*one.before), one_line(*one.after))};
}

// "sha256:0123456789ab"
std::string short_digest(std::string const& whole) {
  constexpr std::size_t enough = 19;
  return whole.substr(0, enough);
}

row row_of(client::planned_image_info const& image) {
  std::string text = short_image(image.reference);
  // What the registry calls it, where both are known so; ids else.
  bool const by_digest = image.digest && image.serving_digest;
  auto const& now = by_digest ? image.serving_digest : image.serving_id;
  auto const& then = by_digest ? image.digest : image.id;
  std::string_view sign = nothing;
  if (!image.changes) {
    text += ", the one that serves";
  } else if (now || image.serving_digest || image.serving_id) {
    sign = "~";
    if (now && then) text += fmt::format(", {} → {}", short_digest(*now), short_digest(*then));
  } else {
    sign = "+";
    if (image.digest) text += ", " + short_digest(*image.digest);
  }
  if (image.pulled) text += ", is pulled";
  return {sign, "image", std::move(text)};
}

std::string name_of(client::planned_container_info const& one) {
  std::string out = one.name;
  if (one.release) out += fmt::format(", of release {}", *one.release);
  if (!one.running) out += ", does not run";
  return out;
}

void add_containers(std::vector<row>& to, client::planned_containers_info const& from) {
  for (auto const& one : from.replaced) to.push_back({"-", "container", name_of(one)});
  if (from.created > 0)
    to.push_back({"+", "container", from.created == 1 ? "a new one" : fmt::format("{} new ones", from.created)});
  for (auto const& one : from.kept)
    to.push_back(
        {nothing, "container", name_of(one) + (from.created > 0 ? ", is paused and kept to go back to" : ", is kept")});
}

std::string first_line(client::plan_info const& from) {
  if (from.creates) return from.deployment + " is new";
  if (from.release == 0) return fmt::format("{}: nothing serves", from.deployment);
  return fmt::format("{}: release {} serves", from.deployment, from.release);
}

std::string last_line(client::plan_info const& from) {
  if (from.fails) return "A deploy would fail.";
  if (from.changes) return "A deploy would change what runs.";
  // A deploy is never nothing: what serves is replaced, even by the same.
  return from.containers.created == 1 ? "A deploy would only make a new container of the same image and config."
                                      : "A deploy would only make new containers of the same image and config.";
}

}  // namespace

std::string plan_text(client::plan_info const& from, style with) {
  std::vector<row> rows;
  for (auto const& one : from.config) rows.push_back(row_of(one));
  rows.push_back(row_of(from.image));
  if (auto const& image = from.image; image.bytes_to_pull.value_or(0) > 0 && image.bytes_free)
    rows.push_back({nothing, "pull",
                    fmt::format("{} are missing, {} are free", rounded_size(*image.bytes_to_pull),
                                rounded_size(*image.bytes_free))});
  add_containers(rows, from.containers);
  for (auto const& one : from.volumes)
    rows.push_back({one.is_new ? "+" : nothing, "volume",
                    fmt::format("{} for {}{}{}", one.name, one.target, one.of_image ? ", of the image" : "",
                                one.is_new ? "" : ", is kept")});
  if (!from.fails) rows.push_back({nothing, "gap", fmt::format("{}: {}", from.gap.kind, from.gap.message)});
  for (auto const& one : from.problems) rows.push_back({one.fails ? "!" : "?", one.reason, one.message});

  std::size_t width = 0;
  for (row& one : rows) {
    one.what = printable(one.what);
    width = std::max(width, display_width(one.what));
  }
  std::string out = printable(first_line(from)) + "\n";
  for (row const& one : rows)
    out += fmt::format("  {} {}{}  {}\n", with.paint(one.sign, colour_of(one.sign)), one.what,
                       std::string(width - display_width(one.what), ' '), printable(one.text));
  return out + last_line(from) + "\n";
}

}  // namespace krane::cli
