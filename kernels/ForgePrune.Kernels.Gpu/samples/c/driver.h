/* The dozen functions of the CUDA driver that a launch needs, taken from the installed driver: no CUDA toolkit is needed to compile this. */
#ifndef DRIVER_H
#define DRIVER_H
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { NO_GPU = 77 };

typedef struct cu_context *cu_context;
typedef struct cu_module *cu_module;
typedef struct cu_function *cu_function;
typedef struct cu_stream *cu_stream;

static struct {
    int (*init)(unsigned);
    int (*device)(int *, int);
    int (*retain)(cu_context *, int);
    int (*current)(cu_context);
    int (*load)(cu_module *, const void *);
    int (*function)(cu_function *, cu_module, const char *);
    int (*allocate)(uint64_t *, size_t);
    int (*upload)(uint64_t, const void *, size_t);
    int (*download)(void *, uint64_t, size_t);
    int (*clear)(uint64_t, unsigned char, size_t);
    int (*launch)(cu_function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, cu_stream, void **, void **);
    int (*describe)(int, const char **);
} cu;

static void check(int status, const char *what)
{
    const char *text = "unknown";
    if (status == 0)
        return;
    cu.describe(status, &text);
    fprintf(stderr, "%s: error %d, %s\n", what, status, text);
    exit(1);
}

static void find(void *library, void *slot, const char *name)
{
    void *address = dlsym(library, name);
    if (address == NULL) {
        fprintf(stderr, "the driver has no %s\n", name);
        exit(1);
    }
    *(void **)slot = address;
}

/* Opens the first GPU; ends the program with NO_GPU where there is none. */
static void open_gpu(void)
{
    cu_context context;
    int device;
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    if (library == NULL) {
        fprintf(stderr, "no GPU: %s\n", dlerror());
        exit(NO_GPU);
    }
    find(library, &cu.init, "cuInit");
    find(library, &cu.device, "cuDeviceGet");
    find(library, &cu.retain, "cuDevicePrimaryCtxRetain");
    find(library, &cu.current, "cuCtxSetCurrent");
    find(library, &cu.load, "cuModuleLoadData");
    find(library, &cu.function, "cuModuleGetFunction");
    find(library, &cu.allocate, "cuMemAlloc_v2");
    find(library, &cu.upload, "cuMemcpyHtoD_v2");
    find(library, &cu.download, "cuMemcpyDtoH_v2");
    find(library, &cu.clear, "cuMemsetD8_v2");
    find(library, &cu.launch, "cuLaunchKernel");
    find(library, &cu.describe, "cuGetErrorString");
    if (cu.init(0) != 0 || cu.device(&device, 0) != 0) {
        fprintf(stderr, "no GPU: the driver finds none\n");
        exit(NO_GPU);
    }
    check(cu.retain(&context, device), "context");
    check(cu.current(context), "context");
}

/* The function NAME of folder/NAME.ptx; the driver compiles it for the GPU at hand. */
static cu_function load_kernel(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.ptx", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    char *text = NULL;
    size_t length = 0, got;
    do {
        text = realloc(text, length + 65537);
        if (text == NULL)
            abort();
        got = fread(text + length, 1, 65536, file);
        length += got;
    } while (got > 0);
    text[length] = 0;
    fclose(file);
    cu_module module;
    cu_function function;
    check(cu.load(&module, text), path);
    check(cu.function(&function, module, name), name);
    free(text);
    return function;
}

static void launch(cu_function kernel, unsigned groups, unsigned lanes, void **arguments)
{
    check(cu.launch(kernel, groups, 1, 1, lanes, 1, 1, 0, NULL, arguments, NULL), "launch");
}

#endif
