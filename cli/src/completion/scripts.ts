/**
 * The completion script of each shell. They ask `herald __complete` for candidates. Candidates come from a document, which the user may
 * not know: none of the scripts evaluates them, and each shell quotes what it puts on the command line.
 */
export const scripts: Readonly<Record<string, string>> = {
  bash: `# Completion of herald for bash 4 or later.
_herald() {
  local line quoted IFS=$'\\n' current=\${COMP_WORDS[COMP_CWORD]}
  [[ $current != '=' ]] || current=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$current")) ;;
      :directories) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -d -- "$current")) ;;
      *) printf -v quoted '%q' "\${line%%$'\\t'*}"; COMPREPLY+=("$quoted") ;;
    esac
  done < <(herald __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _herald herald
`,
  zsh: `#compdef herald
# Completion of herald for zsh. After compinit.
_herald() {
  local line tab=$'\\t'
  local -a lines texts shown
  lines=("\${(@f)$(herald __complete zsh "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${lines[@]}"; do
    case $line in
      '') ;;
      :files) compset -P '*='; _files ;;
      :directories) compset -P '*='; _files -/ ;;
      *)
        texts+=("\${line%%$tab*}")
        shown+=("\${line%%$tab*}  \${line#*$tab}")
        ;;
    esac
  done
  (( $#texts == 0 )) || compadd -l -d shown -a -- texts
}
if [[ "\${funcstack[1]}" == _herald ]]; then
  _herald "$@"
else
  compdef _herald herald
fi
`,
  fish: `# Completion of herald for fish.
function __herald_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    for line in (herald __complete fish $words "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$current"
            case ':directories'
                __fish_complete_directories "$current"
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c herald -f -a '(__herald_complete)'
`
}
