#pragma once
// The answer to "list all deployments", kept ready: each deployment's part is made once when it changes, and the whole
// is joined when it is asked for after a change.
//
// Threads: the network thread.
// Lifetime: may go before the store does.
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "store/store.hpp"

namespace krane {

class deployment_list {
public:
  // `sees_engine`: what is stored of the containers is so now.
  deployment_list(store& state, std::function<bool()> sees_engine);

  // The whole body, envelope and all.
  std::shared_ptr<std::string const> body();

private:
  std::shared_ptr<std::string const> body_without_engine() const;

  struct parts {
    std::map<std::string, std::string> fragments;  // by name
    std::size_t fragments_bytes = 0;
    std::shared_ptr<std::string const> whole;  // none: to be joined

    void put(deployment const& one);
    void erase(deployment_name const& name);
  };
  // Shared with the store's listener, which cannot be taken off again.
  std::shared_ptr<parts> parts_ = std::make_shared<parts>();
  store& state_;
  std::function<bool()> sees_engine_;
};

// What is shown of a deployment whose containers cannot be seen.
deployment_status status_without_engine(deployment const& of);

}  // namespace krane
