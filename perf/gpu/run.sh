#!/usr/bin/env bash
# Checks the GPU kernels on this machine's GPU and prints a table of times, within eight minutes. Builds nothing and needs no network.
# Make PUBLISH once, where the source and the .NET SDK are, and copy it over:
#
#   dotnet publish perf/gpu/ForgePrune.GpuPerf.csproj -c Release -r linux-x64 --self-contained -o PUBLISH
#
# Usage: perf/gpu/run.sh PUBLISH [--device cuda | cuda:1] [--dense FOLDER --pruned FOLDER] [--seconds 460]
#   --dense, --pruned   exports of forgeprune, timed on ONNX Runtime's CUDA provider where the publish holds it
# Exit codes: 0 all answers right; 1 an answer is wrong, nothing was timed; 2 bad usage; 3 no GPU.
set -euo pipefail
program="${1:-}/ForgePrune.GpuPerf"
if [ $# -lt 1 ] || [ ! -x "$program" ]; then
  echo "usage: perf/gpu/run.sh PUBLISH [options]; '${1:-}' holds no ForgePrune.GpuPerf, see the head of this file for the command that makes it" >&2
  exit 2
fi
shift
# The program watches the time itself; this is for a driver that hangs.
exec timeout --kill-after=10 480 "$program" "$@"
