// Prunes one made layer with libforgeprune: which input columns go first, what each width costs, and the best weights for half of them.
//
//   npm ci && FORGEPRUNE_LIBRARY=FOLDER/libforgeprune.so node prune_layer.mjs [--bits]
//
// With --bits it prints every result to the last bit, for comparing languages.
import koffi from 'koffi';

const [TOKENS, COLS, ROWS] = [256, 48, 24];
const KEPT = COLS / 2;

const lib = koffi.load(process.env.FORGEPRUNE_LIBRARY ?? './libforgeprune.so');
koffi.opaque('fp_levels');
const lastError = lib.func('const char *fp_last_error(void)');
const version = lib.func('uint32_t fp_version(void)')();
const checked = (declaration) => {
  const call = lib.func(declaration);
  return (...given) => {
    const status = call(...given);
    if (status !== 0) throw new Error(`status ${status}: ${lastError()}`);
  };
};
const gramSingle = checked('int fp_gram_f32(const float *x, int64_t tokens, int64_t cols, int64_t stride, _Inout_ double *gram, int64_t gram_stride, int32_t threads)');
const gramDouble = checked('int fp_gram_f64(const double *x, int64_t tokens, int64_t cols, int64_t stride, _Inout_ double *gram, int64_t gram_stride, int32_t threads)');
const invert = checked('int fp_spd_inverse(_Inout_ double *a, int64_t n, int64_t stride, int32_t threads)');
const eliminate = checked('int fp_eliminate_channels(_Inout_ double *inverse, _Inout_ double *weight_gram, int64_t n, int64_t stride, const uint8_t *dead, _Out_ int32_t *order, _Out_ double *scores, int32_t threads)');
const fromWeights = checked('int fp_levels_from_weights(const double *hessian, int64_t n, int64_t stride, const double *weights, int64_t rows, int64_t weight_stride, const int32_t *order, int32_t threads, _Out_ fp_levels **levels)');
const readErrors = checked('int fp_levels_errors(const fp_levels *levels, _Out_ double *errors, int64_t length)');
const refit = checked('int fp_levels_refit_f32(const fp_levels *levels, int64_t k, _Out_ float *weights, int64_t stride)');
const free = lib.func('void fp_levels_free(fp_levels *levels)');

// 24 bits between -1 and 1: the same number in every language and in both float types.
let state = 1n;
const made = () => {
  state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
  return (Number(state >> 40n) - 8388608) / 8388608;
};
const x = Float32Array.from({ length: TOKENS * COLS }, made);
const w = Float64Array.from({ length: ROWS * COLS }, made);

// H = 2/tokens XtX + lambda I
const hessian = new Float64Array(COLS * COLS);
gramSingle(x, TOKENS, COLS, COLS, hessian, COLS, 0);
hessian.forEach((value, i) => { hessian[i] = value * (2 / TOKENS) + (i % (COLS + 1) === 0 ? 1 / 128 : 0); });
const inverse = hessian.slice();
invert(inverse, COLS, COLS, 0);
const gram = new Float64Array(COLS * COLS);
gramDouble(w, ROWS, COLS, COLS, gram, COLS, 0);
const [order, scores] = [new Int32Array(COLS), new Float64Array(COLS)];
eliminate(inverse, gram, COLS, COLS, null, order, scores, 0);

const handle = [null];
fromWeights(hessian, COLS, COLS, w, ROWS, COLS, order.slice().reverse(), 0, handle);
const [errors, refitted] = [new Float64Array(COLS + 1), new Float32Array(ROWS * KEPT)];
readErrors(handle[0], errors, COLS + 1);
refit(handle[0], KEPT, refitted, KEPT);
free(handle[0]);

if (process.argv.includes('--bits')) {
  const bits = (value) => new BigUint64Array(Float64Array.of(value).buffer)[0].toString(16).padStart(16, '0');
  order.forEach((column, i) => console.log(`order ${i} ${column}`));
  scores.forEach((value, i) => console.log(`score ${i} ${bits(value)}`));
  errors.forEach((value, i) => console.log(`error ${i} ${bits(value)}`));
  refitted.forEach((value) => console.log(`weight 0 ${bits(value)}`));
} else {
  console.log(`libforgeprune ${version >> 16}.${(version >> 8) & 255}: first to go are columns ${order[0]}, ${order[1]}, ${order[2]}`);
  for (let kept = COLS; kept >= 0; kept -= COLS / 4)
    console.log(`${String(kept).padStart(3)} of ${COLS} columns: error ${(100 * errors[kept] / errors[0]).toFixed(1).padStart(5)} % of the output`);
}
