// Runs an exported folder in onnxruntime-node from an empty cache and prints the logits.
// Usage: node logits.mjs FOLDER ID... → base64 of little-endian float32, sequence × vocab
import * as ort from 'onnxruntime-node';
import { join } from 'node:path';

const [folder, ...texts] = process.argv.slice(2);
const ids = texts.map(BigInt);
const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), { logSeverityLevel: 3 });
const whole = (values) => new ort.Tensor('int64', BigInt64Array.from(values), [1, values.length]);
const feeds = {};
for (const { name, shape } of session.inputMetadata) {
  if (name === 'input_ids') feeds[name] = whole(ids);
  else if (name === 'attention_mask') feeds[name] = whole(ids.map(() => 1n));
  else feeds[name] = new ort.Tensor('float32', new Float32Array(0), [1, shape[1], 0, shape[3]]);
}
const { logits } = await session.run(feeds, ['logits']);
process.stdout.write(Buffer.from(logits.data.buffer, logits.data.byteOffset, logits.data.byteLength).toString('base64'));
