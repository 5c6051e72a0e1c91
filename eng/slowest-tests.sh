#!/usr/bin/env bash
# slowest-tests.sh TRX...: the 20 tests that took longest, from result files of dotnet test. Where no test of a suite ran for a second or more, the fixture behind
# the gap is listed with it: its set-up, and the tear-down of the one before.
set -euo pipefail
echo "the slowest tests and set-ups, in seconds"
# One line for each test: file, fixture, name, beginning and end in seconds of the day.
awk '
  function value(name,    rest) {
    rest = substr($0, index($0, " " name "=\"") + length(name) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
  }
  function seconds(time,    part) {
    split(time, part, ":")
    return 3600 * part[1] + 60 * part[2] + part[3]
  }
  # Midnight may pass meanwhile.
  function clock(time) {
    time = seconds(substr(time, 12, 16))
    return time < begin ? time + 86400 : time
  }
  /<Times / { begin = 0; begin = clock(value("start")); printf "%s\t\t\t%.3f\t%.3f\n", FILENAME, begin, begin }
  /<UnitTestResult / {
    id = FILENAME value("testId")
    tests[id] = tests[id] sprintf("%s\t%.3f\t%.3f\n", value("testName"), clock(value("startTime")), clock(value("startTime")) + seconds(value("duration")))
  }
  /<UnitTest / { id = FILENAME value("id") }
  /<TestMethod / {
    fixture = value("className")
    sub(/\(.*/, "", fixture)
    sub(/.*\./, "", fixture)
    for (count = split(tests[id], lines, "\n") - 1; count > 0; count--)
      print FILENAME "\t" fixture "\t" lines[count]
    delete tests[id]
  }
' "$@" | sort -t "$(printf '\t')" -k 1,1 -k 4,4n | awk -F '\t' '
  { suite = $1; sub(/.*\//, "", suite); sub(/\.trx$/, "", suite) }
  $1 != file { file = $1; ended = $4; next }
  $4 >= ended + 1 { printf "%7.1f  %s  set-up of %s\n", $4 - ended, suite, $2 }
  { printf "%7.1f  %s  %s.%s\n", $5 - $4, suite, $2, $3 }
  $5 > ended { ended = $5 }
' | sort -nr | head -n 20 | sed 's|&lt;|<|g; s|&gt;|>|g; s|&quot;|"|g; s|&amp;|\&|g'
