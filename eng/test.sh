#!/usr/bin/env bash
# All set-up and all tests. At the end it tells the slowest of them and what failed, and the last line counts them from the result files.
# Tests that read real models and texts are skipped unless eng/fetch-reference.sh has brought them, and say so.
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
# What only tests need comes while the build runs.
bring() {
  # OpenCL devices that need no GPU: PoCL, and Oclgrind, which watches what kernels do. Slurm: 13 MB; tests run daemons of their own, on the loopback interface.
  eng/debian-packages.sh "tests of the GPU kernels on OpenCL devices" pocl-opencl-icd ocl-icd-libopencl1 oclgrind || return
  eng/debian-packages.sh 'tests of "forgeprune jobs submit slurm"' slurmctld slurmd slurm-client munge || return
  # npm writes its own lock last: it is missing after a broken install, and older than ours after a change of versions.
  if [ ! tests/node/node_modules/.package-lock.json -nt tests/node/package-lock.json ]; then
    (cd tests/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || return
    # The package carries every platform, 300 MB; the tests run on one.
    find tests/node/node_modules/onnxruntime-node/bin -type f ! -path '*/linux/x64/*' -delete
  fi
  # The sample for Node calls libforgeprune through a package of its own.
  local sample=kernels/ForgePrune.Native/samples/node
  [ -e $sample/node_modules/koffi ] || (cd $sample && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
}
bring &
dotnet build ForgePrune.sln -c Release --verbosity quiet -warnaserror
built=$?
wait $! || exit 3
[ $built = 0 ] || { echo "the build failed"; exit 1; }
before_tests=$SECONDS
export results="$root/artifacts/test-results"
rm -rf "$results"
mkdir -p "$results"
# The last word names the suite, SUITE:SWITCH the suite where this switch of the runtime is off; those before it go to dotnet test. What a suite says is printed
# when it ends.
suite() {
  local step name="${!#}" log
  if [ "$name" = whitespace ]; then
    step="whitespace: run dotnet format whitespace ForgePrune.sln"
    set -- dotnet format whitespace ForgePrune.sln --no-restore --verify-no-changes
  else
    local project="${name%%:*}" switch="" verbosity=normal
    [ "$name" = "$project" ] || { switch="${name#*:}" verbosity=minimal name="$project.without-${name#*:}"; }
    step="${switch:+DOTNET_$switch=0 }dotnet test tests/$project"
    set -- env ${switch:+"DOTNET_$switch=0"} dotnet test "tests/$project" -c Release --no-build --results-directory "$results" \
      --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=$verbosity" "${@:1:$#-1}"
  fi
  echo "running: $step"
  log="$results/$name.log"
  TIMEFORMAT="%0R %0U %0S $name"
  { time "$@" > "$log" 2>&1 || echo "$step" >> "$results/wrong"; } 2>> "$results/times"
  flock "$results" cat "$log"
}
export -f suite
# Two at a time, since most tests compute on one thread; what takes longest comes first, and what is short fills the end.
suites=(ForgePrune.{Cli,Onnx,Kernels.Gpu.Oclgrind,Kernels.Gpu}.Tests)
for project in tests/*.Tests; do [[ " ${suites[*]} " = *" ${project#tests/} "* ]] || suites+=("${project#tests/}"); done
if ! $fast; then
  # The kernels once more as narrower machines run them: AVX2, 128 bits, and no vector instructions at all.
  suites=(whitespace "${suites[@]}" ForgePrune.Kernels.Tests:{EnableAVX2,EnableHWIntrinsic})
  ! grep -q avx512f /proc/cpuinfo || suites+=(ForgePrune.Kernels.Tests:EnableAVX512)
fi
# Not in the background of a shell: what runs there ignores Ctrl-C, which tests of the tool send.
wrong=()
printf '%s\n' "${suites[@]}" | xargs -n 1 -P 2 bash -c 'suite "$@"' suite "$@" || wrong+=("starting the suites")
[ ! -e "$results/wrong" ] || mapfile -t -O ${#wrong[@]} wrong < "$results/wrong"
echo "$before_tests s of set-up and build, $((SECONDS - before_tests)) s of tests: suites with their seconds, and those of all processors"
sort -nr "$results/times" | awk '{ printf "%6d %6d  %s\n", $1, $2 + $3, $4 }'
eng/slowest-tests.sh "$results"/*.trx
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
