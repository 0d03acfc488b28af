#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/version.hpp"
#include "server/application.hpp"
#include "server/settings.hpp"

namespace {

constexpr int could_not_go_on = 1;
constexpr int wrong_settings = 2;

int complain(krane::error const& e, int code) {
  std::fprintf(stderr, "krane-server: %s\n", e.message.c_str());
  return code;
}

int serve(std::vector<std::string> const& arguments) {
  auto line = krane::read_settings(arguments, krane::process_environment);
  if (!line) return complain(line.error(), wrong_settings);
  switch (line->wants) {
    case krane::command_line::what::show_help:
      std::fputs(line->text.c_str(), stdout);
      return 0;
    case krane::command_line::what::show_version:
      std::printf("krane-server %s\n", krane::version);
      return 0;
    case krane::command_line::what::serve:
      break;
  }
  krane::log::set_level(line->values.log_level);
  auto read_again = [arguments]() -> krane::result<krane::settings> {
    auto again = krane::read_settings(arguments, krane::process_environment);
    if (!again) return again.error();
    return again->values;
  };
  auto app = krane::application::make(line->values, read_again);
  if (!app) return complain(app.error(), could_not_go_on);
  int const code = (*app)->run();
  app->reset();
  krane::log::flush();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve({argv + 1, argv + argc});
  } catch (std::exception const& e) {
    std::fprintf(stderr, "krane-server: unexpected: %s\n", e.what());
    return could_not_go_on;
  }
}
