/* Parameters of ForgePrune's GPU kernels, PTX for sm_80 by ILGPU 1.5.3. Written by 'forgeprune kernels export'.
 *
 * To launch: load NAME.ptx, get its function NAME, fill a struct fp_NAME, let fp_NAME_arguments list the addresses of its members, and
 * pass that list to cuLaunchKernel with FP_NAME_LANES lanes in x, the number of groups that the comment names, and no dynamic shared memory.
 */
#ifndef FORGEPRUNE_KERNELS_H
#define FORGEPRUNE_KERNELS_H
#include <stdint.h>

/* Elements in the memory of the device, and how many. */
typedef struct { uint64_t pointer; int64_t length; } fp_view;

/* An operand of a product: element (lane, depth) lies at lane * lane_step + depth * depth_step. */
typedef struct { fp_view data; int32_t lane_step, depth_step; } fp_operand;

/* gram += XᵀX over count tokens from first on, tiles on and below the diagonal; float32 products, float64 sums.
 * t(t+1)/2 groups with t = ceil(cols / 128).
 */
enum { FP_GRAM_F32_LANES = 256 };
typedef struct {
    fp_view x; /* X, tokens x cols, row-major, beginning at a multiple of 16 bytes; elements of f32 */
    int32_t first; /* first token */
    int32_t count; /* number of tokens; 256 keep the float32 sums short */
    int32_t cols; /* columns of X */
    fp_view gram; /* gram, cols x cols, row-major; elements of f64 */
} fp_gram_f32;
static inline void fp_gram_f32_arguments(fp_gram_f32 *p, void *arguments[5])
{
    arguments[0] = &p->x;
    arguments[1] = &p->first;
    arguments[2] = &p->count;
    arguments[3] = &p->cols;
    arguments[4] = &p->gram;
}

/* The same as gram_f32 with X rounded to tf32 and multiplied by tensor cores; needs sm_80 or later.
 * t(t+1)/2 groups with t = ceil(cols / 128).
 */
enum { FP_GRAM_TF32_LANES = 256 };
typedef struct {
    fp_view x; /* X, tokens x cols, row-major, beginning at a multiple of 16 bytes; elements of f32 */
    int32_t first; /* first token */
    int32_t count; /* number of tokens; 256 keep the float32 sums short */
    int32_t cols; /* columns of X */
    fp_view gram; /* gram, cols x cols, row-major; elements of f64 */
} fp_gram_tf32;
static inline void fp_gram_tf32_arguments(fp_gram_tf32 *p, void *arguments[5])
{
    arguments[0] = &p->x;
    arguments[1] = &p->first;
    arguments[2] = &p->count;
    arguments[3] = &p->cols;
    arguments[4] = &p->gram;
}

/* The same as gram_f32 with X rounded to bf16 and multiplied by tensor cores; needs sm_80 or later.
 * t(t+1)/2 groups with t = ceil(cols / 128).
 */
enum { FP_GRAM_BF16_LANES = 256 };
typedef struct {
    fp_view x; /* X, tokens x cols, row-major, beginning at a multiple of 16 bytes; elements of f32 */
    int32_t first; /* first token */
    int32_t count; /* number of tokens; 256 keep the float32 sums short */
    int32_t cols; /* columns of X */
    fp_view gram; /* gram, cols x cols, row-major; elements of f64 */
} fp_gram_bf16;
static inline void fp_gram_bf16_arguments(fp_gram_bf16 *p, void *arguments[5])
{
    arguments[0] = &p->x;
    arguments[1] = &p->first;
    arguments[2] = &p->count;
    arguments[3] = &p->cols;
    arguments[4] = &p->gram;
}

/* The same as gram_f32, where groups of 256 lanes cannot be had.
 * ceil(N / lanes) groups of any size for N = cols² lanes.
 */
typedef struct {
    int32_t element; /* cols² */
    fp_view x; /* X, tokens x cols, row-major; elements of f32 */
    int32_t first; /* first token */
    int32_t count; /* number of tokens; 256 keep the float32 sums short */
    int32_t cols; /* columns of X */
    fp_view gram; /* gram, cols x cols, row-major; elements of f64 */
} fp_gram_plain;
static inline void fp_gram_plain_arguments(fp_gram_plain *p, void *arguments[6])
{
    arguments[0] = &p->element;
    arguments[1] = &p->x;
    arguments[2] = &p->first;
    arguments[3] = &p->count;
    arguments[4] = &p->cols;
    arguments[5] = &p->gram;
}

/* Copies the lower half of a Gram to the upper one.
 * t(t+1)/2 groups with t = ceil(cols / 64).
 */
