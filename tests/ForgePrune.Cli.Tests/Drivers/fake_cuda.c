/* Acts for NVIDIA's driver as far as a list of devices goes. FAKE says how it fails: "crash", or the error that cuInit returns; FAKE_CUDA which CUDA it speaks. */
#include <stdlib.h>
#include <string.h>

static int number(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : atoi(text);
}

int cuInit(unsigned flags)
{
    const char *fake = getenv("FAKE");
    if (fake != NULL && strcmp(fake, "crash") == 0)
        *(volatile int *)NULL = (int)flags;
    return number("FAKE", 0);
}

int cuGetErrorString(int error, const char **text) { *text = error == 100 ? "no CUDA-capable device is detected" : "a fault"; return 0; }
int cuDriverGetVersion(int *version) { *version = number("FAKE_CUDA", 13000); return 0; }
int cuDeviceGetCount(int *count) { *count = 2; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return 0; }
int cuDeviceGetName(char *name, int length, int device) { (void)device; strncpy(name, "Made H100", (size_t)length); return 0; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) { (void)device; *bytes = (size_t)80 << 30; return 0; }

int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    /* The second one is broken where FAKE_LOST is set. */
    *value = attribute == 75 ? 9 : attribute == 76 ? 0 : 1024;
    return device == 1 && getenv("FAKE_LOST") != NULL ? 999 : 0;
}
