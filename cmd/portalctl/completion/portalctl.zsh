#compdef portalctl
# zsh completion for portalctl
_portalctl() {
  local line
  local -a found
  while IFS= read -r line; do
    # What stands before the colon is inserted; the rest is shown beside it.
    found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done < <("${words[1]}" completion complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( ${#found} )); then
    _describe -o portalctl found
  else
    _files
  fi
}
compdef _portalctl portalctl
