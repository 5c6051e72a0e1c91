/* Prunes one made layer with libforgeprune: which input columns go first, what each width costs, and the best weights for half of them.
 *
 *   gcc -O2 -I ../../include prune_layer.c -o prune_layer -L FOLDER -lforgeprune -Wl,-rpath,FOLDER && ./prune_layer
 *
 * With --bits it prints every result to the last bit, for comparing languages.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "forgeprune.h"

enum { TOKENS = 256, COLS = 48, ROWS = 24, KEPT = COLS / 2 };

static float x[TOKENS * COLS], refitted[ROWS * KEPT];
static double w[ROWS * COLS], hessian[COLS * COLS], inverse[COLS * COLS], gram[COLS * COLS], scores[COLS], errors[COLS + 1];
static int32_t order[COLS], survivors_first[COLS];

/* 24 bits between -1 and 1: the same number in every language and in both float types. */
static double made(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(int64_t)(*state >> 40) - 8388608.0) / 8388608.0;
}

static void check(fp_status status)
{
    if (status == FP_OK)
        return;
    fprintf(stderr, "status %d: %s\n", (int)status, fp_last_error());
    exit(1);
}

static void print_bits(const char *name, const double *values, int count)
{
    for (int i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        printf("%s %d %016" PRIx64 "\n", name, i, bits);
    }
}

int main(int argc, char **argv)
{
    uint64_t state = 1;
    for (int i = 0; i < TOKENS * COLS; i++)
        x[i] = (float)made(&state);
    for (int i = 0; i < ROWS * COLS; i++)
        w[i] = made(&state);

    /* H = 2/tokens XtX + lambda I */
    check(fp_gram_f32(x, TOKENS, COLS, COLS, hessian, COLS, 0));
    for (int i = 0; i < COLS * COLS; i++)
        hessian[i] = hessian[i] * (2.0 / TOKENS) + (i % (COLS + 1) == 0 ? 1.0 / 128 : 0.0);
    memcpy(inverse, hessian, sizeof inverse);
    check(fp_spd_inverse(inverse, COLS, COLS, 0));
    check(fp_gram_f64(w, ROWS, COLS, COLS, gram, COLS, 0));
    check(fp_eliminate_channels(inverse, gram, COLS, COLS, NULL, order, scores, 0));

    for (int i = 0; i < COLS; i++)
        survivors_first[i] = order[COLS - 1 - i];
    fp_levels *levels;
    check(fp_levels_from_weights(hessian, COLS, COLS, w, ROWS, COLS, survivors_first, 0, &levels));
    check(fp_levels_errors(levels, errors, COLS + 1));
    check(fp_levels_refit_f32(levels, KEPT, refitted, KEPT));
    fp_levels_free(levels);

    if (argc > 1 && strcmp(argv[1], "--bits") == 0) {
        for (int i = 0; i < COLS; i++)
            printf("order %d %d\n", i, order[i]);
        print_bits("score", scores, COLS);
        print_bits("error", errors, COLS + 1);
        for (int i = 0; i < ROWS * KEPT; i++) {
            double wide = refitted[i];
            print_bits("weight", &wide, 1);
        }
        return 0;
    }
    printf("libforgeprune %" PRIu32 ".%" PRIu32 ": first to go are columns %d, %d, %d\n", fp_version() >> 16, fp_version() >> 8 & 255, order[0], order[1], order[2]);
    for (int kept = COLS; kept >= 0; kept -= COLS / 4)
        printf("%3d of %d columns: error %5.1f %% of the output\n", kept, COLS, 100 * errors[kept] / errors[0]);
    return 0;
}