enum { FP_GRAM_MIRROR_LANES = 256 };
typedef struct {
    fp_view gram; /* gram, cols x cols, row-major; elements of f64 */
    int32_t cols; /* columns */
} fp_gram_mirror;
static inline void fp_gram_mirror_arguments(fp_gram_mirror *p, void *arguments[2])
{
    arguments[0] = &p->gram;
    arguments[1] = &p->cols;
}

/* C = alpha A B + beta C; element (lane, depth) of an operand lies at lane · laneStep + depth · depthStep.
 * ceil(m / (4 side)) · ceil(n / (4 side)) groups.
 */
enum { FP_PRODUCT_F64_LANES = 256 };
typedef struct {
    fp_operand a; /* A, its lanes being rows; elements of f64 */
    fp_operand b; /* B, its lanes being columns; elements of f64 */
    fp_view c; /* C, row-major; elements of f64 */
    int32_t c_stride; /* elements from one row of C to the next */
    int32_t m; /* rows of C */
    int32_t n; /* columns of C */
    int32_t k; /* depth */
    double alpha; /* factor of the product */
    double beta; /* factor of the old C; with 0 it is not read */
    int32_t side; /* root of the lanes of a group: 16 */
} fp_product_f64;
static inline void fp_product_f64_arguments(fp_product_f64 *p, void *arguments[10])
{
    arguments[0] = &p->a;
    arguments[1] = &p->b;
    arguments[2] = &p->c;
    arguments[3] = &p->c_stride;
    arguments[4] = &p->m;
    arguments[5] = &p->n;
    arguments[6] = &p->k;
    arguments[7] = &p->alpha;
    arguments[8] = &p->beta;
    arguments[9] = &p->side;
}

/* C = alpha A B + beta C; element (lane, depth) of an operand lies at lane · laneStep + depth · depthStep, one of its steps being 1.
 * ceil(m / 128) · ceil(n / 128) groups.
 */
enum { FP_PRODUCT_F32_LANES = 256 };
typedef struct {
    fp_operand a; /* A, its lanes being rows, beginning at a multiple of 16 bytes; elements of f32 */
    fp_operand b; /* B, its lanes being columns, beginning at a multiple of 16 bytes; elements of f32 */
    fp_view c; /* C, row-major; elements of f32 */
    int32_t c_stride; /* elements from one row of C to the next */
    int32_t m; /* rows of C */
    int32_t n; /* columns of C */
    int32_t k; /* depth */
    float alpha; /* factor of the product */
    float beta; /* factor of the old C; with 0 it is not read */
} fp_product_f32;
static inline void fp_product_f32_arguments(fp_product_f32 *p, void *arguments[9])
{
    arguments[0] = &p->a;
    arguments[1] = &p->b;
    arguments[2] = &p->c;
    arguments[3] = &p->c_stride;
    arguments[4] = &p->m;
    arguments[5] = &p->n;
    arguments[6] = &p->k;
    arguments[7] = &p->alpha;
    arguments[8] = &p->beta;
}

/* Copies blocks of rows: row r of target is row blocks[r / width] · width + r % width of source.
 * number of blocks · width groups.
 */
enum { FP_GATHER_ROW_BLOCKS_LANES = 256 };
typedef struct {
    fp_view source; /* source, rows x cols, row-major; elements of f32 */
    int32_t cols; /* columns */
    fp_view blocks; /* blocks wanted, in order; elements of i32 */
    int32_t width; /* rows of a block */
    fp_view target; /* target, number of blocks · width x cols, row-major; elements of f32 */
} fp_gather_row_blocks;
static inline void fp_gather_row_blocks_arguments(fp_gather_row_blocks *p, void *arguments[5])
{
    arguments[0] = &p->source;
    arguments[1] = &p->cols;
    arguments[2] = &p->blocks;
    arguments[3] = &p->width;
    arguments[4] = &p->target;
}

/* Copies blocks of columns: column c of target is column blocks[c / width] · width + c % width of source.
 * rows groups.
 */
enum { FP_GATHER_COLUMN_BLOCKS_LANES = 256 };
typedef struct {
    fp_view source; /* source, rows x cols, row-major; elements of f32 */
    int32_t cols; /* columns of source */
    fp_view blocks; /* blocks wanted, in order; elements of i32 */
    int32_t width; /* columns of a block */
    fp_view target; /* target, rows x targetCols, row-major; elements of f32 */
    int32_t target_cols; /* number of blocks · width */
} fp_gather_column_blocks;
static inline void fp_gather_column_blocks_arguments(fp_gather_column_blocks *p, void *arguments[6])
{
    arguments[0] = &p->source;
    arguments[1] = &p->cols;
    arguments[2] = &p->blocks;
    arguments[3] = &p->width;
    arguments[4] = &p->target;
    arguments[5] = &p->target_cols;
}

