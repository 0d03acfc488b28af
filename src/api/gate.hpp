#pragma once
// Who may ask at all: the checks before any route is looked at, and the ones that each route names.
#include <optional>
#include <string>

#include "api/api.hpp"
#include "api/endpoint.hpp"

namespace krane {

class gate {
public:
  gate(authenticator const& auth, api_settings settings);
  void set_settings(api_settings settings);

  // The Host header is a name of ours: a web page that had its own name point here is not let in. errc::forbidden.
  result<void> check_host(http::request const& from) const;
  // A web page that asks is ours or allowed. The origin to answer CORS headers for, if there is one. errc::forbidden.
  result<std::optional<std::string>> check_origin(http::request const& from) const;
  // Fills in who asks. errc::unauthorized.
  result<void> check_access(endpoints::access wanted, endpoints::call& from) const;

private:
  bool streams_are_open(http::request const& to) const;
  authenticator const& auth_;
  api_settings settings_;
};

// The CORS headers of an answer to an allowed page.
void add_cors_headers(http::header_list& to, std::string const& origin);

}  // namespace krane
