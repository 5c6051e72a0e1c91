/* The Gram of made activations by the exported PTX, checked against sums in float64 on the host.
 *
 *   forgeprune kernels export --out ptx && gcc -O2 -I ptx gram.c -o gram -ldl -lm && ./gram ptx
 *
 * Exit code 0: right; 1: wrong or refused; 77: there is no GPU.
 */
#include <math.h>
#include "driver.h"
#include "forgeprune_kernels.h"

enum { TOKENS = 600, COLS = 300, BLOCK = 256 };

static float x[TOKENS * COLS];
static double gram[COLS * COLS];

static unsigned lower_tiles(int cols, int size)
{
    unsigned tiles = (unsigned)((cols + size - 1) / size);
    return tiles * (tiles + 1) / 2;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: gram FOLDER, as 'forgeprune kernels export' wrote it\n");
        return 1;
    }
    uint64_t state = 1;
    for (int i = 0; i < TOKENS * COLS; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        x[i] = (float)(((double)(int64_t)(state >> 40) - 8388608.0) / 8388608.0);
    }

    open_gpu();
    cu_function accumulate = load_kernel(argv[1], "gram_f32"), mirror = load_kernel(argv[1], "gram_mirror");
    fp_view on_x = { 0, TOKENS * COLS }, on_gram = { 0, COLS * COLS };
    check(cu.allocate(&on_x.pointer, sizeof x), "X");
    check(cu.allocate(&on_gram.pointer, sizeof gram), "Gram");
    check(cu.upload(on_x.pointer, x, sizeof x), "X");
    check(cu.clear(on_gram.pointer, 0, sizeof gram), "Gram");

    /* Blocks of 256 tokens in float32, their sum in float64. */
    void *arguments[8];
    for (int first = 0; first < TOKENS; first += BLOCK) {
        fp_gram_f32 block = { on_x, first, TOKENS - first < BLOCK ? TOKENS - first : BLOCK, COLS, on_gram };
        fp_gram_f32_arguments(&block, arguments);
        launch(accumulate, lower_tiles(COLS, 128), FP_GRAM_F32_LANES, arguments);
    }
    fp_gram_mirror whole = { on_gram, COLS };
    fp_gram_mirror_arguments(&whole, arguments);
    launch(mirror, lower_tiles(COLS, 64), FP_GRAM_MIRROR_LANES, arguments);
    check(cu.download(gram, on_gram.pointer, sizeof gram), "Gram");

    double largest = 0;
    for (int i = 0; i < COLS; i++)
        for (int j = 0; j < COLS; j++) {
            double sum = 0;
            for (int token = 0; token < TOKENS; token++)
                sum += (double)x[token * COLS + i] * x[token * COLS + j];
            double difference = fabs(gram[i * COLS + j] - sum);
            /* The negation lets NaN count as wrong. */
            if (!(difference <= largest))
                largest = difference;
        }
    printf("largest difference %.3g of sums up to %d\n", largest, TOKENS);
    /* 256 terms below 1 at half an epsilon of their sum each, a block after the other. */
    return largest <= 1.2e-7 * 32 * TOKENS ? 0 : 1;
}
