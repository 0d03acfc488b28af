#include "e2e/model/checker.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace krane::e2e::model {
namespace {

using operations = std::vector<operation>;

bool is_end(std::string const& phase) {
  return phase == "done" || phase == "failed" || phase == "superseded" || phase == "cancelled";
}

std::string kind_of(verb what) {
  if (what == verb::run || what == verb::rollback) return "deploy";
  return what == verb::remove ? "remove" : std::string(word_for(what));
}

// What a server may refuse an operation with. A 404 is looked at apart.
bool may_be_refused_with(operation const& one) {
  if (one.status == 404) return true;
  if (one.status == 503) return one.reason == "recovering" || one.reason == "stopping";
  if (one.status != 409) return false;
  if (one.what == verb::remove) return false;
  if (one.reason == "deployment_deleting" || one.reason == "idempotency_key_in_use") return true;
  switch (one.what) {
    case verb::rollback:
      return one.reason == "nothing_to_roll_back_to";
    case verb::stop:
    case verb::start:
    case verb::restart:
    case verb::scale:
      return one.reason == "nothing_serves";
    case verb::cancel:
      return one.reason == "no_run_under_way";
    default:
      return false;
  }
}

// One deployment's part of what was asked and seen.
class examination {
public:
  examination(subject const& of, operations const& asked, seen_world const& before, seen_world const& now,
              std::set<std::string> const& ended)
      : of_(of), now_(now), ended_(ended) {
    for (operation const& one : asked)
      if (one.name == of.name) asked_.push_back(one);
    if (auto const at = before.deployments.find(of.name); at != before.deployments.end()) was_ = &at->second;
    if (auto const at = now.deployments.find(of.name); at != now.deployments.end()) is_ = &at->second;
    if (was_ != nullptr && is_ != nullptr && was_->created_at != is_->created_at) was_removed_ = true;
  }

  std::vector<violation> all() {
    check_answers();
    check_existence();
    check_accepted();
    if (is_ != nullptr) {
      check_runs();
      check_standing();
    }
    check_containers();
    check_port();
    return std::move(found_);
  }

private:
  template <typename... Args>
  void found(fmt::format_string<Args...> text, Args&&... args) {
    found_.push_back({of_.name, fmt::format(text, std::forward<Args>(args)...)});
  }

  // Was it the same deployment all the time, as far as can be seen?
  seen_deployment const* same_before() const { return was_removed_ ? nullptr : was_; }

  bool may_have_been_removed_after(wall_time when) const {
    return std::ranges::any_of(asked_, [&](operation const& one) {
      return one.what == verb::remove && one.answer != told::refused && one.answered > when;
    });
  }

  void check_answers() {
    for (operation const& one : asked_) {
      if (one.answer == told::refused && !may_be_refused_with(one))
        found("refused without a reason: {}", in_words(one));
      if (one.answer == told::unknown && one.reason == "no answer in time") found("not answered: {}", in_words(one));
      if (one.answer == told::refused && one.status == 404 && same_before() != nullptr && is_ != nullptr &&
          !may_have_been_removed_after({}) && one.what != verb::rollback)
        found("not found although it was there all the time: {}", in_words(one));
    }
  }

  void check_existence() {
    wall_time made{};       // not before
    wall_time last_made{};  // and by then
    bool may_be_made = was_ != nullptr;
    for (operation const& one : asked_) {
      if (one.what != verb::put || one.answer == told::refused) continue;
      if (one.answer == told::accepted && one.status == 201) made = std::max(made, one.sent);
      if (one.status != 200) {
        may_be_made = true;
        last_made = std::max(last_made, one.answered);
      }
    }
    if (is_ == nullptr) {
      bool const was_made = was_ != nullptr || made != wall_time{};
      if (was_made && !may_have_been_removed_after(made)) found("it is lost: nobody has removed it");
      return;
    }
    if (!may_be_made) found("it is there, and nobody has created it");
    for (operation const& one : asked_)
      if (one.what == verb::remove && one.answer == told::accepted && one.sent > last_made)
        found("it is still there after {}", in_words(one));
  }

  void check_accepted() {
    for (operation const& one : asked_) {
      if (one.answer != told::accepted || one.run.empty() || one.what == verb::remove) continue;
      seen_run const* const its = find(one.run);
      if (its == nullptr) {
        if (!may_have_been_removed_after(one.sent)) found("an accepted run is forgotten: {}", in_words(one));
        continue;
      }
      if (its->kind != kind_of(one.what) || its->number != one.number || (one.what == verb::run && its->tag != one.tag))
        found("it became another run than was accepted: {}; it is {} {} {}", in_words(one), its->number, its->kind,
              its->tag);
    }
    for (operation const& one : asked_)
      if (one.what == verb::remove && one.answer == told::accepted && find(one.run) != nullptr)
        found("a removal that was accepted is not carried out: {}", in_words(one));
  }

