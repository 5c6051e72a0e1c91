#!/usr/bin/env bash
# debian-packages.sh WHAT PACKAGE...: Debian packages that some tests need. Where CI=true requires them, what is missing is installed, as root on Debian and Ubuntu;
# anywhere else it is said, and the tests leave out what needs it. No service is started.
set -euo pipefail
what=$1
shift
command -v dpkg-query >/dev/null || exit 0
missing=()
for package in "$@"; do
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  # Packages start their services unless a policy says no.
  policy=/usr/sbin/policy-rc.d
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; trap 'rm -f $policy' EXIT; }
  apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
else
  echo "$what are left out without ${missing[*]}: apt-get install ${missing[*]}" >&2
fi
