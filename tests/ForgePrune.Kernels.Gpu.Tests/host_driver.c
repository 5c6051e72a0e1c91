/* Acts for the CUDA driver where there is none: device memory is the host's, and a launch of one of the two Gram kernels does plainly what the
 * header says of it. Contexts are told apart: memory belongs to the one that it was taken in, and a call in another one is refused, as is one of a
 * context that nobody holds. What was called is kept for tests. It shows that callers pass the right parameters, grids and contexts; what PTX does,
 * and what a real driver lets pass, is for a real GPU to show.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INVALID_VALUE = 1, INVALID_DEVICE = 101, INVALID_CONTEXT = 201, DESTROYED = 709 };
enum { DEVICES = 2, MOST = 64 };

typedef struct { const char *name; int device, holders; } context;

static context primary[DEVICES] = { { "primary 0", 0, 0 }, { "primary 1", 1, 0 } };
static context made[MOST];
static int made_count;
static struct { uint64_t at; size_t bytes; context *owner; } taken[MOST];
static _Thread_local context *stack[MOST];
static _Thread_local int depth;
static char calls[1 << 16];

static void note(const char *call, const char *of)
{
    size_t length = strlen(calls);
    snprintf(calls + length, sizeof calls - length, "%s %s\n", call, of);
}

static const char *name(const context *c) { return c == NULL ? "none" : c->name; }
static context *current(void) { return depth == 0 ? NULL : stack[depth - 1]; }
static int alive(const context *c) { return c != NULL && c->holders > 0; }

/* The place of what lies wholly in memory that was taken; -1 where it does not. */
static int place(uint64_t at, size_t bytes)
{
    for (int i = 0; i < MOST; i++)
        if (taken[i].owner != NULL && at >= taken[i].at && at + bytes <= taken[i].at + taken[i].bytes)
            return i;
    return -1;
}

/* Whether the current context may touch it. */
static int mine(uint64_t at, size_t bytes)
{
    int i = place(at, bytes);
    if (!alive(current()))
        return INVALID_CONTEXT;
    return i >= 0 && taken[i].owner == current() ? 0 : INVALID_VALUE;
}

const char *host_driver_calls(void) { return calls; }
void host_driver_forget(void) { calls[0] = 0; }
int host_driver_taken(void) { int count = 0; for (int i = 0; i < MOST; i++) count += taken[i].owner != NULL; return count; }
int host_driver_depth(void) { return depth; }

int cuInit(unsigned flags) { return (int)flags; }
int cuDeviceGet(int *device, int number) { return number < 0 || number >= DEVICES ? INVALID_DEVICE : (*device = number, 0); }

int cuDevicePrimaryCtxRetain(void **context_, int device)
{
    if (device < 0 || device >= DEVICES)
        return INVALID_DEVICE;
    primary[device].holders++;
    note("retain", primary[device].name);
    *context_ = &primary[device];
    return 0;
}

int cuDevicePrimaryCtxRelease_v2(int device)
{
    if (device < 0 || device >= DEVICES || primary[device].holders == 0)
        return INVALID_CONTEXT;
    primary[device].holders--;
    note("release", primary[device].name);
    return 0;
}

int cuCtxCreate_v2(void **context_, unsigned flags, int device)
{
    if (flags != 0 || device < 0 || device >= DEVICES || made_count == MOST)
        return INVALID_VALUE;
    made[made_count] = (context) { "own", device, 1 };
    *context_ = stack[depth++] = &made[made_count++];
    return 0;
}

int cuCtxDestroy_v2(void *which) { ((context *)which)->holders = 0; return 0; }

int cuCtxSetCurrent(void *which)
{
    if (which != NULL && !alive(which))
        return DESTROYED;
    if (depth > 0)
        depth--;
    if (which != NULL)
        stack[depth++] = which;
    return 0;
}

int cuCtxGetCurrent(void **which) { *which = current(); return 0; }

int cuCtxPushCurrent_v2(void *which)
{
    if (!alive(which) || depth == MOST)
        return DESTROYED;
    stack[depth++] = which;
    note("push", name(which));
    return 0;
}

int cuCtxPopCurrent_v2(void **which)
{
    if (depth == 0)
        return INVALID_CONTEXT;
    *which = stack[--depth];
    note("pop", name(*which));
    return 0;
}

