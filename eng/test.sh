#!/usr/bin/env bash
# All set-up and all tests; the last line counts them from the result files. Tests that read real models and texts are skipped unless eng/fetch-reference.sh has brought them, and say so.
# test.sh --fast leaves out what runs whole programs or takes seconds (categories EndToEnd and Slow) and the kernels' second rounds: the loop while you write. Other arguments go to dotnet test.
set -uo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
fast=false
if [ "${1:-}" = --fast ]; then
  fast=true
  shift
  set -- --filter 'TestCategory!=EndToEnd&TestCategory!=Slow' "$@"
fi
eng/setup.sh --as-it-is || exit 3
# OpenCL devices that need no GPU: PoCL, and Oclgrind, which watches what kernels do. Slurm: 13 MB; tests run daemons of their own, on the loopback interface.
eng/debian-packages.sh "tests of the GPU kernels on OpenCL devices" pocl-opencl-icd ocl-icd-libopencl1 oclgrind || exit 3
eng/debian-packages.sh 'tests of "forgeprune jobs submit slurm"' slurmctld slurmd slurm-client munge || exit 3
# npm writes its own lock last: it is missing after a broken install, and older than ours after a change of versions.
if [ ! tests/node/node_modules/.package-lock.json -nt tests/node/package-lock.json ]; then
  (cd tests/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || exit 3
  # The package carries every platform, 300 MB; the tests run on one.
  find tests/node/node_modules/onnxruntime-node/bin -type f ! -path '*/linux/x64/*' -delete
fi
# The sample for Node calls libforgeprune through a package of its own.
sample=kernels/ForgePrune.Native/samples/node
[ -e $sample/node_modules/koffi ] || (cd $sample && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || exit 3
results="$root/artifacts/test-results"
rm -rf "$results"
dotnet build ForgePrune.sln -c Release --verbosity quiet -warnaserror || { echo "the build failed"; exit 1; }
wrong=()
$fast || dotnet format whitespace ForgePrune.sln --no-restore --verify-no-changes || wrong+=("whitespace: run dotnet format whitespace ForgePrune.sln")
# Two suites at a time: most tests compute on one thread. What a suite says is printed when it ends.
mkdir -p "$results"
arguments=("$@")
suite() {
  local step="$1" log="$results/$2.log"
  shift 2
  echo "running: $step"
  "$@" "${arguments[@]}" > "$log" 2>&1 || echo "$step" >> "$results/wrong"
  flock "$results" cat "$log"
}
projects() {
  local project name
  for project in "$@"; do
    name="$(basename "$project" .csproj)"
    suite "dotnet test $project" "$name" dotnet test "$project" -c Release --no-build --results-directory "$results" \
      --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=normal"
  done
}
# About half of the work each. In front is the tool's suite: a shell's background processes, and theirs, ignore Ctrl-C, which it tests.
front=(tests/ForgePrune.{Cli,Gguf}.Tests/*.csproj)
behind=()
for project in tests/*/*.Tests.csproj; do [[ " ${front[*]} " = *" $project "* ]] || behind+=("$project"); done
{
  projects "${behind[@]}"
  # The kernels once more as narrower machines run them: AVX2, 128 bits, and no vector instructions at all.
  switches=(EnableAVX512 EnableAVX2 EnableHWIntrinsic)
  $fast && switches=()
  for switch in "${switches[@]}"; do
    suite "DOTNET_$switch=0 dotnet test tests/ForgePrune.Kernels.Tests" "ForgePrune.Kernels.Tests.without-$switch" \
      env "DOTNET_$switch=0" dotnet test tests/ForgePrune.Kernels.Tests -c Release --no-build --results-directory "$results" \
      --logger "trx;LogFileName=ForgePrune.Kernels.Tests.without-$switch.trx" --verbosity quiet
  done
} &
projects "${front[@]}"
wait
[ ! -e "$results/wrong" ] || mapfile -t -O ${#wrong[@]} wrong < "$results/wrong"
# What failed stands at the end as well, where a log cut short still shows it.
awk '/<UnitTestResult / && /outcome="Failed"/ { name = $0; sub(/.* testName="/, "", name); sub(/" .*/, "", name); print FILENAME ": FAILED " name }
  /<Message>/ && name { on = 1 } on { print } /<\/Message>|<\/UnitTestResult>/ { on = 0 } /<\/UnitTestResult>/ { name = "" }' "$results"/*.trx 2>/dev/null |
  sed 's|^.*/test-results/||; s|</*Message>||g; s|&lt;|<|g; s|&gt;|>|g; s|&quot;|"|g; s|&#xD;||g; s|&amp;|\&|g'
count() { grep -ho "<Counters [^>]*" "$results"/*.trx 2>/dev/null | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{n+=$1} END {print n+0}'; }
passed=$(count passed); failed=$(count failed); total=$(count total)
[ "$total" -gt 0 ] || wrong+=("no test ran")
# What ended badly without a failed test (whitespace, a test host that died) would otherwise show only as the exit code.
for step in "${wrong[@]}"; do echo "FAILED $step"; done
echo "$passed passed, $failed failed, $((total - passed - failed)) skipped"
[ ${#wrong[@]} -eq 0 ]
