#include "front/haproxy_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "model/reason.hpp"

namespace krane::haproxy {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators, bool keep_empty) {
  std::vector<std::string_view> parts;
  while (true) {
    auto const end = text.find_first_of(separators);
    std::string_view const part = text.substr(0, end);
    if (keep_empty || !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

constexpr std::size_t longest_words = 600;

}  // namespace

result<processes> parse_processes(std::string_view text) {
  processes found;
  bool old = false;
  for (std::string_view const line : split(text, "\n", false)) {
    if (line.starts_with("# old workers")) old = true;
    auto const words = split(line, " \t", false);
    if (words.size() < 3) continue;
    auto const pid = number_of<pid_t>(words[0]);
    if (!pid) continue;
    if (words[1] == "master") {
      found.master = *pid;
      found.reloads = number_of<std::uint64_t>(words[2]).value_or(0);
      // "1 [failed: 0]"
      auto const failed = std::ranges::find(words, "[failed:");
      if (failed != words.end() && failed + 1 != words.end()) {
        std::string_view count = *(failed + 1);
        if (count.ends_with(']')) count.remove_suffix(1);
        found.failed_reloads = number_of<std::uint64_t>(count).value_or(0);
      }
    } else if (words[1] == "worker") {
      (old ? found.old_workers : found.workers).push_back(*pid);
    }
  }
  if (found.master == 0)
    return make_error(errc::internal, reason::front_refused,
                      fmt::format("HAProxy's list of processes cannot be read: {}", text.substr(0, 200)));
  return found;
}

std::vector<place_load> parse_loads(std::string_view csv) {
  std::vector<place_load> loads;
  std::vector<std::string_view> columns;
  auto const at = [&](std::vector<std::string_view> const& fields, std::string_view column) {
    auto const found = std::ranges::find(columns, column);
    auto const index = static_cast<std::size_t>(found - columns.begin());
    return index < fields.size() ? fields[index] : std::string_view{};
  };
  for (std::string_view line : split(csv, "\n", false)) {
    if (line.starts_with("# ")) {
      columns = split(line.substr(2), ",", true);
      continue;
    }
    auto const fields = split(line, ",", true);
    std::string_view const place = at(fields, "svname");
    bool const is_place = place.size() == 1 && place[0] >= 'a' && place[0] <= 'z';
    if (!is_place && place != "BACKEND") continue;
    loads.push_back({std::string(at(fields, "pxname")), is_place ? place[0] : whole_proxy,
                     number_of<std::uint64_t>(at(fields, "scur")).value_or(0),
                     number_of<std::uint64_t>(at(fields, "stot")).value_or(0)});
  }
  return loads;
}

std::vector<std::string> parse_sessions(std::string_view text, std::string_view proxy, char place) {
  std::vector<std::string> names;
  std::string const backend = fmt::format("be={}", proxy);
  std::string const server = fmt::format("srv={}", place);
  for (std::string_view const line : split(text, "\n", false)) {
    // "0x55d0c8a3c800: proto=tcpv4 src=127.0.0.1:60942 fe=p9002 be=p9002 srv=a ts=00 …"
    auto const words = split(line, " ", false);
    if (words.empty() || !words[0].starts_with("0x") || !words[0].ends_with(':')) continue;
    if (std::ranges::find(words, backend) == words.end() || std::ranges::find(words, server) == words.end()) continue;
    names.emplace_back(words[0].substr(0, words[0].size() - 1));
  }
  return names;
}

std::optional<unusual_connection> parse_connection(std::string_view log_line) {
  // "conn p9002 b 1409 1 +7 --": proxy, place, time in the queue, time to connect, tries, how it ended
  auto const words = split(log_line, " \n", false);
  if (words.size() < 7 || words[0] != "conn" || !words[1].starts_with('p')) return std::nullopt;
  auto const host = number_of<port>(words[1].substr(1));
  auto const queued = number_of<std::int64_t>(words[3]);
  auto const connecting = number_of<std::int64_t>(words[4]);
  std::string_view tries = words[5];
  if (tries.starts_with('+')) tries.remove_prefix(1);
  auto const again = number_of<std::uint64_t>(tries);
  if (!host || *host == 0 || !queued || !connecting || !again) return std::nullopt;
  unusual_connection seen{*host, std::chrono::milliseconds{std::max<std::int64_t>(0, *queued)}, false};
  seen.waited += std::chrono::milliseconds{std::max<std::int64_t>(0, *connecting)};
  // "SC", "sC": the container's side failed while it was connected to.
  seen.refused = words[6].size() >= 2 && (words[6][0] == 'S' || words[6][0] == 's') && words[6][1] == 'C';
  // What else is unusual (a client that went away, a container that reset) did not wait for us.
  if (!seen.refused && (*again == 0 || *connecting < 0)) return std::nullopt;
  return seen;
}

std::string words_of(std::string_view output) {
  std::string words;
  auto const add = [&](std::string_view line) {
    if (line.empty() || words.size() > longest_words) return;
    words += (words.empty() ? "" : "; ") + std::string(line);
  };
  for (std::string_view const line : split(output, "\n", false)) {
    if (!line.starts_with("[ALERT]")) continue;
    auto const said = line.find(" : ");
    add(trimmed(said == std::string_view::npos ? line : line.substr(said + 3)));
  }
  if (words.empty())
    for (std::string_view const line : split(output, "\n", false)) add(trimmed(line));
  return words.empty() ? "it says nothing" : words;
}

}  // namespace krane::haproxy
