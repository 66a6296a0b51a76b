/* STAND-IN for libcuda.so.1 and libnvidia-ml.so.1, for the tests of this repository only: no driver is involved.
 * It answers with the numbers that it was compiled with. */
#include <stdio.h>
#include <unistd.h>

#ifndef INIT
#define INIT 0
#endif
#ifndef COUNT
#define COUNT 1
#endif
#ifndef VERSION
#define VERSION "580.95.05"
#endif
#ifndef SLEEP
#define SLEEP 0
#endif

static int begin(void) {
    printf("a library that prints\n");
    fflush(stdout);
    if (SLEEP) sleep(SLEEP);
    return INIT;
}

int nvmlInit_v2(void) { return begin(); }
int nvmlSystemGetDriverVersion(char *text, unsigned length) {
    snprintf(text, length, "%s", VERSION);
    return 0;
}
int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = COUNT;
    return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    *device = (void *)(size_t)(index + 1);
    return 0;
}
int nvmlDeviceGetUUID(void *device, char *text, unsigned length) {
    snprintf(text, length, "GPU-00000000-0000-0000-0000-%012zu", (size_t)device - 1);
    return 0;
}

int cuInit(unsigned flags) {
    (void)flags;
    return begin();
}
int cuDriverGetVersion(int *version) {
    *version = 13000;
    return 0;
}
int cuDeviceGetCount(int *count) {
    *count = COUNT;
    return 0;
}
int cuDeviceGet(int *device, int index) {
    *device = index;
    return 0;
}
int cuDeviceGetName(char *text, int length, int device) {
    snprintf(text, length, "Stand-in %d", device);
    return 0;
}
