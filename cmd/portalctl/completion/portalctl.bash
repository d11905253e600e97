# bash completion for portalctl
_portalctl() {
  local cur line words
  COMPREPLY=()
  cur="${COMP_WORDS[COMP_CWORD]}"
  words=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
  # "=" is a word of its own to readline: --format = json.
  if [[ "$cur" == "=" ]]; then
    cur=""
  elif [[ "${words[${#words[@]}-1]-}" == "=" ]]; then
    unset "words[${#words[@]}-1]"
  fi
  while IFS=$'\t' read -r line _; do
    COMPREPLY+=("$line")
  done < <("${COMP_WORDS[0]}" completion complete -- "${words[@]}" "$cur" 2>/dev/null)
}
complete -o default -F _portalctl portalctl