/* Factors a diagonal block of at most 32 rows and inverts the factor.
 * 1 group.
 */
enum { FP_CHOLESKY_DIAGONAL_LANES = 256 };
typedef struct {
    fp_view a; /* A, row-major; elements of f64 */
    int32_t stride; /* elements from one row to the next */
    int32_t first; /* first row of the block */
    int32_t size; /* rows of the block */
    fp_view inverses; /* inverses, rows of 32; elements of f64 */
    fp_view status; /* first bad pivot plus one; 0 before the call; elements of i32 */
} fp_cholesky_diagonal;
static inline void fp_cholesky_diagonal_arguments(fp_cholesky_diagonal *p, void *arguments[6])
{
    arguments[0] = &p->a;
    arguments[1] = &p->stride;
    arguments[2] = &p->first;
    arguments[3] = &p->size;
    arguments[4] = &p->inverses;
    arguments[5] = &p->status;
}

/* target = scale · source.
 * ceil(N / lanes) groups of any size for N = rows · cols lanes.
 */
typedef struct {
    int32_t element; /* rows · cols */
    fp_view source; /* source; elements of f64 */
    int32_t source_stride; /* elements from one row of source to the next */
    fp_view target; /* target; elements of f64 */
    int32_t target_stride; /* elements from one row of target to the next */
    int32_t cols; /* columns */
    double scale; /* factor */
} fp_copy_scaled;
static inline void fp_copy_scaled_arguments(fp_copy_scaled *p, void *arguments[7])
{
    arguments[0] = &p->element;
    arguments[1] = &p->source;
    arguments[2] = &p->source_stride;
    arguments[3] = &p->target;
    arguments[4] = &p->target_stride;
    arguments[5] = &p->cols;
    arguments[6] = &p->scale;
}

/* Reads the diagonals of P and G.
 * ceil(N / lanes) groups of any size for N = n lanes.
 */
typedef struct {
    int32_t i; /* n */
    fp_view p; /* P, n x n, row-major; elements of f64 */
    fp_view g; /* G, n x n, row-major; elements of f64 */
    int32_t n; /* rows */
    fp_view diagonal_p; /* diagonal of P; elements of f64 */
    fp_view diagonal_g; /* diagonal of G; elements of f64 */
} fp_elimination_diagonals;
static inline void fp_elimination_diagonals_arguments(fp_elimination_diagonals *p, void *arguments[6])
{
    arguments[0] = &p->i;
    arguments[1] = &p->p;
    arguments[2] = &p->g;
    arguments[3] = &p->n;
    arguments[4] = &p->diagonal_p;
    arguments[5] = &p->diagonal_g;
}

/* Finds the living channel of least G_jj / P_jj, of equal ones the lowest.
 * 1 group.
 */
enum { FP_ELIMINATION_CHOOSE_LANES = 256 };
typedef struct {
    fp_view diagonal_p; /* diagonal of P; elements of f64 */
    fp_view diagonal_g; /* diagonal of G; elements of f64 */
    fp_view removed; /* 1 for removed channels; elements of u8 */
    int32_t n; /* channels */
    int32_t step; /* step */
    int32_t pending; /* pending removals */
    fp_view order; /* order, written at step; elements of i32 */
    fp_view scores; /* scores, written at step; elements of f64 */
    fp_view chosen; /* pivot and weight of each pending removal; elements of f64 */
    fp_view status; /* first unsound channel plus one; 0 before the call; elements of i32 */
} fp_elimination_choose;
static inline void fp_elimination_choose_arguments(fp_elimination_choose *p, void *arguments[10])
{
    arguments[0] = &p->diagonal_p;
    arguments[1] = &p->diagonal_g;
    arguments[2] = &p->removed;
    arguments[3] = &p->n;
    arguments[4] = &p->step;
    arguments[5] = &p->pending;
    arguments[6] = &p->order;
    arguments[7] = &p->scores;
    arguments[8] = &p->chosen;
    arguments[9] = &p->status;
}

/* Appends the factors of the chosen channel and lowers the diagonals.
 * ceil(N / lanes) groups of any size for N = n lanes.
 */
