// docs/configuration.md is made from the tables of fields, so that it can neither lack one nor say something else.
// After a change that is meant, run the tests with KRANE_WRITE_GOLDEN=1 and look at the difference.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "model/service_fields.hpp"
#include "model/spec_fields.hpp"

namespace krane {
namespace {

constexpr char head[] = R"(# What a deployment can say

A deployment is a name and its `config`. In a file (`krane.yaml`, `krane.json`, `deployment.json`) the fields of `config`
may also stand beside the name; over the API they are in `config`. Only `name` and `image` are needed. Where Compose has
the thing, it is spelled as Compose spells it. Sizes take units (`512M`), and so do lengths of time (`30s`, `1m30s`).

All faults of a config are told at once, each by its path (`config.volumes[1]`), and a field that is not known is
refused, with the one that was probably meant. `krane validate` checks a file without a server; `krane schema` prints the
JSON Schema that editors complete by.

```yaml
name: web
config:
  image: davidcasta/docker-to-node
  container_port: 8080
  host_port: 9002
  environment:
    LOG_LEVEL: info
  healthcheck:
    http: /
  resources:
    memory: 256M
```

`krane deploy -f FILE` replaces the stored configuration with what the file says, whole: a field that is not in the file
is gone. Only the number of containers stays as it is, unless the file has `replicas`; the command says so, and
`krane scale` changes it. Without `-f`, the
`krane.yaml` of the folder is used if `NAME` is not given or is the name in the file. `--image`, `--tag` and `--port` take
the place of what the file says.

`krane deploy NAME` without such a file changes what is stored: `krane deploy web --tag v2` sets the tag and leaves
environment, ports, volumes and all other fields as they are. A registry stays too, unless the image names another
(`docker.io/acme/shop:1`). The first line says what was used, and the lines below it what that changes; `krane plan` takes
the same words and says it before.

Deployments reach each other by name, `http://web:8080/`, in a network of their own. While a release replaces another one,
the name means both.

Of a Compose file (`krane deploy -f compose.yaml`) each service becomes a deployment, named as the service is; those that
others depend on come up first. Its first port of all addresses becomes `host_port` and `container_port`. A key that krane
cannot do is an error that names it, never passed over.

A deployment that writes to volumes is replaced by stopping the old release first, unless it says `rollout: rolling`: two
programs at once on the same files are the end of many a database. Its volumes outlive it: `krane rm` leaves them and says
so, and a deployment of the same name has them again; `krane rm --volumes` takes them away. The engine calls them
`NAME_VOLUME`; a volume of that name that is not the deployment's, by its labels, is never used: the run fails.

An image may declare places to be volumes, as those of databases do. Where the config mounts nothing at such a place, the
deployment keeps it over releases all the same, each replica its own, in a volume that is called `NAME_-place`, such as
`cache_-data` for `/data`: `/` is written `-`, what is no letter or digit as `_` and its code (`-` is `_2d`), and the
second replica's ends in `.2`. `volatile` names places that are not worth it.
)";

// The first of what is wrong with it.
std::string fault_text(service_field const& field) {
  std::vector<fault> faults;
  auto const json = boost::json::parse(boost::json::string_view(field.wrong.data(), field.wrong.size()));
  read_service({{std::string(field.key), {}, written_from_json(json)}}, faults);
  return faults.empty() ? std::string() : faults.front().path + " " + faults.front().error;
}

std::string section(std::string_view key, std::string_view meaning, std::string_view fallback,
                    std::string_view example) {
  std::string out = fmt::format("\n### `{}`\n\n{}\n", key, meaning);
  if (!fallback.empty()) out += fmt::format("\nDefault: {}.\n", fallback);
  return out + fmt::format("\n```json\n{{\"{}\": {}}}\n```\n", key, example);
}

std::string document() {
  std::string out = head;
  out += "\n## Name, image and port\n";
  for (spec_field const& field : spec_fields()) {
    auto const quoted = boost::json::serialize(
        boost::json::value(boost::json::string_view(field.example.data(), field.example.size())));
    out += section(field.key, field.meaning, field.fallback, quoted);
  }
  out += "\n## What a service needs beside\n";
  for (service_field const& field : service_fields()) {
    out += section(field.key, field.meaning, field.fallback, field.example);
    out += fmt::format("\n`{}` is refused: {}.\n", field.wrong, fault_text(field));
  }
  return out;
}

TEST(configuration_document, is_what_the_tables_say) {
  std::string const path = std::string(KRANE_SOURCE_FOLDER) + "/docs/configuration.md";
  auto const wanted = document();
  if (std::getenv("KRANE_WRITE_GOLDEN") != nullptr) std::ofstream(path) << wanted;
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), wanted) << path;
}

}  // namespace
}  // namespace krane
