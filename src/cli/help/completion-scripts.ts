import type { Shell } from "./proposals.ts";

// Each script passes the words before the cursor to `slipway __complete` and shows its output: one proposal on each
// line with its description after a tab, or only `:files` if the shell should complete file names. After that tab is the
// part of the word before the file's name, such as `--plan=`; bash has separated it already.

const BASH = `# bash completion of slipway: source <(slipway completion bash)
_slipway() {
  local value brief
  local IFS=$'\\n'
  COMPREPLY=()
  while IFS=$'\\t' read -r value brief; do
    if [[ $value == ":files" ]]; then
      COMPREPLY=($(compgen -f -- "$2"))
      compopt -o filenames 2>/dev/null
      return
    fi
    [[ -n $value ]] && COMPREPLY+=("$value")
  done < <("$1" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _slipway slipway
`;

const ZSH = `#compdef slipway
# zsh completion of slipway: source <(slipway completion zsh)
_slipway() {
  local line value brief
  local -a answer proposals
  answer=("\${(@f)$("$words[1]" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $answer; do
    value=\${line%%$'\\t'*}
    brief=\${line#*$'\\t'}
    if [[ $value == ":files" ]]; then
      [[ -n $brief ]] && compset -P "$brief"
      _files
      return
    fi
    [[ -n $value ]] && proposals+=("$value:$brief")
  done
  (( $#proposals )) && _describe -V slipway proposals
}
if [[ $funcstack[1] == _slipway ]]; then
  _slipway "$@"
else
  compdef _slipway slipway
fi
`;

const FISH = `# fish completion of slipway: slipway completion fish | source
function __slipway_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l proposals ($program __complete $words "$current" 2>/dev/null)
    if string match -q ':files*' -- "$proposals[1]"
        set -l before (string split \\t -- "$proposals[1]")[2]
        set -l name (string replace -- "$before" '' "$current")
        printf '%s\\n' $before(__fish_complete_path "$name")
        return
    end
    printf '%s\\n' $proposals
end
complete -c slipway -f -a '(__slipway_complete)'
`;

/** The script that each shell sources to complete `slipway`. */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
};
