// Continues ids in onnxruntime-node through the KV cache, the likeliest id each time.
// Usage: node greedy.mjs FOLDER COUNT ID... → COUNT ids, separated by commas
import * as ort from 'onnxruntime-node';
import { join } from 'node:path';

const [folder, count, ...texts] = process.argv.slice(2);
const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), { logSeverityLevel: 3 });
const whole = (values) => new ort.Tensor('int64', BigInt64Array.from(values), [1, values.length]);
const cache = {};
for (const { name, shape } of session.inputMetadata) {
  if (name !== 'input_ids' && name !== 'attention_mask') cache[name] = new ort.Tensor('float32', new Float32Array(0), [1, shape[1], 0, shape[3]]);
}

const made = [];
let [ids, seen] = [texts.map(BigInt), 0];
while (made.length < Number(count)) {
  seen += ids.length;
  const results = await session.run({ ...cache, input_ids: whole(ids), attention_mask: whole(Array(seen).fill(1n)) });
  const { data, dims } = results.logits;
  const last = data.subarray(data.length - dims[2]);
  ids = [BigInt(last.reduce((best, value, id) => (value > last[best] ? id : best), 0))];
  made.push(ids[0]);
  for (const name in cache) cache[name] = results[name.replace('past_key_values', 'present')];
}
process.stdout.write(made.join(','));