typedef struct {
    int32_t i; /* n */
    fp_view p; /* P, n x n, row-major; elements of f64 */
    fp_view g; /* G, n x n, row-major; elements of f64 */
    int32_t n; /* channels */
    int32_t step; /* step */
    int32_t pending; /* pending removals */
    int32_t block; /* removals in a block */
    fp_view order; /* order; elements of i32 */
    fp_view chosen; /* pivot and weight of each pending removal; elements of f64 */
    fp_view factors; /* factors: 4 blocks of rows h, c, h, c·p; elements of f64 */
    fp_view diagonal_p; /* diagonal of P; elements of f64 */
    fp_view diagonal_g; /* diagonal of G; elements of f64 */
    fp_view removed; /* 1 for removed channels; elements of u8 */
} fp_elimination_remove;
static inline void fp_elimination_remove_arguments(fp_elimination_remove *p, void *arguments[13])
{
    arguments[0] = &p->i;
    arguments[1] = &p->p;
    arguments[2] = &p->g;
    arguments[3] = &p->n;
    arguments[4] = &p->step;
    arguments[5] = &p->pending;
    arguments[6] = &p->block;
    arguments[7] = &p->order;
    arguments[8] = &p->chosen;
    arguments[9] = &p->factors;
    arguments[10] = &p->diagonal_p;
    arguments[11] = &p->diagonal_g;
    arguments[12] = &p->removed;
}

/* L⁻¹ with the survivors first, from the rows that the removals left in P.
 * ceil(N / lanes) groups of any size for N = n² lanes.
 */
typedef struct {
    int32_t element; /* n² */
    fp_view p; /* P, n x n, row-major; elements of f64 */
    fp_view order; /* order; elements of i32 */
    int32_t n; /* channels */
    int32_t dead; /* number of dead channels */
    fp_view inverse_factor; /* L⁻¹, n x n, row-major; elements of f64 */
} fp_elimination_arrange;
static inline void fp_elimination_arrange_arguments(fp_elimination_arrange *p, void *arguments[6])
{
    arguments[0] = &p->element;
    arguments[1] = &p->p;
    arguments[2] = &p->order;
    arguments[3] = &p->n;
    arguments[4] = &p->dead;
    arguments[5] = &p->inverse_factor;
}

/* target = source[indices, :].
 * ceil(N / lanes) groups of any size for N = rows · cols lanes.
 */
typedef struct {
    int32_t element; /* elements of target */
    fp_view source; /* source, row-major; elements of f64 */
    int32_t stride; /* elements from one row of source to the next */
    fp_view indices; /* rows wanted, in order; elements of i32 */
    int32_t cols; /* columns of target */
    fp_view target; /* target, row-major; elements of f64 */
} fp_gather_rows;
static inline void fp_gather_rows_arguments(fp_gather_rows *p, void *arguments[6])
{
    arguments[0] = &p->element;
    arguments[1] = &p->source;
    arguments[2] = &p->stride;
    arguments[3] = &p->indices;
    arguments[4] = &p->cols;
    arguments[5] = &p->target;
}

/* target = source[:, indices].
 * ceil(N / lanes) groups of any size for N = rows · cols lanes.
 */
typedef struct {
    int32_t element; /* elements of target */
    fp_view source; /* source, row-major; elements of f64 */
    int32_t stride; /* elements from one row of source to the next */
    fp_view indices; /* columns wanted, in order; elements of i32 */
    int32_t cols; /* columns of target */
    fp_view target; /* target, row-major; elements of f64 */
} fp_gather_columns;
static inline void fp_gather_columns_arguments(fp_gather_columns *p, void *arguments[6])
{
    arguments[0] = &p->element;
    arguments[1] = &p->source;
    arguments[2] = &p->stride;
    arguments[3] = &p->indices;
    arguments[4] = &p->cols;
    arguments[5] = &p->target;
}

/* Dots of the columns of A with those of B; their sum is tr(A·B) of symmetric ones.
 * ceil(N / lanes) groups of any size for N = cols lanes.
 */
typedef struct {
    int32_t col; /* cols */
    fp_view a; /* A, rows x cols, row-major; elements of f64 */
    fp_view b; /* B, rows x cols, row-major; elements of f64 */
    int32_t rows; /* rows */
    int32_t cols; /* columns */
    fp_view dots; /* dot of each pair of columns; elements of f64 */
} fp_column_dots;
static inline void fp_column_dots_arguments(fp_column_dots *p, void *arguments[6])
{
    arguments[0] = &p->col;
    arguments[1] = &p->a;
    arguments[2] = &p->b;
    arguments[3] = &p->rows;
    arguments[4] = &p->cols;
    arguments[5] = &p->dots;
}

#endif
