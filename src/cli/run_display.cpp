#include "cli/run_display.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "cli/relative_time.hpp"
#include "cli/safe_text.hpp"
#include "cli/text_width.hpp"

namespace krane::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t label_width = 12;
constexpr std::chrono::seconds say_again_after{10};
constexpr std::chrono::seconds worth_telling{1};
constexpr std::size_t widest_bar = 30;
constexpr std::size_t narrowest_bar = 5;

bool is_end(std::string_view phase) {
  constexpr std::array<std::string_view, 4> ends{"done", "failed", "cancelled", "superseded"};
  return std::ranges::find(ends, phase) != ends.end();
}

std::string label(std::string_view phase) {
  std::string out = printable(phase);
  std::ranges::replace(out, '_', ' ');
  return fmt::format("{:<{}}", out, label_width);
}

time_point time_of(client::event_info const& event) {
  return parse_rfc3339(event.Timestamp).value_or(time_point{});
}

std::string since(time_point began, time_point until) {
  return duration_text(std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(until - began)));
}

double part_of(client::event_progress const& p) {
  return p.Total == 0 ? 0.0 : std::min(1.0, static_cast<double>(p.Done) / static_cast<double>(p.Total));
}

std::string bytes_text(client::event_progress const& p) {
  return fmt::format("{} of {}", size_text(static_cast<double>(p.Done)), size_text(static_cast<double>(p.Total)));
}

std::string bar(double part, std::size_t columns) {
  auto const full = static_cast<std::size_t>(part * static_cast<double>(columns));
  return fmt::format("[{:=>{}}{:{}}]", full == 0 ? "" : ">", full, "", columns - full);
}

}  // namespace

void run_display::end_phase(std::vector<std::string>& lines, bool good, time_point at) {
  if (!now_) return;
  auto const ended = *std::exchange(now_, std::nullopt);
  // That it was accepted goes without saying, unless it had to wait for another run.
  if (good && ended.name == "accepted" && at - ended.began < worth_telling) return;
  std::string const mark = good ? with_.paint("✓", colour::green) : with_.paint("✗", colour::red);
  lines.push_back(fmt::format("  {} {} {}  {}", mark, label(ended.name), ended.message,
                              with_.paint(since(ended.began, at), colour::grey)));
}

std::vector<std::string> run_display::add(client::event_info const& event) {
  std::vector<std::string> lines;
  if (event.Run != run_ || last_) return lines;
  auto const at = time_of(event);
  std::string const message = printable(event.Message);
  // What the engine says of a container is known from the phases; but not what is wrong with it.
  if (event.Phase == "container" && event.Level == "info") return lines;
  if (is_end(event.Phase)) {
    // A failure that left nothing to undo says so with its end only.
    end_phase(lines, event.Phase == "done" || failing_, at);
    last_ = event;
    return lines;
  }
  if (event.Phase == "failing") {
    failing_ = true;
    end_phase(lines, false, at);
    return lines;
  }
  if (event.Progress && now_) {
    now_->progress = event.Progress;
    return lines;
  }
  if (event.Level == "warn" || event.Level == "error") {
    lines.push_back(fmt::format("  {} {} {}", with_.paint("!", colour::yellow), label(event.Phase), message));
    return lines;
  }
  if (now_ && now_->name == event.Phase) {
    now_->message = message;
    return lines;
  }
  end_phase(lines, true, at);
  now_ = phase{.name = event.Phase, .message = message, .began = at, .told = at, .progress = {}};
  return lines;
}

std::optional<std::string> run_display::under_way(time_point now, std::size_t width) const {
  if (!now_) return std::nullopt;
  std::string const begin = fmt::format("  {} {} ", with_.paint("•", colour::cyan), label(now_->name));
  std::string const time = with_.paint(since(now_->began, now), colour::grey);
  if (!now_->progress) {
    // How long it has taken stays in sight.
    std::size_t const around = display_width(begin) + 2 + display_width(time);
    return fmt::format("{}{}  {}", begin, cut_to_width(now_->message, width > around ? width - around : 0), time);
  }
  std::string const bytes = bytes_text(*now_->progress);
  std::size_t const rest = display_width(begin) + 2 + 1 + bytes.size() + 2 + display_width(time);
  std::size_t const columns = width > rest ? std::min(widest_bar, width - rest) : 0;
  if (columns < narrowest_bar) return fmt::format("{}{}  {}", begin, bytes, time);
  return fmt::format("{}{} {}  {}", begin, bar(part_of(*now_->progress), columns), bytes, time);
}

std::optional<std::string> run_display::still_under_way(time_point now) {
  if (!now_ || now - now_->told < say_again_after) return std::nullopt;
  now_->told = now;
  return fmt::format("  {} {} {}  {}", with_.paint("•", colour::cyan), label(now_->name),
                     now_->progress ? bytes_text(*now_->progress) : now_->message, since(now_->began, now));
}

}  // namespace krane::cli
