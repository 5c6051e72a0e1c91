#!/usr/bin/env bash
# OpenCL devices that need no GPU, for the tests of the GPU kernels: PoCL, and Oclgrind, which watches what kernels do. Where CI=true requires them they are installed,
# as root on Debian and Ubuntu; anywhere else what is missing is said, and the tests leave out what needs it.
set -euo pipefail
packages=(pocl-opencl-icd ocl-icd-libopencl1 oclgrind)

command -v dpkg-query >/dev/null || exit 0
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
else
  echo "tests of the GPU kernels on OpenCL devices are left out without ${missing[*]}: apt-get install ${missing[*]}" >&2
fi
