#include "cli/man_page.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "base/version.hpp"
#include "cli/help.hpp"

namespace krane::cli {
namespace {

// The character that begins at `at`, which is moved behind it. The text is valid UTF-8.
std::uint32_t next_character(std::string_view text, std::size_t& at) {
  auto const first = static_cast<unsigned char>(text[at++]);
  int const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  std::uint32_t out = more == 0 ? first : first & (0x3fU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    out = (out << 6) | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  return out;
}

// As text, whatever is in it. A line never begins with a request.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const begin = at;
    auto const c = next_character(text, at);
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '`')
      out += "\\(ga";
    else if (c == '"')
      out += "\\(dq";
    else if (c == '.' && begin == 0)
      out += "\\&.";
    else if (c >= 0x80)
      out += fmt::format("\\[u{:04X}]", c);
    else
      out += static_cast<char>(c);
  }
  return out;
}

std::string bold(std::string_view text) {
  return fmt::format("\\fB{}\\fR", escaped(text));
}

class page {
public:
  page(std::string const& name, std::string_view summary) {
    out_ = fmt::format(".TH \"{}\" \"1\" \"\" \"krane {}\" \"krane\"\n", escaped(upper(name)), version);
    section("Name");
    line(fmt::format("{} \\- {}", escaped(name), escaped(summary)));
  }

  void section(std::string_view title) { out_ += fmt::format(".SH {}\n", escaped(upper(title))); }
  void line(std::string_view roff) { out_ += fmt::format("{}\n", roff); }
  void text(std::string_view plain) {
    bool first = true;
    while (!plain.empty()) {
      auto const end = plain.find("\n\n");
      if (!first) line(".PP");
      first = false;
      line(escaped(plain.substr(0, end)));
      plain.remove_prefix(end == std::string_view::npos ? plain.size() : end + 2);
    }
  }
  void term(std::string_view roff, std::string_view meaning) {
    line(".TP");
    line(roff);
    line(escaped(meaning));
  }
  std::string take() { return std::move(out_); }

private:
  static std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
  }

  std::string out_;
};

std::string page_title(command const* what) {
  std::string name = "krane";
  if (what != nullptr)
    for (auto const& word : what->path) name += "-" + word;
  return name;
}

void add_options(page& to, std::string_view title, std::vector<option> const& options) {
  if (options.empty()) return;
  to.section(title);
  for (option const& one : options) {
    std::string text = one.letter == '\0' ? "" : bold(fmt::format("-{}", one.letter)) + ", ";
    text += bold("--" + one.name);
    if (!one.value.empty()) text += fmt::format(" \\fI{}\\fR", escaped(one.value));
    to.term(text, one.many ? one.meaning + "; may be given more than once" : one.meaning);
  }
}

void add_commands(page& to, std::string_view title, std::vector<command const*> const& some) {
  if (some.empty()) return;
  to.section(title);
  for (command const* one : some) to.term(fmt::format("\\fB{}\\fR(1)", escaped(page_title(one))), one->summary + ".");
}

std::string program_page(std::vector<command> const& all) {
  page out("krane", "deploy containers on a krane server");
  out.section("Synopsis");
  out.line(bold("krane") + " \\fICOMMAND\\fR [\\fIoptions\\fR]");
  out.section("Description");
  out.text(program_text());
  for (auto group : {command_group::deploy, command_group::look, command_group::server, command_group::file,
                     command_group::program}) {
    std::vector<command const*> some;
    for (command const& one : all)
      if (one.group == group && !one.hidden && one.path.size() == 1) some.push_back(&one);
    add_commands(out, group_title(group), some);
  }
  add_options(out, "Options of every command", global_options());
  out.section("Exit status");
  for (auto const& [code, meaning] : exit_codes()) out.term(bold(std::to_string(code)), meaning);
  out.section("Environment");
  for (auto const& [name, meaning] : environment_variables()) out.term(bold(name), meaning);
  return out.take();
}

}  // namespace

std::string man_page_name(command const* what) {
  return page_title(what) + ".1";
}

std::string man_page(command const* what, std::vector<command> const& all) {
  if (what == nullptr) return program_page(all);
  page out(page_title(what), what->summary);
  out.section("Synopsis");
  out.line(bold(usage_line(*what)));
  for (auto const& alias : what->aliases) {
    command named = *what;
    named.path.back() = alias;
    out.line(".br");
    out.line(bold(usage_line(named)));
  }
  out.section("Description");
  out.text(what->summary + "." + (what->description.empty() ? "" : "\n\n" + what->description));
  if (!what->arguments.empty()) out.section("Arguments");
  for (argument const& one : what->arguments) out.term(fmt::format("\\fI{}\\fR", escaped(one.name)), one.meaning);
  std::vector<command const*> below;
  for (command const& one : all)
    if (!one.hidden && one.path.size() > what->path.size() && one.path.front() == what->path.front())
      below.push_back(&one);
  add_commands(out, "Commands", below);
  add_options(out, "Options", what->options);
  add_options(out, "Options of every command", global_options());
  if (!what->examples.empty()) out.section("Examples");
  for (example const& one : what->examples) out.term(bold(one.line), one.meaning);
  out.section("See also");
  out.line("\\fBkrane\\fR(1)");
  return out.take();
}

}  // namespace krane::cli
