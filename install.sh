#!/bin/sh
# Installs a release of portalctl: downloads the archive for this machine,
# compares it with the release's checksums, and moves the binary into place as
# a whole. What does not match is refused, and nothing is left behind.
#
#   sh install.sh [--version vX.Y.Z] [--to DIR]
#
# PORTALCTL_VERSION and PORTALCTL_INSTALL_DIR say the same; PORTALCTL_BASE_URL is
# a mirror of the folder of releases (…/releases).
#
# Exit codes: 0 installed; 1 refused or failed; 2 called wrongly; 3 there is no
# such release, or none for this machine.
set -eu

default_base=https://github.com/portalctl/portalctl/releases

fail() { # CODE TEXT NEXT
  printf 'install.sh: %s\nnext: %s\n' "$2" "$3" >&2
  exit "$1"
}

has() { command -v "$1" >/dev/null 2>&1; }

usage() {
  cat <<'USAGE'
Usage: sh install.sh [--version vX.Y.Z] [--to DIR]

  --version  the release; the newest by default   (PORTALCTL_VERSION)
  --to       the folder for the binary; /usr/local/bin if that can be written,
             else ~/.local/bin                    (PORTALCTL_INSTALL_DIR)

PORTALCTL_BASE_URL names a mirror of the folder of releases.
USAGE
}

# fetch URL FILE: 0 it is there; 44 the server has no such thing; 1 anything else.
fetch() {
  if has curl; then
    # A mirror that is named without TLS is somebody's choice; a redirect to one
    # is not.
    case $1 in https:*) only='=https' ;; *) only='=http,https' ;; esac
    code=$(curl -sSL --proto "$only" --proto-redir "$only" --retry 2 --connect-timeout 20 -w '%{http_code}' -o "$2" -- "$1") || return 1
    case $code in
      200) return 0 ;;
      404 | 410) return 44 ;;
      *)
        printf 'install.sh: %s answers %s\n' "$1" "$code" >&2
        return 1
        ;;
    esac
  fi
  wget -q -O "$2" "$1" # which does not tell a missing release from other errors
}

sum_of() {
  if has sha256sum; then
    sha256sum <"$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  else
    openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
  fi
}

platform() {
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail 3 "there is no release for $(uname -s) that this script can install" "On Windows, take the .zip from $default_base; elsewhere, go install github.com/portalctl/portalctl/cmd/portalctl@latest" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail 3 "there is no release for $(uname -m)" "Build it: go install github.com/portalctl/portalctl/cmd/portalctl@latest" ;;
  esac
}

# check_list FILE URL: an error page, or a list that was cut, is no list.
check_list() {
  if ! [ -s "$1" ] || grep -Eqv '^[0-9a-f]{64}  [A-Za-z0-9][A-Za-z0-9._+~-]*$' "$1" || [ -n "$(tail -c 1 "$1")" ]; then
    fail 1 "$2 is not a list of checksums" "Look at what the address answers: a proxy or a login page may be in between"
  fi
}

work=
clean_up() { if [ -n "$work" ]; then rm -rf "$work"; fi; }

