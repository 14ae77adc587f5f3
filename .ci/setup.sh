# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# What the commands for newcomers and for CI begin with; to be sourced, from
# sh or bash, with the project's folder as the working directory.
#
#   install_packages           installs what .ci/packages.txt lists
#   build_project DIR OPTION…  builds in DIR, with options for meson
#
# Both say what they do, are fast when there is nothing to do, and return
# non-zero after they have said why they failed.

install_packages () {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian: going on with what is installed (see .ci/packages.txt)."
    return 0
  fi

  missing=$(
    wanted=$(sed -e 's/#.*//' .ci/packages.txt)
    # shellcheck disable=SC2086
    {
      dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' $wanted 2>/dev/null || :
      printf 'wanted %s\n' $wanted
    } | awk '
      $1 == "installed" { installed[$2] = 1 }
      $1 == "wanted" && !($2 in installed) { print $2 }
    '
  )
  if [ -z "$missing" ]; then
    return 0
  fi

  # shellcheck disable=SC2086
  set -- $missing
  if [ "$(id -u)" -ne 0 ]; then
    echo "Some packages are missing. As root, run:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends $*" >&2
    return 1
  fi

  echo "Installing $# packages and what they need; this takes some minutes, once."
  log=$(mktemp)
  {
    if apt-get update &&
      DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"; then
      echo "All is installed"
    fi
  } </dev/null 2>&1 | tee "$log" | awk '
    / newly installed, / { total = $1 + $3 }
    /^Need to get / { print "  " $0; fflush () }
    /^Fetched / { print "  " $0; fflush () }
    /^Setting up / { print "  [" ++done "/" total "] " $3; fflush () }
  '
  if [ "$(tail -n 1 "$log")" != "All is installed" ]; then
    echo "Installing failed. The end of what apt-get said:" >&2
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

build_project () {
  build_dir=$1
  shift

  # A folder is set up once, and again when other options are asked for.
  if [ ! -f "$build_dir/build.ninja" ]; then
    rm -rf "$build_dir/meson-private" "$build_dir/meson-info"
  elif [ "$(cat "$build_dir/setup-options" 2>/dev/null)" = "$*" ]; then
    ninja_only=yes
  else
    set -- --reconfigure "$@"
  fi

  if [ "${ninja_only:-}" != yes ]; then
    echo "Setting up $build_dir"
    if ! meson setup "$build_dir" . "$@"; then
      echo "Setting up the build failed; more is in $build_dir/meson-logs/meson-log.txt" >&2
      return 1
    fi
    [ "${1:-}" != --reconfigure ] || shift
    echo "$*" >"$build_dir/setup-options"
  fi
  unset ninja_only

  echo "Building in $build_dir"
  if ! ninja -C "$build_dir"; then
    echo "Building failed; the first error is the line with FAILED above." >&2
    return 1
  fi
}
