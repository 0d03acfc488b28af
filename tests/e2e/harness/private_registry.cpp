#include "e2e/harness/private_registry.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "e2e/harness/docker.hpp"
#include "e2e/harness/krane.hpp"
#include "e2e/harness/wire.hpp"

namespace krane::e2e {
namespace {

// htpasswd's lines, bcrypt, as `htpasswd -nbBC 4` writes them.
std::map<std::string, std::string> const lines{
    {private_registry::password, "ada:$2b$04$DXR3R9kKLHLKFSZqat0oNu8cY8kSreUqXQW2cYhaCfdiAoa.mPX6C\n"},
    {private_registry::other_password, "ada:$2b$04$DXR3R9kKLHLKFSZqat0oNuJ/H7/tPa2WgPMoK27lIF9tqYuCDrGVy\n"},
};

void run_openssl(std::vector<std::string> words) {
  words.insert(words.begin(), "openssl");
  auto const done = run(std::move(words));
  if (done.status != 0) throw std::runtime_error("openssl failed: " + done.output);
}

}  // namespace

private_registry::private_registry(std::string address, transport how)
    : address_(std::move(address)), how_(how), port_(free_port()) {
  change_password(password);
  if (how_ == transport::tls) make_certificate();
  std::ostringstream config;
  config << "version: 0.1\n"
         << "storage: {filesystem: {rootdirectory: " << (folder_ / "data") << "}}\n"
         << "http:\n  addr: \"" << host() << "\"\n";
  if (how_ == transport::tls)
    config << "  tls: {certificate: " << (folder_ / "tls.crt") << ", key: " << (folder_ / "tls.key") << "}\n";
  config << "auth: {htpasswd: {realm: krane, path: " << (folder_ / "users") << "}}\n"
         << "proxy: {remoteurl: \"http://" << docker::registry() << "\"}\n";
  write_file(folder_ / "config.yml", config.str());
  program_.emplace(std::vector<std::string>{"docker-registry", "serve", folder_ / "config.yml"},
                   std::map<std::string, std::string>{}, folder_ / "log");
  EXPECT_TRUE(eventually([this] { return answers(); })) << program_->output();
}

void private_registry::change_password(std::string const& to) {
  write_file(folder_ / "users", lines.at(to));
}

void private_registry::make_certificate() {
  std::vector<std::string> const new_key{"-newkey", "ec",    "-pkeyopt", "ec_paramgen_curve:P-256",
                                         "-nodes",  "-days", "2"};
  auto const make = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"req", "-x509"});
    words.insert(words.end(), new_key.begin(), new_key.end());
    run_openssl(std::move(words));
  };
  make({"-subj", "/CN=an authority of the tests", "-keyout", folder_ / "ca.key", "-out", authority()});
  make({"-subj", "/CN=a registry of the tests", "-addext", "subjectAltName=IP:" + address_, "-addext",
        "basicConstraints=critical,CA:FALSE", "-CA", authority(), "-CAkey", folder_ / "ca.key", "-keyout",
        folder_ / "tls.key", "-out", folder_ / "tls.crt"});
}

bool private_registry::answers() const {
  std::vector<std::string> ask{"curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}"};
  if (how_ == transport::tls) ask.insert(ask.end(), {"--cacert", authority()});
  ask.push_back((how_ == transport::tls ? "https://" : "http://") + host() + "/v2/");
  return run(std::move(ask)).output == "401";
}

}  // namespace krane::e2e