  seen_run const* find(std::string const& id) const {
    if (is_ == nullptr) return nullptr;
    auto const at = std::ranges::find(is_->runs, id, &seen_run::id);
    return at == is_->runs.end() ? nullptr : &*at;
  }

  bool is_new(seen_run const& one) const {
    return same_before() == nullptr || same_before()->runs.empty() || one.number > same_before()->runs.back().number;
  }

  void check_runs() {
    std::uint64_t last = 0;
    std::map<std::pair<std::string, std::string>, int> of_nobody;  // by kind and tag
    for (seen_run const& one : is_->runs) {
      if (last != 0 && one.number != last + 1) found("run {} follows on run {}", one.number, last);
      last = one.number;
      auto const ends = std::ranges::count_if(one.phases, is_end);
      if (!one.finished) {
        found("run {} has not ended: it is {}", one.number, one.state);
      } else if (ended_.contains(one.id) ? ends != 0 : ends != 1) {
        found("run {} ended {} times: {}", one.number, ends + (ended_.contains(one.id) ? 1 : 0),
              fmt::join(one.phases, " "));
      } else if (ends == 1 && std::ranges::count(one.phases, one.state) != 1) {
        found("run {} is {}, and was told of as {}", one.number, one.state, fmt::join(one.phases, " "));
      }
      if (!is_new(one)) continue;
      check_end(one);
      auto const asked = std::ranges::find_if(
          asked_, [&](operation const& o) { return o.answer == told::accepted && o.run == one.id; });
      if (asked == asked_.end()) ++of_nobody[{one.kind, one.kind == "deploy" && one.restores == 0 ? one.tag : ""}];
    }
    for (auto const& [what, count] : of_nobody) {
      auto const& [kind, tag] = what;
      auto const unknown = std::ranges::count_if(asked_, [&](operation const& one) {
        return one.answer == told::unknown && kind_of(one.what) == kind && one.tag == tag;
      });
      if (count > unknown)
        found("{} runs ({} {}) are of nobody, and {} requests may have asked for one", count, kind, tag, unknown);
    }
  }

  void check_end(seen_run const& one) {
    if (one.state == "superseded") {
      static std::set<std::string> const half_way{"create",     "check",    "switch_over", "stop_old",
                                                  "remove_old", "keep_old", "remove_new",  "failing"};
      if (std::ranges::any_of(one.phases, [](std::string const& phase) { return half_way.contains(phase); }))
        found("run {} was superseded half way: {}", one.number, fmt::join(one.phases, " "));
      if (std::ranges::none_of(is_->runs,
                               [&](seen_run const& by) { return by.number > one.number && by.kind != "scale"; }))
        found("run {} is superseded by none", one.number);
      return;
    }
    if (one.state == "cancelled") {
      auto const cancels = [&](operation const& by) {
        if (by.what == verb::remove) return by.answer != told::refused;
        return by.what == verb::cancel &&
               (by.answer == told::unknown || std::ranges::find(by.all, one.id) != by.all.end());
      };
      if (std::ranges::none_of(asked_, cancels)) found("run {} is cancelled by nobody", one.number);
      return;
    }
    bool const should_fail = one.kind == "deploy" && !comes_up(one.tag);
    if (one.state == "failed" && !should_fail)
      found("run {} ({} {}) failed: {}", one.number, one.kind, one.tag, one.failure);
    if (one.state == "done" && should_fail) found("run {} is done with {}, which never works", one.number, one.tag);
    if (one.state == "done" && one.restores != 0) {
      auto const at = std::ranges::find(is_->runs, one.restores, &seen_run::number);
      if (at != is_->runs.end() && at->tag != one.tag)
        found("run {} went back to run {}, and brought {} instead of {}", one.number, one.restores, one.tag, at->tag);
    }
  }

