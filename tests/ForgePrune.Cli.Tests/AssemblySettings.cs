// Each test waits for a child process; two at a time suits the smallest machine we run on.
[assembly: LevelOfParallelism(2)]
