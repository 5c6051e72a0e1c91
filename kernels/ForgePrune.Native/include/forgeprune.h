/* libforgeprune: ForgePrune's numerical kernels for any language. MIT licence.
 *
 * Matrices are row-major; a stride is the number of elements from one row to the next, at least the number of columns. `threads` 0 means all
 * processors; results do not depend on it. Every call may be made from any thread, and concurrently, as long as no two write to the same memory.
 * Nothing is kept after a call but what a handle stands for. A call that fails says why through fp_last_error(); what it was to write is then undefined.
 *
 * From a layer's weights W (rows x n) and inputs X (tokens x n) to a pruned layer:
 *   fp_gram_f32(X) -> XtX;  H = 2/tokens * XtX + lambda * I;  P = fp_spd_inverse(H);  G = fp_gram_f64(W);
 *   fp_eliminate_channels(P, G) -> order, scores;  fp_levels_from_weights(H, W, reversed order) -> levels;  fp_levels_refit_f32(levels, k).
 */
#ifndef FORGEPRUNE_H
#define FORGEPRUNE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Version of this header; fp_version() tells that of the library. Within one minor version nothing is removed or changes its meaning. */
#define FP_VERSION_MAJOR 0
#define FP_VERSION_MINOR 2
#define FP_VERSION_PATCH 0

typedef enum fp_status {
    FP_OK = 0,
    FP_INVALID_ARGUMENT = 1,      /* a shape, stride, index or pointer that can not be */
    FP_NOT_POSITIVE_DEFINITE = 2, /* a factorisation failed: raise the damping lambda */
    FP_NOT_FINITE = 3,            /* NaN or infinity where numbers are needed */
    FP_OUT_OF_MEMORY = 4,
    FP_INTERNAL = 5               /* a fault of the library: please report it */
} fp_status;

/* One factor from which every level of a layer is made. Reading it from several threads at once is safe; free it once. */
typedef struct fp_levels fp_levels;

/* major << 16 | minor << 8 | patch */
uint32_t fp_version(void);

/* One sentence (UTF-8) about the last call that failed on this thread, empty if none did; valid until the next one fails. */
const char *fp_last_error(void);

/* gram (cols x cols, symmetric) += XtX for X (tokens x cols). float32 is multiplied in blocks of 256 tokens that are summed in float64. */
fp_status fp_gram_f32(const float *x, int64_t tokens, int64_t cols, int64_t stride, double *gram, int64_t gram_stride, int32_t threads);
fp_status fp_gram_f64(const double *x, int64_t tokens, int64_t cols, int64_t stride, double *gram, int64_t gram_stride, int32_t threads);

/* The same for 16-bit inputs, IEEE half and bfloat16, each passed as its bits: they are widened to float32, which rounds nothing. */
fp_status fp_gram_f16(const uint16_t *x, int64_t tokens, int64_t cols, int64_t stride, double *gram, int64_t gram_stride, int32_t threads);
fp_status fp_gram_bf16(const uint16_t *x, int64_t tokens, int64_t cols, int64_t stride, double *gram, int64_t gram_stride, int32_t threads);

/* moment (rows x cols) += YtX for targets Y (tokens x rows) and inputs X (tokens x cols). */
fp_status fp_cross_f32(const float *y, int64_t rows, int64_t y_stride, const float *x, int64_t cols, int64_t x_stride, int64_t tokens,
                       double *moment, int64_t moment_stride, int32_t threads);

/* c (m x n) = alpha * op(a) (m x k) * op(b) (k x n) + beta * c; a nonzero transpose flag exchanges rows and columns of what is stored. */
fp_status fp_product_f32(int32_t transpose_a, int32_t transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t a_stride,
                         const float *b, int64_t b_stride, float beta, float *c, int64_t c_stride, int32_t threads);
fp_status fp_product_f64(int32_t transpose_a, int32_t transpose_b, int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t a_stride,
                         const double *b, int64_t b_stride, double beta, double *c, int64_t c_stride, int32_t threads);

/* Replaces a symmetric positive definite matrix (n x n; its lower half is read) by its inverse, both halves. */
fp_status fp_spd_inverse(double *a, int64_t n, int64_t stride, int32_t threads);

/* Removes all n columns one by one, the cheapest first: score = G_jj / P_jj with P the inverse Hessian and G = WtW of the current weights. Of both matrices
 * the lower halves are read; weight_gram is destroyed, and inverse then holds the factor for fp_levels_from_inverse. dead: n flags of inputs that were always zero, which go first at cost 0, or NULL. order (n): columns, first removed
 * first. scores (n): growth of the squared output error with each removal. A stride of an odd number of cache lines is the fastest. */
fp_status fp_eliminate_channels(double *inverse, double *weight_gram, int64_t n, int64_t stride, const uint8_t *dead, int32_t *order, double *scores,
                                int32_t threads);

/* The same for blocks of `width` neighbouring columns, such as heads. Full symmetric matrices with stride n; order and scores have n / width places. */
fp_status fp_eliminate_groups(double *inverse, double *weight_gram, int64_t n, int64_t width, int32_t *order, double *scores, int32_t threads);

/* Factors H (n x n, symmetric, damped) in the given order, last removed first, and solves for all levels. moment (rows x n) is W * H, or the cross moment of
 * targets and inputs. energy: squared norm of the targets, or NULL where moment = W * H over all columns. Free the handle with fp_levels_free. */
fp_status fp_levels_create(const double *hessian, int64_t n, int64_t stride, const double *moment, int64_t rows, int64_t moment_stride,
                           const int32_t *order, int64_t count, const double *energy, int32_t threads, fp_levels **levels);

/* The same from the weights W (rows x n) themselves, a third of the work. order has n places. */
fp_status fp_levels_from_weights(const double *hessian, int64_t n, int64_t stride, const double *weights, int64_t rows, int64_t weight_stride,
                                 const int32_t *order, int32_t threads, fp_levels **levels);

/* The same from what fp_eliminate_channels left in `inverse`: nothing is factored again. moment (rows x n) is W * H with the damped H of the removal; order has
 * count places, last removed first, without the dead columns; energy as in fp_levels_create. The handle keeps a copy of the factor. */
fp_status fp_levels_from_inverse(const double *inverse_factor, int64_t stride, const double *moment, int64_t rows, int64_t n, int64_t moment_stride,
                                 const int32_t *order, int64_t count, const double *energy, int32_t threads, fp_levels **levels);

/* errors (count + 1): squared output error with 0, 1, ... count kept and refitted columns. */
fp_status fp_levels_errors(const fp_levels *levels, double *errors, int64_t length);

/* weights (rows x k): the best ones for the first k columns of the order, in that order. */
fp_status fp_levels_refit_f32(const fp_levels *levels, int64_t k, float *weights, int64_t stride);
fp_status fp_levels_refit_f64(const fp_levels *levels, int64_t k, double *weights, int64_t stride);

/* Frees a handle; NULL is taken and ignored. */
void fp_levels_free(fp_levels *levels);

/* Copies chosen blocks of `width` rows or columns, in the order given; a block may repeat. target: count * width rows, or columns. */
fp_status fp_gather_rows_f32(const float *source, int64_t rows, int64_t cols, int64_t stride, int64_t width, const int32_t *blocks, int64_t count,
                             float *target, int64_t target_stride);
fp_status fp_gather_columns_f32(const float *source, int64_t rows, int64_t cols, int64_t stride, int64_t width, const int32_t *blocks, int64_t count,
                                float *target, int64_t target_stride);

#ifdef __cplusplus
}
#endif
#endif
