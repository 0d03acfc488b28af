#include "runs/volumes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/failpoint.hpp"
#include "model/reason.hpp"
#include "runs/container_secrets.hpp"
#include "runs/ownership.hpp"

namespace krane {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Without a slash at its end or two in a row, as the engine compares them.
std::string cleaned(std::string_view place) {
  std::string out;
  for (char const c : place)
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  if (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

bool lies_below(std::string_view place, std::string_view folder) {
  return place == folder || (place.starts_with(folder) && place.substr(folder.size()).starts_with('/'));
}

std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

run_volume* find_volume(std::vector<run_volume>& in, std::string_view place, std::uint32_t replica) {
  auto const found = std::ranges::find_if(
      in, [&](run_volume const& one) { return one.of_image && one.target == place && one.replica == replica; });
  return found == in.end() ? nullptr : &*found;
}

run_volume* find_volume(std::vector<run_volume>& in, std::string_view name) {
  auto const found = std::ranges::find(in, name, &run_volume::name);
  return found == in.end() ? nullptr : &*found;
}

std::string owner_of(deployment_name const& name) {
  return "deployment/" + name.str();
}

std::string_view mark_of(labels const& marks, char const* key) {
  auto const found = marks.find(key);
  return found == marks.end() ? std::string_view{} : std::string_view{found->second};
}

struct chosen_volume {
  run_volume what;
  bool known = false;  // the deployment has had it until now
};

// What a container of that replica mounts; marked in `all`, and put there if the deployment had none.
std::vector<chosen_volume> choose_volumes(spec const& of, std::vector<std::string> const& places, std::uint32_t replica,
                                          std::vector<run_volume>& all) {
  std::vector<chosen_volume> out;
  auto const choose = [&](run_volume* there, run_volume fresh) {
    if (there == nullptr) {
      all.push_back(fresh);
      out.push_back({std::move(fresh), false});
      return;
    }
    there->mounted = true;
    there->target = fresh.target;
    out.push_back({*there, true});
  };
  for (mount const& one : of.service.volumes) {
    if (one.is != mount::kind::volume) continue;
    std::string name = config_volume_name(of.name, one);
    auto* const there = find_volume(all, name);
    choose(there, {.name = std::move(name), .target = one.target});
  }
  for (std::string const& place : places) {
    auto* const there = find_volume(all, place, replica);
    choose(there,
           {.name = image_volume_name(of.name, place, replica), .target = place, .replica = replica, .of_image = true});
  }
  return out;
}

}  // namespace

labels marks_of_volumes(deployment_name const& name, instance_id const& instance) {
  return {{label::owner, owner_of(name)}, {label::deployment, name.str()}, {label::instance, instance.str()}};
}

bool belongs_to(labels const& marks, deployment_name const& name, instance_id const& instance) {
  if (mark_of(marks, label::instance) != instance.str()) return false;
  // Those of krane 0.1.0 name no owner.
  if (marks.contains(label::owner)) return mark_of(marks, label::owner) == owner_of(name);
  return mark_of(marks, label::deployment) == name.str();
}

std::string config_volume_name(deployment_name const& name, mount const& what) {
  return name.str() + "_" + what.source;
}

std::string image_volume_name(deployment_name const& name, std::string_view place, std::uint32_t replica) {
  constexpr std::size_t most = 180;
  std::string out;
  for (char const c : cleaned(place)) {
    if (is_letter_or_digit(c))
      out += c;
    else
      out += c == '/' ? "-" : fmt::format("_{:02x}", static_cast<unsigned char>(c));
  }
  // The name of a volume is a folder's.
  if (out.size() > most) out = out.substr(0, most) + "." + fingerprint(cleaned(place));
  if (replica > 0) out += fmt::format(".{}", replica + 1);
  return name.str() + "_" + out;
}

std::vector<std::string> kept_places(service_config const& service, std::vector<std::string> const& declared) {
  std::set<std::string> out;
  for (std::string const& one : declared) {
    std::string const place = cleaned(one);
    bool const mounted =
        std::ranges::any_of(service.volumes, [&](mount const& m) { return cleaned(m.target) == place; });
    bool const in_memory =
        std::ranges::any_of(service.tmpfs, [&](tmpfs_mount const& t) { return lies_below(place, cleaned(t.target)); });
    bool const goes = std::ranges::any_of(service.volatile_places, [&](auto const& v) { return cleaned(v) == place; });
    if (place.starts_with('/') && place != "/" && place != secrets_folder && !mounted && !in_memory && !goes)
      out.insert(place);
  }
  return {out.begin(), out.end()};
}

bool is_anonymous(std::string_view volume) {
  return volume.size() == 64 &&
         std::ranges::all_of(volume, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

error taken_volume(volume_details const& there, deployment_name const& wanted_by) {
  auto const owner = mark_of(there.marks, label::deployment);
  std::string const whose = !there.marks.contains(label::instance) ? "krane did not make it"
                            : owner == wanted_by.str()             ? "it is of another krane server"
                                                                   : fmt::format("it is of deployment {}", owner);
  return make_error(errc::conflict, reason::name_conflict,
                    fmt::format("volume {} exists and is not of {}: {}; give the volume another name in the config, or "
                                "remove it, with what is in it, if nobody needs it (docker volume rm {})",
                                there.name, wanted_by.str(), whose, there.name));
}

std::vector<std::string> say_new_volumes(std::vector<run_volume> const& now, run const& before) {
  std::vector<std::string> out;
  for (run_volume const& one : now) {
    bool const was = before.volumes && std::ranges::find(*before.volumes, one) != before.volumes->end();
    if (one.of_image && one.mounted && !was)
      out.push_back(
          fmt::format("Volume {} has what the image keeps in {}, and stays over deploys", one.name, one.target));
  }
  return out;
}

std::vector<volume_mount> image_mounts(std::vector<run_volume> const& all, std::uint32_t replica) {
  std::vector<volume_mount> out;
  for (run_volume const& one : all)
    if (one.of_image && one.mounted && one.replica == replica) out.push_back({one.name, one.target});
  return out;
}

task<std::optional<run>> volume_keeper::serving_run(deployment_name name) {
  deployment const* const now = state_.find_deployment(name);
  if (now == nullptr || !now->serving) co_return std::nullopt;
  std::optional<run_id> const id = now->serving;
  co_return co_await state_.runs().find(*id);
}

task<std::vector<run_volume>> volume_keeper::known_volumes(run const& of) {
  std::vector<run_volume> known;
  // Of the replicas before this one.
  if (of.volumes) {
    known = *of.volumes;
  } else if (!of.containers.empty()) {
    auto found = co_await volumes_of_unrecorded(of);
    if (!found) co_return found.error();
    known = std::move(*found);
  }
  auto serving = co_await serving_run(of.what.name);
  if (!serving) co_return serving.error();
  if (!*serving) co_return known;
  std::vector<run_volume> had;
  if ((*serving)->volumes) {
    had = *(*serving)->volumes;
  } else {
    auto found = co_await volumes_of_unrecorded(std::move(**serving));
    if (!found) co_return found.error();
    had = std::move(*found);
  }
  for (run_volume& one : had) {
    if (find_volume(known, one.name) != nullptr) continue;
    if ((*serving)->id != of.id) one.mounted = false;
    known.push_back(std::move(one));
  }
  co_return known;
}

// What a run of krane 0.1.0 has, which wrote nothing down: what its config names, and what its containers mount.
task<std::vector<run_volume>> volume_keeper::volumes_of_unrecorded(run serving) {
  std::vector<run_volume> out;
  for (mount const& one : serving.what.service.volumes)
    if (one.is == mount::kind::volume)
      out.push_back({.name = config_volume_name(serving.what.name, one), .target = one.target});
  for (std::uint32_t replica = 0; replica < serving.replicas(); ++replica) {
    auto const its = serving.container(replica);
    if (!its) continue;
    auto const there = co_await docker_.find_container(its->str());
    if (!there) co_return there.error();
    if (!*there) continue;
    for (volume_mount const& one : (*there)->volumes)
      if (is_anonymous(one.name) && one.target != secrets_folder)
        out.push_back({.name = one.name, .target = cleaned(one.target), .replica = replica, .of_image = true});
  }
  co_return out;
}

task<std::vector<volume_keeper::stranger>> volume_keeper::find_strangers(spec of) {
  std::vector<stranger> out;
  auto const& volumes = of.service.volumes;
  if (std::ranges::none_of(volumes, [](mount const& one) { return one.is == mount::kind::volume; })) co_return out;
  run wanted;
  wanted.what = of;
  auto known = co_await known_volumes(wanted);
  if (!known) co_return known.error();
  for (std::size_t at = 0; at < volumes.size(); ++at) {
    if (volumes[at].is != mount::kind::volume) continue;
    std::string const name = config_volume_name(of.name, volumes[at]);
    if (find_volume(*known, name) != nullptr) continue;
    auto const there = co_await docker_.find_volume(name);
    if (!there) co_return there.error();
    if (*there && !belongs_to((*there)->marks, of.name, state_.instance()))
      out.push_back({at, taken_volume(**there, of.name)});
  }
  co_return out;
}

task<void> volume_keeper::claim(run_volume const& one, bool known, deployment_name name) {
  auto const there = co_await docker_.create_volume(one.name, marks_of_volumes(name, state_.instance()));
  if (!there) co_return there.error();
  // Of two that make it at once, the labels say whose it is.
  if (!known && !belongs_to(there->marks, name, state_.instance())) co_return taken_volume(*there, name);
  failpoint("volume.claimed");
  co_return result<void>{};
}

task<std::vector<run_volume>> volume_keeper::prepare(run of, std::uint32_t replica, tell_lost tell) {
  auto const places = co_await places_of(of);
  if (!places) co_return places.error();
  auto all = co_await known_volumes(of);
  if (!all) co_return all.error();
  auto const wanted = choose_volumes(of.what, *places, replica, *all);
  for (chosen_volume const& one : wanted) {
    if (one.known) {
      auto const there = co_await docker_.find_volume(one.what.name);
      if (!there) co_return there.error();
      if (!*there)
        if (auto told = co_await tell(one.what.name); !told) co_return told.error();
    }
    if (auto claimed = co_await claim(one.what, one.known, of.what.name); !claimed) co_return claimed.error();
  }
  co_return std::move(*all);
}

task<std::vector<std::string>> volume_keeper::places_of(run const& of) {
  if (!of.image) co_return std::vector<std::string>{};
  auto const image = co_await docker_.find_image(of.image->str());
  if (!image) co_return image.error();
  if (!*image) co_return std::vector<std::string>{};
  co_return kept_places(of.what.service, (*image)->volumes);
}

task<bool> volume_keeper::keeps_places(run of) {
  auto const places = co_await places_of(of);
  if (!places) co_return places.error();
  co_return !places->empty();
}

task<std::vector<run_volume>> volume_keeper::of_kept(run of) {
  auto all = co_await known_volumes(of);
  if (!all) co_return all.error();
  auto const made_by = co_await state_.runs().find(of.made_by());
  if (!made_by) co_return made_by.error();
  if (!*made_by) co_return std::move(*all);
  if ((*made_by)->volumes) {
    for (run_volume const& one : *(*made_by)->volumes)
      if (one.mounted)
        if (run_volume* const there = find_volume(*all, one.name)) there->mounted = true;
    co_return std::move(*all);
  }
  auto its = co_await volumes_of_unrecorded(std::move(**made_by));
  if (!its) co_return its.error();
  for (run_volume& one : *its) {
    // What its containers have takes the place of what the release after it had there.
    std::erase_if(*all, [&](run_volume const& other) {
      return other.name == one.name ||
             (other.of_image && one.of_image && other.target == one.target && other.replica == one.replica);
    });
    all->push_back(std::move(one));
  }
  co_return std::move(*all);
}

task<std::vector<volume_keeper::outlook>> volume_keeper::look_ahead(spec of, std::vector<std::string> declared) {
  run wanted;
  wanted.what = of;
  auto all = co_await known_volumes(wanted);
  if (!all) co_return all.error();
  std::vector<outlook> out;
  auto const places = kept_places(of.service, declared);
  for (std::uint32_t replica = 0; replica < wanted.replicas(); ++replica)
    for (chosen_volume const& one : choose_volumes(of, places, replica, *all)) {
      if (replica > 0 && !one.what.of_image) continue;
      auto const there = co_await docker_.find_volume(one.what.name);
      if (!there) co_return there.error();
      out.push_back({one.what, !there->has_value()});
    }
  co_return out;
}

task<std::vector<run_volume>> volume_keeper::all_of(deployment_name name) {
  run nothing;
  nothing.what.name = name;
  auto all = co_await known_volumes(nothing);
  if (!all) co_return all.error();
  auto const marked =
      co_await docker_.list_volumes({{label::instance, state_.instance().str()}, {label::deployment, name.str()}});
  if (!marked) co_return marked.error();
  for (std::string const& one : *marked)
    if (find_volume(*all, one) == nullptr) all->push_back({.name = one, .target = {}});
  co_return std::move(*all);
}

task<volume_keeper::left_behind> volume_keeper::leave(deployment_name of, std::vector<run_volume> all, bool removed) {
  left_behind out;
  for (run_volume& one : all) {
    auto const there = co_await docker_.find_volume(one.name);
    if (!there) co_return there.error();
    if (!*there) continue;
    std::string const what = one.target.empty() ? one.name : fmt::format("{} ({})", one.name, one.target);
    bool gone = false;
    // What the config names and was there before krane is not its to remove.
    bool const is_its = one.of_image || belongs_to((*there)->marks, of, state_.instance());
    if (removed && is_its) {
      auto const done = co_await docker_.remove_volume(one.name);
      if (!done) co_return done.error();
      gone = *done;
    }
    out.notes.push_back(gone      ? fmt::format("Removed volume {} with what was in it", what)
                        : !is_its ? fmt::format("Kept volume {}: krane did not make it", what)
                        : removed ? fmt::format("Kept volume {}: another container uses it", what)
                        : is_anonymous(one.name)
                            ? fmt::format("Kept volume {} with what is in it; another deployment does not find it by "
                                          "itself, since krane 0.1.0 gave it no name",
                                          what)
                            : fmt::format("Kept volume {} with what is in it", what));
    if (gone) continue;
    one.mounted = true;
    out.kept.push_back(std::move(one));
  }
  co_return out;
}

task<void> volume_keeper::remove_container(container_id container) {
  auto const there = co_await docker_.find_container(container.str());
  if (!there) co_return there.error();
  if (!*there) co_return result<void>{};
  std::optional<run> of;
  if (auto const mark = (*there)->marks.find(label::run); mark != (*there)->marks.end()) {
    auto found = co_await state_.runs().find(run_id{mark->second});
    if (!found) co_return found.error();
    of = std::move(*found);
  }
  bool const is_recorded = of && of->volumes;
  bool const has_data = std::ranges::any_of((*there)->volumes, [&](volume_mount const& one) {
    if (!is_anonymous(one.name) || one.target == secrets_folder) return false;
    return !is_recorded || std::ranges::find(*of->volumes, one.name, &run_volume::name) != of->volumes->end();
  });
  if (!has_data) co_return co_await docker_.remove_container(container);
  if (auto gone = co_await docker_.remove_container(container, anonymous_volumes::stay); !gone) co_return gone;
  for (volume_mount const& one : (*there)->volumes)
    if (is_anonymous(one.name) && one.target == secrets_folder)
      if (auto gone = co_await docker_.remove_volume(one.name); !gone) co_return gone.error();
  co_return result<void>{};
}

}  // namespace krane