main() {
  version=${PORTALCTL_VERSION:-latest}
  dir=${PORTALCTL_INSTALL_DIR:-}
  base=${PORTALCTL_BASE_URL:-$default_base}
  while [ $# -gt 0 ]; do
    case $1 in
      --version | --to)
        [ $# -ge 2 ] || fail 2 "$1 needs a value" "See sh install.sh --help"
        if [ "$1" = --to ]; then dir=$2; else version=$2; fi
        shift 2
        ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail 2 "there is no option $1" "See sh install.sh --help" ;;
    esac
  done
  base=${base%/}
  case $version in
    latest) ;;
    v[0-9]*) ;;
    [0-9]*) version=v$version ;;
    *) fail 2 "$version is not a release" "Write it as v1.2.3, or leave it out" ;;
  esac
  case $version in
    *[!A-Za-z0-9.+-]*) fail 2 "$version is not a release" "Write it as v1.2.3, or leave it out" ;;
  esac

  has curl || has wget || fail 1 "neither curl nor wget is installed" "Install curl"
  has sha256sum || has shasum || has openssl || fail 1 "nothing here computes SHA-256" "Install sha256sum (coreutils), shasum or openssl"
  { has tar && has gzip; } || fail 1 "tar and gzip are needed" "Install them"
  platform

  if [ -z "$dir" ]; then
    if [ -w /usr/local/bin ]; then
      dir=/usr/local/bin
    else
      dir=${HOME:?set it, or name the folder with --to}/.local/bin
    fi
  fi
  mkdir -p -- "$dir" || fail 1 "the folder $dir cannot be made" "Name another one with --to"
  # Beside the place where the binary goes, so that the last step is a rename.
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d "$dir/.portalctl-install.XXXXXX") || fail 1 "$dir cannot be written" "Name another folder with --to, or run this with the rights to write there"

  if [ "$version" = latest ]; then
    list=$base/latest/download/checksums.txt
  else
    list=$base/download/$version/checksums.txt
  fi
  got=0
  fetch "$list" "$work/checksums.txt" || got=$?
  case $got in
    0) ;;
    44) fail 3 "there is no release $version: $list is not there" "See which releases there are: $base" ;;
    *) fail 1 "$list could not be downloaded" "Check the network and the proxy settings (HTTPS_PROXY), then try again" ;;
  esac
  check_list "$work/checksums.txt" "$list"

  line=$(grep -E "^[0-9a-f]{64}  portalctl_[^_]+_${os}_${arch}\.tar\.gz\$" "$work/checksums.txt" || true)
  [ -n "$line" ] || fail 3 "the release $version has no archive for $os/$arch" "Build it: go install github.com/portalctl/portalctl/cmd/portalctl@$version"
  [ "$(printf '%s\n' "$line" | wc -l)" -eq 1 ] || fail 1 "$list names several archives for $os/$arch" "Name the release with --version"
  want=${line%% *}
  archive=${line##* }
  number=${archive#portalctl_}
  number=${number%%_*}
  # The newest release may be another one by the time that its archive is asked for.
  if [ "$version" = latest ]; then
    version=v$number
  elif [ "$version" != "v$number" ]; then
    fail 1 "$list is of the release v$number, not of $version" "Report it: the release was made wrongly, or the mirror mixes releases"
  fi

  from=$base/download/$version/$archive
  fetch "$from" "$work/archive" || fail 1 "$from could not be downloaded whole" "Try again; if it stays so, the release or the mirror is damaged"
  have=$(sum_of "$work/archive")
  if [ "$have" != "$want" ]; then
    hint="Try again; if it stays so, do not use this release, and report it"
    if head -c 512 "$work/archive" | grep -Eiq '<(!doctype|html)'; then
      hint="What came is a web page: a proxy or a login page may be in between"
    fi
    fail 1 "$archive does not match its checksum (wanted $want, got $have)" "$hint"
  fi
  tar -xzf "$work/archive" -C "$work" portalctl || fail 1 "$archive cannot be unpacked" "Report it: its checksum is right"
  chmod 755 "$work/portalctl"
  says=$("$work/portalctl" --version) || fail 1 "the binary of $archive does not run here" "Build it: go install github.com/portalctl/portalctl/cmd/portalctl@$version"
  mv -f -- "$work/portalctl" "$dir/portalctl" || fail 1 "$dir/portalctl cannot be replaced" "Name another folder with --to"

  printf '%s is in %s\n' "$says" "$dir"
  case ":$PATH:" in
    *":$dir:"*) ;;
    *) printf 'next: add %s to PATH\n' "$dir" ;;
  esac
}

# The whole script is read before any of it runs, also through a pipe.
main "$@"