  void check_standing() {
    standing wanted;
    if (seen_deployment const* const before = same_before()) {
      wanted.serving = before->serving_number;
      wanted.stopped = before->status == "stopped";
      wanted.last_deploy = before->status == "failed" ? "failed" : "";
    }
    operation const* scaled = nullptr;
    for (seen_run const& one : is_->runs) {
      if (!is_new(one)) continue;
      wanted = after(wanted, one);
      if (one.state != "done" || (one.kind != "deploy" && one.kind != "scale")) continue;
      auto const by = std::ranges::find_if(
          asked_, [&](operation const& o) { return o.what == verb::scale && !o.run.empty() && o.run == one.id; });
      scaled = by == asked_.end() ? nullptr : &*by;
    }
    if (is_->serving_number != wanted.serving)
      found("release {} serves instead of {}", is_->serving_number, wanted.serving);
    std::string const status = wanted.serving == 0 ? (wanted.last_deploy == "failed" ? "failed" : "idle")
                               : wanted.stopped    ? "stopped"
                                                   : "running";
    if (is_->status != status) found("it is {} instead of {}", is_->status, status);
    if (scaled != nullptr && is_->replicas != scaled->replicas)
      found("it has {} replicas after {}", is_->replicas, in_words(*scaled));
  }

  bool serves() const { return is_ != nullptr && is_->serving_number != 0 && is_->status != "stopped"; }

  void check_containers() {
    std::vector<seen_container> there;
    if (auto const at = now_.containers.find(of_.name); at != now_.containers.end()) there = at->second;
    std::size_t const wanted = is_ == nullptr || is_->serving_number == 0 ? 0 : is_->replicas;
    if (there.size() != wanted) {
      std::string text;
      for (seen_container const& one : there) text += fmt::format(" {} ({})", one.name, one.state);
      found("{} containers are there instead of {}:{}", there.size(), wanted, text);
      return;
    }
    for (seen_container const& one : there) {
      if (one.run != is_->serving) found("container {} is of run {}, and {} serves", one.name, one.run, is_->serving);
      auto const state = serves() ? "running" : "exited";
      if (one.state != state) found("container {} is {} instead of {}", one.name, one.state, state);
    }
  }

  void check_port() {
    if (of_.port == 0) return;
    std::set<std::string> wanted;
    if (serves())
      if (seen_run const* const its = find(is_->serving)) wanted.insert(body_of(its->tag));
    std::set<std::string> answers;
    if (auto const at = now_.answers.find(of_.port); at != now_.answers.end()) answers = at->second;
    if (answers != wanted)
      found("port {} answers {} instead of {}", of_.port, fmt::join(answers, ","), fmt::join(wanted, ","));
    if (is_ != nullptr && is_->shown != (serves() ? std::set{of_.port} : std::set<std::uint16_t>{}))
      found("the API shows host ports {}", fmt::join(is_->shown, ","));
    auto const led = now_.led_to.find(of_.port);
    if (led == now_.led_to.end()) return;
    if (!serves()) {
      found("the front holds port {} of nobody", of_.port);
      return;
    }
    std::set<std::string> addresses;
    if (auto const at = now_.containers.find(of_.name); at != now_.containers.end())
      for (seen_container const& one : at->second) addresses.insert(one.address);
    if (led->second != addresses)
      found("the front leads port {} to {} instead of {}", of_.port, fmt::join(led->second, ","),
            fmt::join(addresses, ","));
  }

  subject const& of_;
  seen_world const& now_;
  std::set<std::string> const& ended_;
  operations asked_;
  seen_deployment const* was_ = nullptr;
  seen_deployment const* is_ = nullptr;
  bool was_removed_ = false;
  std::vector<violation> found_;
};

}  // namespace

standing after(standing before, seen_run const& ended) {
  if (ended.kind == "deploy") before.last_deploy = ended.state == "superseded" ? before.last_deploy : ended.state;
  if (ended.state != "done") return before;
  if (ended.kind == "deploy") before.serving = ended.number;
  before.stopped = ended.kind == "stop";
  return before;
}

std::vector<violation> checker::check(std::vector<operation> const& asked, seen_world const& now) const {
  std::vector<violation> found;
  for (subject const& of : all_)
    for (violation& one : examination(of, asked, before_, now, ended_).all()) found.push_back(std::move(one));
  auto const nobody = [&](std::string const& name) {
    return std::ranges::none_of(all_, [&](subject const& of) { return of.name == name; });
  };
  for (auto const& [name, there] : now.deployments)
    if (nobody(name)) found.push_back({name, "a deployment that nobody asked for"});
  for (auto const& [name, there] : now.containers)
    if (nobody(name)) found.push_back({name, fmt::format("{} containers of nobody", there.size())});
  for (auto const& [port, led] : now.led_to)
    if (std::ranges::none_of(all_, [&](subject const& of) { return of.port == port; }))
      found.push_back({"", fmt::format("the front holds port {} of nobody", port)});
  return found;
}

void checker::accept(seen_world const& now) {
  before_ = now;
  for (auto const& [name, one] : now.deployments)
    for (seen_run const& run : one.runs) ended_.insert(run.id);
}

}  // namespace krane::e2e::model
