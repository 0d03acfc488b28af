#include "cli/completion_scripts.hpp"

namespace krane::cli {
namespace {

// Bash cuts words at '=': what was typed is put together again, and what it completes is what stands behind the '='.
constexpr std::string_view bash = R"sh(# bash completion for krane: . <(krane completion bash)
_krane() {
  local words=() word cut=0 line i
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((${#words[@]} > 0)) && { [[ $word == "=" ]] || [[ ${words[-1]} == --*= ]]; }; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
  done
  [[ ${words[-1]} != --*=* ]] || cut=1
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ":files" ]]; then
      compopt -o default
      continue
    fi
    line=${line%%$'\t'*}
    ((cut == 0)) || line=${line#*=}
    COMPREPLY+=("$line")
  done < <(command krane complete -- "${words[@]}" 2>/dev/null)
}
complete -F _krane krane
)sh";

constexpr std::string_view zsh = R"sh(#compdef krane
# zsh completion for krane: source <(krane completion zsh), or save it as _krane in a folder of $fpath
_krane() {
  local -a words_found
  local line files=
  while IFS= read -r line; do
    if [[ $line == ":files" ]]; then
      files=1
    elif [[ $line == *$'\t'* ]]; then
      words_found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    else
      words_found+=("${line//:/\\:}")
    fi
  done < <(command krane complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#words_found} == 0 )) || _describe 'krane' words_found
  [[ -z $files ]] || _files
}
if [[ $funcstack[1] == _krane ]]; then
  _krane "$@"
else
  compdef _krane krane
fi
)sh";

constexpr std::string_view fish = R"sh(# fish completion for krane: krane completion fish | source
function __krane_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (command krane complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c krane -f -a '(__krane_complete)'
)sh";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") return bash;
  if (shell == "zsh") return zsh;
  if (shell == "fish") return fish;
  return {};
}

}  // namespace krane::cli
