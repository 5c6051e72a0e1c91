#!/usr/bin/env bash
# Packs what perf/gpu/run.sh needs on a machine that has a GPU and neither .NET nor a network: pieces of at most 60 MB each, and run.sh beside them.
#
# Usage: perf/gpu/pack.sh FOLDER [--cuda-provider]
#   FOLDER            gets forgeprune-gpu.tar.xz.K-of-N and run.sh; it must not exist, or be empty
#   --cuda-provider   adds ONNX Runtime with its CUDA provider, cuda-provider.tar.xz.K-of-N, which needs CUDA 13's cublas, cublasLt, curand and cudart there. The rows of
#                     exports and of checkpoints (run.sh --dense, --dense-model) need it; all others do without
#
# Carry the pieces over, one by one if need be, and call run.sh with all of them.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
most=60000000
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

fail() { echo "$1" >&2; exit "${2:-2}"; }
provider=""
[ "${2:-}" != --cuda-provider ] || provider=yes
[ $# -ge 1 ] && [ $# -le 2 ] && [ "$1" != --cuda-provider ] && { [ $# -eq 1 ] || [ -n "$provider" ]; } || fail "usage: perf/gpu/pack.sh FOLDER [--cuda-provider]"
out="$1"
[ ! -e "$out" ] || [ -z "$(ls -A "$out" 2>/dev/null || echo it is a file)" ] || fail "'$out' is not empty; name another folder, which then holds the pieces alone"
for tool in dotnet tar xz split; do command -v "$tool" >/dev/null || fail "$tool is missing; install it and run again" 3; done
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

pieces() { # name, folder: the folder's files as one .tar.xz, cut where a piece is full
  tar -C "$2" --sort=name --owner=0 --group=0 --numeric-owner -c . | xz -6 -T0 | split -b "$most" -d -a 3 - "$work/$1."
  local parts=("$work/$1".*) number=0 part
  for part in "${parts[@]}"; do
    number=$((number + 1))
    mv "$part" "$out/$1.tar.xz.$number-of-${#parts[@]}"
  done
}

dotnet publish "$root/perf/gpu/ForgePrune.GpuPerf.csproj" -c Release -r linux-x64 --self-contained -o "$work/publish" --verbosity quiet >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the publish failed" 1; }
# Debuggers, symbols and GenAI have no part in the run.
(cd "$work/publish" && rm -f ./*.pdb ./*.xml createdump libmscordaccore.so libmscordbi.so libcoreclrtraceptprovider.so libonnxruntime-genai*.so)
mkdir -p "$out"
if [ -n "$provider" ]; then
  mkdir "$work/provider"
  dotnet msbuild "$root/eng/CudaProvider.proj" -restore -t:Copy "-p:Into=$work/provider" -verbosity:quiet >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "NuGet lacks the CUDA provider" 1; }
  pieces cuda-provider "$work/provider"
fi
pieces forgeprune-gpu "$work/publish"
cp "$root/perf/gpu/run.sh" "$out/"
(cd "$out" && ls -l ./*.tar.xz.* | awk '{ print $5, $9 }')
echo "run there: ./run.sh *.tar.xz.*"
