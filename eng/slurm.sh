#!/usr/bin/env bash
# Slurm and munge, for the tests of "forgeprune jobs submit slurm": 13 MB. Where CI=true requires them they are installed, as root on Debian and Ubuntu; anywhere
# else what is missing is said, and the tests leave it out. No service is started: the tests run daemons of their own, on the loopback interface.
set -euo pipefail
packages=(slurmctld slurmd slurm-client munge)

command -v dpkg-query >/dev/null || exit 0
missing=()
for package in "${packages[@]}"; do
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
  echo "tests of Slurm jobs are left out without ${missing[*]}: apt-get install ${missing[*]}" >&2
fi
