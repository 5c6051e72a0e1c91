// Checks manifests by the schema of the Kubernetes API, as the npm package of its types has it.
// Usage: node kubernetes.mjs < ARRAY-OF-JOBS.json → "N valid", or the first fault
import { readFileSync } from 'node:fs';
import { Job } from 'kubernetes-models/batch/v1';

const jobs = JSON.parse(readFileSync(0, 'utf8'));
for (const job of jobs) new Job(job).validate();
process.stdout.write(`${jobs.length} valid`);
