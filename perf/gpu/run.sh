#!/usr/bin/env bash
# Checks the GPU kernels on this machine's GPU and writes a table of times, within eight minutes. Builds nothing and needs no network.
#
# Usage: run.sh PIECE ... [options]      the pieces that perf/gpu/pack.sh made, in any order; they are unpacked into a temporary folder
#        run.sh FOLDER [options]         what they unpack to, or a publish of perf/gpu/ForgePrune.GpuPerf.csproj
#   --out FOLDER        gets table.md, results.json, what the sanitizers say, and run.log; $OUT where that is set, else ./gpu-results
#   --device NAME       cuda (default), cuda:1, opencl, ilgpu-cpu:256; the latter with --tiny
#   --tiny              sizes for a processor: whether it runs, not how fast
#   --checks            answers at small sizes alone, without times
#   --dense FOLDER --pruned FOLDER    exports of forgeprune, timed on ONNX Runtime's CUDA provider where the pieces hold it
#   --dense-model FOLDER --pruned-model FOLDER    checkpoints, such as MODEL and RUN/safetensors, written in float16 and timed there beside what the latency
#                       table of this machine predicts; the dense one is calibrated too, with activations read where they lie and by way of the host
#   --seconds 460       nothing begins that could not end by then
# Exit codes: 0 all answers right; 1 an answer is wrong; 2 bad usage; 3 no such device.
set -euo pipefail
fail() { echo "$1" >&2; exit 2; }

given=()
while [ $# -gt 0 ] && [[ "$1" != --* ]]; do given+=("$1"); shift; done
[ ${#given[@]} -gt 0 ] || fail "usage: run.sh PIECE ... | FOLDER [options]; perf/gpu/pack.sh makes the pieces, and the head of this file names the options"
out="${OUT:-gpu-results}"
options=()
while [ $# -gt 0 ]; do
  if [ "$1" = --out ]; then
    [ $# -gt 1 ] || fail "--out names no folder"
    out="$2"; shift 2
  else
    options+=("$1"); shift
  fi
done

untar() { # folder
  if command -v xz >/dev/null; then
    xz -dc | tar -C "$1" -x
  else
    python3 -c 'import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, mode="r|xz").extractall(sys.argv[1])' "$1"
  fi
}

if [ ${#given[@]} -eq 1 ] && [ -d "${given[0]}" ]; then
  publish="${given[0]}"
else
  publish="$(mktemp -d)"
  trap 'rm -rf "$publish"' EXIT
  declare -A named
  for piece in "${given[@]}"; do
    [ -f "$piece" ] && [[ "$(basename "$piece")" =~ ^(forgeprune-gpu|cuda-provider)\.tar\.xz\.[0-9]+-of-[0-9]+$ ]] \
      || fail "'$piece' is no piece that perf/gpu/pack.sh made: forgeprune-gpu.tar.xz.K-of-N or cuda-provider.tar.xz.K-of-N"
    named["$(basename "$piece")"]="$piece"
  done
  # The provider's own ONNX Runtime takes the place of the other: its pieces are unpacked last.
  for name in forgeprune-gpu.tar.xz cuda-provider.tar.xz; do
    parts=()
    for key in "${!named[@]}"; do
      [[ "$key" == "$name".* ]] || continue
      count="${key##*-of-}"
      for ((number = 1; number <= count; number++)); do
        [ -n "${named["$name.$number-of-$count"]:-}" ] || fail "$name.$number-of-$count is missing; give run.sh all $count pieces of it"
        parts+=("${named["$name.$number-of-$count"]}")
      done
      break
    done
    [ ${#parts[@]} -eq 0 ] || cat "${parts[@]}" | untar "$publish" || fail "$name cannot be unpacked; copy its pieces again"
  done
fi
program="$publish/ForgePrune.GpuPerf"
[ -x "$program" ] || fail "'${given[0]}' holds no ForgePrune.GpuPerf; perf/gpu/pack.sh makes the pieces that do"

# CUDA's libraries where the system knows them, in CUDA's own folders, or as Python's packages bring them.
wanted=(libcublas.so.13 libcublasLt.so.13 libcurand.so.10 libcudart.so.13)
folders() {
  local python
  tr : '\n' <<<"${LD_LIBRARY_PATH:-}"
  for python in python3 /usr/bin/python3; do
    "$python" -c 'import glob, os, sys; print(*(f for p in sys.path for f in sorted(glob.glob(os.path.join(p, "nvidia", "*", "lib")))), sep="\n")' 2>/dev/null || true
  done
  printf '%s\n' /usr/local/cuda*/lib64 /usr/local/cuda*/targets/x86_64-linux/lib
}
mapfile -t places < <(folders)
known="$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true)"
found="${LD_LIBRARY_PATH:-}"
missing=()
for library in "${wanted[@]}"; do
  ! grep -qF "$library " <<<"$known" || continue
  folder=""
  for place in "${places[@]}"; do [ -z "$place" ] || [ ! -e "$place/$library" ] || { folder="$place"; break; }; done
  if [ -z "$folder" ]; then
    missing+=("$library")
  elif [[ ":$found:" != *":$folder:"* ]]; then
    found="${found:+$found:}$folder"
  fi
done
[ -z "$found" ] || export LD_LIBRARY_PATH="$found"

# The sanitizers and ptxas lie where CUDA is, which need not be on PATH.
export PATH="$PATH:/usr/local/cuda/bin:/usr/local/cuda/compute-sanitizer"
mkdir -p "$out"
{
  echo "CUDA 13's libraries: ${found:-none but what the system knows}${missing[*]:+; missing: ${missing[*]}}"
  # The program watches the time itself; this is for a driver that hangs.
  timeout --kill-after=10 480 "$program" --out "$out" "${options[@]}"
} 2>&1 | tee "$out/run.log"