int cuMemAlloc_v2(uint64_t *pointer, size_t bytes)
{
    if (!alive(current()))
        return INVALID_CONTEXT;
    for (int i = 0; i < MOST; i++)
        if (taken[i].owner == NULL) {
            taken[i].at = *pointer = (uint64_t)(uintptr_t)malloc(bytes);
            taken[i].bytes = bytes;
            taken[i].owner = current();
            note("allocate in", name(current()));
            return *pointer == 0;
        }
    return INVALID_VALUE;
}

int cuMemFree_v2(uint64_t pointer)
{
    int status = mine(pointer, 1);
    if (status != 0)
        return status;
    free((void *)(uintptr_t)pointer);
    taken[place(pointer, 1)].owner = NULL;
    note("free in", name(current()));
    return 0;
}

int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes)
{
    int status = mine(to, bytes);
    if (status == 0)
        memcpy((void *)(uintptr_t)to, from, bytes);
    return status;
}

int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes)
{
    int status = mine(from, bytes);
    if (status == 0)
        memcpy(to, (void *)(uintptr_t)from, bytes);
    return status;
}

int cuMemsetD8_v2(uint64_t to, unsigned char value, size_t bytes)
{
    int status = mine(to, bytes);
    if (status == 0)
        memset((void *)(uintptr_t)to, value, bytes);
    return status;
}

#ifndef WITHOUT_PEER
/* The default stream is that of the current context, which has to be the one that is written to. What is written to is left to the caller: ILGPU's
 * memory was not taken here. */
int cuMemcpyPeerAsync(uint64_t to, void *to_context, uint64_t from, void *from_context, size_t bytes, void *stream)
{
    int i = place(from, bytes);
    if (!alive(to_context) || !alive(from_context))
        return DESTROYED;
    if (stream != NULL || current() != to_context || to_context == from_context)
        return INVALID_CONTEXT;
    if (i < 0 || taken[i].owner != from_context || place(to, 1) >= 0)
        return INVALID_VALUE;
    note("copy to", name(to_context));
    note("from", name(from_context));
    memcpy((void *)(uintptr_t)to, (void *)(uintptr_t)from, bytes);
    return 0;
}
#endif

int cuGetErrorString(int status, const char **text) { *text = status == 1 ? "wrong launch" : "fault"; return 0; }

#if __has_include("forgeprune_kernels.h")
#include "forgeprune_kernels.h"

static const char accumulate, mirror;

int cuModuleLoadData(void **module, const void *text) { *module = (void *)text; return strstr(text, ".visible .entry ") == NULL; }

int cuModuleGetFunction(const void **function, const char *text, const char *name_)
{
    *function = strcmp(name_, "gram_f32") == 0 ? &accumulate : &mirror;
    return strstr(text, name_) == NULL;
}

static unsigned lower_tiles(int cols, int size)
{
    unsigned tiles = (unsigned)((cols + size - 1) / size);
    return tiles * (tiles + 1) / 2;
}

int cuLaunchKernel(const void *function, unsigned x, unsigned y, unsigned z, unsigned lanes, unsigned lanes_y, unsigned lanes_z, unsigned shared,
    void *stream, void **arguments, void **extra)
{
    if (y != 1 || z != 1 || lanes != 256 || lanes_y != 1 || lanes_z != 1 || shared != 0 || stream != NULL || extra != NULL)
        return 1;
    int whole = function == &mirror;
    int cols = *(int32_t *)arguments[whole ? 1 : 3];
    double *gram = (double *)(uintptr_t)((fp_view *)arguments[whole ? 0 : 4])->pointer;
    if (x != lower_tiles(cols, whole ? 64 : 128))
        return 1;
    if (whole) {
        for (int i = 0; i < cols; i++)
            for (int j = 0; j < i; j++)
                gram[j * cols + i] = gram[i * cols + j];
        return 0;
    }
    const float *from = (const float *)(uintptr_t)((fp_view *)arguments[0])->pointer;
    int first = *(int32_t *)arguments[1], count = *(int32_t *)arguments[2];
    for (int i = 0; i < cols; i++)
        for (int j = 0; j <= i; j++) {
            float sum = 0;
            for (int token = first; token < first + count; token++)
                sum += from[token * cols + i] * from[token * cols + j];
            gram[i * cols + j] += sum;
        }
    return 0;
}
#endif
