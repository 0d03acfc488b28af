#include "api/deployment_list.hpp"

#include "api/envelope.hpp"
#include "api/mapping.hpp"

namespace krane {

deployment_list::deployment_list(store& state, std::function<bool()> sees_engine)
    : state_(state), sees_engine_(std::move(sees_engine)) {
  for (deployment const* one : state.list_deployments()) parts_->put(*one);
  state.on_commit([kept = std::weak_ptr(parts_)](commit const& news) {
    auto const all = kept.lock();
    if (!all) return;
    for (deployment const& one : news.changed) all->put(one);
    for (deployment_name const& name : news.erased) all->erase(name);
  });
}

void deployment_list::parts::put(deployment const& one) {
  std::string& fragment = fragments[one.config.name.str()];
  fragments_bytes -= fragment.size();
  fragment = to_json_text(wire::to_item(one));
  fragments_bytes += fragment.size();
  whole.reset();
}

void deployment_list::parts::erase(deployment_name const& name) {
  auto const found = fragments.find(name.str());
  if (found == fragments.end()) return;
  fragments_bytes -= found->second.size();
  fragments.erase(found);
  whole.reset();
}

deployment_status status_without_engine(deployment const& of) {
  switch (of.status) {
    case deployment_status::running:
    case deployment_status::unhealthy:
    case deployment_status::restarting:
    case deployment_status::down:
    case deployment_status::ended:
      return deployment_status::unknown;
    default:
      return of.status;
  }
}

// Seldom, so nothing of it is kept.
std::shared_ptr<std::string const> deployment_list::body_without_engine() const {
  std::vector<wire::deployment_item> all;
  for (deployment const* one : state_.list_deployments()) {
    deployment shown = *one;
    shown.status = status_without_engine(shown);
    all.push_back(wire::to_item(shown));
  }
  return envelope::shared(R"({"success":true,"code":200,"data":)" + to_json_text(all) + "}");
}

std::shared_ptr<std::string const> deployment_list::body() {
  if (!sees_engine_()) return body_without_engine();
  if (parts_->whole) return parts_->whole;
  std::string joined = R"({"success":true,"code":200,"data":[)";
  joined.reserve(joined.size() + parts_->fragments_bytes + parts_->fragments.size() + 2);
  bool first = true;
  for (auto const& [name, fragment] : parts_->fragments) {
    if (!first) joined += ',';
    first = false;
    joined += fragment;
  }
  joined += "]}";
  parts_->whole = envelope::shared(std::move(joined));
  return parts_->whole;
}

}  // namespace krane
