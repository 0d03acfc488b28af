#include "cli/deployment_text.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>

#include "cli/relative_time.hpp"

namespace krane::cli {

std::string image_text(client::config_info const& config) {
  if (config.image.empty()) return "-";
  std::string out = config.registry.empty() || config.registry == "docker.io" ? "" : config.registry + "/";
  out += config.image;
  // A digest says more than a tag.
  if (!config.image.contains('@')) out += ":" + (config.tag.empty() ? "latest" : config.tag);
  return out;
}

std::string short_image(std::string_view reference) {
  constexpr std::string_view meant_by_all = "docker.io/";
  return std::string(reference.starts_with(meant_by_all) ? reference.substr(meant_by_all.size()) : reference);
}

std::string image_text(client::deployment_item const& of) {
  return of.active && !of.active->image.empty() ? short_image(of.active->image) : image_text(of.config);
}

std::string note_text(client::deployment_item const& of) {
  std::string out;
  if (of.last_run && of.last_run->state == "failed")
    out = fmt::format("run {} failed: {}", of.last_run->number, of.last_run->reason.value_or("unknown reason"));
  if (of.restarts > 0)
    out += fmt::format("{}{} restart{}", out.empty() ? "" : "; ", of.restarts, of.restarts == 1 ? "" : "s");
  return out;
}

std::string ports_text(client::config_info const& config) {
  if (config.container_port.empty()) return "-";
  return config.host_port.empty() ? config.container_port : config.host_port + ":" + config.container_port;
}

std::string run_text(client::run_info const& run) {
  if (!run.kind.empty() && run.kind != "deploy") return fmt::format("run {} ({})", run.number, run.kind);
  return fmt::format("run {} (tag {})", run.number, run.tag.empty() ? "latest" : run.tag);
}

std::string run_duration(client::run_info const& run, time_point now) {
  auto const began = parse_rfc3339(run.accepted_at);
  auto const ended = run.finished_at ? parse_rfc3339(*run.finished_at) : std::optional(now);
  if (!began || !ended || *ended < *began) return {};
  return duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(*ended - *began));
}

std::string local_time(std::string_view rfc3339) {
  auto const parsed = parse_rfc3339(rfc3339);
  if (!parsed) return std::string(rfc3339);
  std::time_t const seconds = std::chrono::floor<std::chrono::seconds>(*parsed).time_since_epoch().count();
  std::tm parts{};
  std::array<char, 32> text{};
  if (localtime_r(&seconds, &parts) == nullptr) return std::string(rfc3339);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

}  // namespace krane::cli
