/* Acts for an OpenCL loader with devices of which each lacks something else, as far as a list of them goes. FAKE: "crash", "none" or nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *name, *version; int generic; uint64_t doubles; size_t lanes; uint64_t local; int broken; } devices[] = {
    { "right", "OpenCL 3.0 made", 1, 63, 1024, 65536, 0 },
    { "old", "OpenCL 1.2 made", 0, 63, 1024, 65536, 0 },
    { "plain", "OpenCL 3.0 made", 0, 63, 1024, 65536, 0 },
    { "single", "OpenCL 3.0 made", 1, 0, 1024, 65536, 0 },
    { "narrow", "OpenCL 3.0 made", 1, 63, 128, 65536, 0 },
    { "small", "OpenCL 3.0 made", 1, 63, 1024, 32768, 0 },
    { "second", "OpenCL 2.0 made", 0, 63, 256, 65536, 0 },
    { "broken", "OpenCL 3.0 made", 1, 63, 1024, 65536, 1 },
    { "hidden", "OpenCL 3.0 made", 1, 63, 1024, 65536, 0 },
};
enum { COUNT = sizeof devices / sizeof devices[0] };

static int give(const void *value, size_t bytes, size_t room, void *to, size_t *size)
{
    if (to != NULL && room < bytes)
        return -30;
    if (to != NULL)
        memcpy(to, value, bytes);
    if (size != NULL)
        *size = bytes;
    return 0;
}

static int text(const char *value, size_t room, void *to, size_t *size) { return give(value, strlen(value) + 1, room, to, size); }

int clGetPlatformIDs(int room, void **platforms, int *count)
{
    const char *fake = getenv("FAKE");
    if (fake != NULL && strcmp(fake, "crash") == 0)
        abort();
    if (fake != NULL && strcmp(fake, "none") == 0)
        return -1001;
    if (platforms != NULL && room > 0)
        platforms[0] = (void *)devices;
    *count = 1;
    return 0;
}

int clGetPlatformInfo(void *platform, int what, size_t room, void *to, size_t *size)
{
    (void)platform;
    return text(what == 0x0901 ? "OpenCL 3.0 made" : "Made", room, to, size);
}

int clGetDeviceIDs(void *platform, uint64_t type, int room, void **ids, int *count)
{
    (void)platform, (void)type;
    for (int i = 0; i < COUNT && i < room && ids != NULL; i++)
        ids[i] = (void *)&devices[i];
    *count = COUNT;
    return 0;
}

int clGetDeviceInfo(void *device, int what, size_t room, void *to, size_t *size)
{
    int i = (int)((const char *)device - (const char *)devices) / (int)sizeof devices[0];
    uint64_t number = 1, sizes[3] = { devices[i].lanes, devices[i].lanes, devices[i].lanes };
    switch (what)
    {
    case 0x102B: return text(devices[i].name, room, to, size);
    case 0x102F: return devices[i].broken ? -2 : text(devices[i].version, room, to, size);
    case 0x103D: return text(strcmp(devices[i].version, "OpenCL 1.2 made") == 0 ? "OpenCL C 1.2 made" : "OpenCL C 2.0 made", room, to, size);
    case 0x102D: return text("7.5", room, to, size);
    case 0x1030: return text(devices[i].doubles ? "cl_khr_fp64" : "none", room, to, size);
    case 0x1005: return give(sizes, sizeof sizes, room, to, size);
    case 0x4003: case 0x4043: return -30; /* NVIDIA's and AMD's own questions. */
    case 0x1003: number = 3; break;
    case 0x1004: number = devices[i].lanes; break;
    case 0x101F: number = (uint64_t)8 << 30; break;
    case 0x1023: number = devices[i].local; break;
    case 0x1032: number = devices[i].doubles; break;
    case 0x1069: number = (uint64_t)devices[i].generic; break;
    }
    return give(&number, room < 8 ? room : 8, room, to, size);
}

void *clGetExtensionFunctionAddressForPlatform(void *platform, const char *name) { (void)platform, (void)name; return NULL; }
