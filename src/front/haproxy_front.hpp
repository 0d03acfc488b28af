#pragma once
// The front on HAProxy.
#include <boost/describe/enum.hpp>
#include <memory>
#include <string>

#include "front/front.hpp"

namespace krane {

enum class front_start {
  own,   // the server starts HAProxy, and leaves it running when it ends
  unit,  // a service manager runs it (packaging/krane-front.service)
};
BOOST_DESCRIBE_ENUM(front_start, own, unit)

struct front_options {
  std::string folder;               // for its files and sockets; made, and readable by nobody else
  std::string address = "0.0.0.0";  // that ports are opened on
  front_start start = front_start::own;
  std::string program{};  // HAProxy's path; empty: it is looked for
};

std::unique_ptr<front> make_haproxy_front(executor network, front_options options);

}  // namespace krane
