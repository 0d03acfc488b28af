#include "registry/conversation.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "model/reason.hpp"
#include "registry/challenge.hpp"
#include "registry/manifest.hpp"

namespace krane::oci {
namespace {

error refused(answer const& said, std::string const& image, place const& by) {
  switch (said.status) {
    case 401:
      return make_error(errc::forbidden, reason::registry_auth,
                        fmt::format("{} wants a login for {}, or another one", by.base, image));
    case 403:
      return make_error(errc::forbidden, reason::registry_denied,
                        fmt::format("{} does not allow {}, or has no such repository", by.base, image));
    case 404:
      return make_error(errc::not_found, reason::image_not_found, fmt::format("{} has no {}", by.base, image));
    case 429: {
      unsigned seconds = 0;
      auto const& text = said.retry_after;
      bool const known = std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc{};
      return make_error(errc::rate_limited, reason::registry_rate_limited,
                        fmt::format("{} refuses more questions for now{}", by.base,
                                    known ? fmt::format("; ask again in {} s", seconds) : ""));
    }
    default:
      return make_error(errc::unavailable, reason::registry_error,
                        fmt::format("{} answers with status {} for {}", by.base, said.status, image));
  }
}

// With one place, about one image.
class conversation {
public:
  conversation(wanted_image const& wanted, place const& with, transfer& by)
      : wanted_(wanted), place_(with), transfer_(by) {}

  result<remote_image> look_up(memory const& known) {
    image_ref const& what = wanted_.what;
    if (auto const digest = ask_for_digest(what.digest.value_or(what.tag)); !digest.empty())
      if (auto found = known(digest)) return std::move(*found);
    auto const top = get_manifest(what.digest.value_or(what.tag));
    if (!top) return top.error();
    remote_image out{.digest = digest_of(*top), .manifest_digest = {}, .id = {}, .layers = {}, .diff_ids = {}};
    out.manifest_digest = out.digest;
    auto read = read_manifest(*top, wanted_.how);
    if (!read) return read.error();
    if (auto const* listed = std::get_if<listed_manifest>(&*read)) {
      out.manifest_digest = listed->digest;
      auto const body = get_manifest(listed->digest);
      if (!body) return body.error();
      auto inner = read_manifest(*body, wanted_.how);
      if (!inner) return inner.error();
      read = std::move(inner);
    }
    auto* const image = std::get_if<manifest>(&*read);
    if (image == nullptr)
      return make_error(errc::unsupported_media, reason::registry_error, "the image is a list of lists");
    out.id = image_id{image->config_digest};
    out.layers = std::move(image->layers);
    auto const config = ask({.url = url("blobs", image->config_digest), .accept = "*/*"});
    if (!config) return config.error();
    if (config->status != 200) return refused(*config, wanted_.what.text(), place_);
    auto diff_ids = read_diff_ids(config->body);
    if (!diff_ids) return diff_ids.error();
    out.diff_ids = std::move(*diff_ids);
    return out;
  }

private:
  std::string url(std::string_view kind, std::string_view which) const {
    return fmt::format("{}/v2/{}/{}/{}", place_.base, repository_path(wanted_.what), kind, which);
  }

  // Empty where it is not told; the next question then says why.
  std::string ask_for_digest(std::string const& which) {
    auto const said =
        ask({.url = url("manifests", which), .head_only = true, .accept = std::string(accepted_manifests())});
    if (!said || said->status != 200 || !is_digest(said->digest)) return {};
    return said->digest;
  }

  result<std::string> get_manifest(std::string const& which) {
    auto said = ask({.url = url("manifests", which), .accept = std::string(accepted_manifests())});
    if (!said) return said.error();
    if (said->status != 200) return refused(*said, wanted_.what.text(), place_);
    return std::move(said->body);
  }

  result<answer> ask(question what) {
    authorize(what);
    auto said = transfer_.ask(what, place_);
    if (!said || said->status != 401 || std::exchange(authorized_, true)) return said;
    auto const wants = read_challenge(said->challenges);
    if (!wants) return said;
    if (wants->bearer) {
      auto token = ask_for_token(*wants);
      if (!token) return token.error();
      token_ = std::move(*token);
    } else if (login()) {
      basic_ = true;
    } else {
      return said;
    }
    authorize(what);
    return transfer_.ask(std::move(what), place_);
  }

  void authorize(question& what) const {
    if (basic_) what.login = login();
    what.token = token_;
  }

  result<std::string> ask_for_token(challenge const& wants) {
    bool const open = place_.base.starts_with("http://");
    if (!wants.realm.starts_with("https://") && !(open && wants.realm.starts_with("http://")))
      return make_error(errc::internal, reason::registry_error,
                        fmt::format("{} names a token service that cannot be trusted", place_.base));
    std::string query = wants.realm;
    auto const add = [&](std::string_view name, std::string const& value) {
      query += fmt::format("{}{}={}", query.contains('?') ? '&' : '?', name, transfer_.escaped(value));
    };
    if (!wants.service.empty()) add("service", wants.service);
    add("scope", wants.scope.empty() ? fmt::format("repository:{}:pull", repository_path(wanted_.what)) : wants.scope);
    // A service elsewhere is not what the engine calls insecure.
    place service = place_;
    service.verified = service.verified || !wants.realm.starts_with(place_.base + "/");
    auto const said = transfer_.ask({.url = query, .login = login()}, service);
    if (!said) return said.error();
    if (said->status != 200) return refused(*said, wanted_.what.text(), place_);
    return read_token(said->body);
  }

  std::optional<registry_login> login() const { return place_.is_mirror ? std::nullopt : wanted_.login; }

  wanted_image const& wanted_;
  place const& place_;
  transfer& transfer_;
  bool authorized_ = false;  // once is all that can help
  bool basic_ = false;
  std::string token_;
};

}  // namespace

result<remote_image> look_up(wanted_image const& wanted, transfer& with, memory const& known) {
  auto const places = places_of(wanted.what, wanted.how);
  for (std::size_t i = 0;; ++i) {
    auto found = conversation(wanted, places[i], with).look_up(known);
    if (found || i + 1 == places.size()) return found;
    // A registry that speaks, and says no, is not asked the same in the clear.
    if (!places[i].is_mirror && found.error().reason != reason::registry_unreachable) return found;
  }
}

}  // namespace krane::oci
