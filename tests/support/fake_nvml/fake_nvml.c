/*
 * A stand-in for libnvidia-ml.so.1, for tests on machines without an NVIDIA GPU.
 *
 * The file named by FAKE_NVML_SCENARIO says what the GPUs are; it is read again when it changes, so that a test can
 * take a GPU away from a running program.  README.md beside this file describes the format.
 *
 *   cc -shared -fPIC -Wl,-soname,libnvidia-ml.so.1 -o libnvidia-ml.so.1 fake_nvml.c -lpthread
 *
 * Signatures and layouts follow the structures that the nvidia-ml-py package declares.  A function that is not here
 * is a missing symbol, which bindings report as NVML_ERROR_FUNCTION_NOT_FOUND, as they do with an old driver.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
#define MAX_GPUS 16
#define MAX_MIG_DEVICES 64
#define MAX_ENTRIES 80
#define MAX_PROCESSES 64

typedef enum {
    SUCCESS = 0,
    UNINITIALIZED = 1,
    INVALID_ARGUMENT = 2,
    NOT_SUPPORTED = 3,
    NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7,
    UNKNOWN = 999,
} Result;

typedef struct {
    char key[80];
    char value[512];
    unsigned calls; /* of a fault: how often its function was called */
} Entry;

/* One section of the scenario.  A device handle is the address of its section, which survives a re-read. */
typedef struct Section {
    int index;
    struct Section *parent; /* the GPU that a MIG device is a part of */
    int count;
    Entry entries[MAX_ENTRIES];
} Section;

typedef struct {
    unsigned version;
    int sensor;
    int temperature;
} Temperature;

typedef struct {
    unsigned gpu;
    unsigned memory;
} Utilization;

typedef struct {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
} Memory;

typedef struct {
    unsigned version;
    unsigned long long total;
    unsigned long long reserved;
    unsigned long long free;
    unsigned long long used;
} MemoryV2;

typedef struct {
    char legacy_bus_id[16];
    unsigned domain;
    unsigned bus;
    unsigned device;
    unsigned device_id;
    unsigned subsystem_id;
    char bus_id[32];
} PciInfo;

typedef struct {
    unsigned pid;
    unsigned long long used_memory;
    unsigned gpu_instance;
    unsigned compute_instance;
} ProcessInfo;

static Section machine;
static Section gpus[MAX_GPUS];
static Section mig_devices[MAX_MIG_DEVICES];
static int gpu_count;
static int mig_count;
static int users;
static char loaded_path[4096];
static struct stat loaded_stat;
static struct timespec loaded_at;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- the scenario ---- */

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    char *end = text + strlen(text);
    while (end > text && strchr(" \t\r\n", end[-1]))
        *--end = '\0';
    return text;
}

static Section *open_section(const char *header, Section *current)
{
    Section *section = NULL;
    if (!strcmp(header, "[gpu]") && gpu_count < MAX_GPUS) {
        section = &gpus[gpu_count];
        section->index = gpu_count++;
        section->parent = NULL;
    } else if (!strcmp(header, "[mig]") && gpu_count > 0 && mig_count < MAX_MIG_DEVICES) {
        section = &mig_devices[mig_count++];
        section->parent = &gpus[gpu_count - 1];
        section->index = 0;
        for (Section *other = mig_devices; other < section; other++)
            section->index += other->parent == section->parent;
    }
    if (!section) {
        fprintf(stderr, "fake_nvml: section %s is not understood here\n", header);
        return current;
    }
    section->count = 0;
    return section;
}

static void add_entry(Section *section, char *line)
{
    char *equals = strchr(line, '=');
    if (!equals || section->count == MAX_ENTRIES) {
        fprintf(stderr, "fake_nvml: line is not understood, or is one too many: %s\n", line);
        return;
    }
    *equals = '\0';
    Entry *entry = &section->entries[section->count++];
    snprintf(entry->key, sizeof entry->key, "%s", trim(line));
    snprintf(entry->value, sizeof entry->value, "%s", trim(equals + 1));
    entry->calls = 0;
}

static int same_file(const struct stat *seen)
{
    return seen->st_mtim.tv_sec == loaded_stat.st_mtim.tv_sec && seen->st_mtim.tv_nsec == loaded_stat.st_mtim.tv_nsec &&
           seen->st_ino == loaded_stat.st_ino && seen->st_size == loaded_stat.st_size;
}

/* Costs one stat() a call while the file stays as it is.  Returns 0 when there is no scenario. */
static int read_scenario(void)
{
    const char *path = getenv("FAKE_NVML_SCENARIO");
    struct stat seen;
    if (!path || stat(path, &seen))
        return 0;
    if (!strcmp(path, loaded_path) && same_file(&seen))
        return 1;
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    snprintf(loaded_path, sizeof loaded_path, "%s", path);
    loaded_stat = seen;
    clock_gettime(CLOCK_MONOTONIC, &loaded_at);
    machine.index = -1;
    machine.count = gpu_count = mig_count = 0;
    Section *section = &machine;
    char buffer[640];
    while (fgets(buffer, sizeof buffer, file)) {
        char *line = trim(buffer);
        if (*line == '[')
            section = open_section(line, section);
        else if (*line && *line != '#')
            add_entry(section, line);
    }
    fclose(file);
    return 1;
}

static Entry *find(Section *section, const char *key)
{
    for (int i = 0; i < section->count; i++)
        if (!strcmp(section->entries[i].key, key))
            return &section->entries[i];
    return NULL;
}

static long long wave(long long low, long long high, long long period_s)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double elapsed = (double)(now.tv_sec - loaded_at.tv_sec) + (double)(now.tv_nsec - loaded_at.tv_nsec) / 1e9;
    double turns = elapsed / (double)period_s;
    double phase = turns - (double)(long long)turns;
    return low + (long long)((double)(high - low) * (phase < 0.5 ? 2 * phase : 2 - 2 * phase));
}

static long long step(const char *text)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long elapsed_s = now.tv_sec - loaded_at.tv_sec - (now.tv_nsec < loaded_at.tv_nsec);
    long long at, value, result = 0;
    int used;
    for (int first = 1; sscanf(text, " %lli:%lli%n", &at, &value, &used) == 2; text += used, first = 0)
        if (first || elapsed_s >= at)
            result = value;
    return result;
}

/* Integers only: the decimal point depends on the locale of the program that loads the library. */
static Result number(Section *section, const char *key, long long *out)
{
    Entry *entry = find(section, key);
    if (!entry)
        return NOT_SUPPORTED;
    long long low, high, period_s;
    if (sscanf(entry->value, "%lli..%lli/%lli", &low, &high, &period_s) == 3 && period_s > 0)
        *out = wave(low, high, period_s);
    else if (strchr(entry->value, ':'))
        *out = step(entry->value);
    else if (sscanf(entry->value, "%lli", out) != 1)
        return UNKNOWN;
    return SUCCESS;
}

static Result text(Section *section, const char *key, char *buffer, unsigned size)
{
    Entry *entry = find(section, key);
    if (!entry)
        return NOT_SUPPORTED;
    if (strlen(entry->value) >= size)
        return INSUFFICIENT_SIZE;
    memcpy(buffer, entry->value, strlen(entry->value) + 1);
    return SUCCESS;
}

/* ---- what every entry point does first ---- */

static int is_device(const Section *section)
{
    for (int i = 0; i < gpu_count; i++)
        if (section == &gpus[i])
            return 1;
    for (int i = 0; i < mig_count; i++)
        if (section == &mig_devices[i])
            return 1;
    return 0;
}

static Result apply_fault(Section *section, const char *function, double *hang_s)
{
    char key[80];
    for (int any = 0; any < 2; any++) {
        snprintf(key, sizeof key, "fault.%s", any ? "*" : function);
        Entry *fault = find(section, key);
        if (!fault)
            continue;
        const char *action = fault->value;
        unsigned first = 1, code;
        int used = 0;
        if (sscanf(action, "from %u %n", &first, &used) == 1)
            action += used;
        if (++fault->calls < first)
            continue;
        if (sscanf(action, "error %u", &code) == 1)
            return (Result)code;
        if (sscanf(action, "hang %lf", hang_s) != 1)
            fprintf(stderr, "fake_nvml: fault is not understood: %s\n", fault->value);
    }
    return SUCCESS;
}

/* Sleeps outside the lock: a driver call that is stuck does not keep other calls from being made. */
static Result enter(const char *function, Section *section)
{
    double hang_s = 0;
    int initialising = !strcmp(function, "nvmlInit");
    pthread_mutex_lock(&lock);
    Result result = read_scenario() ? SUCCESS : UNKNOWN;
    if (!result && !initialising && users == 0)
        result = UNINITIALIZED;
    if (!result && section != &machine && !is_device(section))
        result = INVALID_ARGUMENT;
    if (!result)
        result = apply_fault(&machine, function, &hang_s);
    if (!result && section != &machine)
        result = apply_fault(section, function, &hang_s);
    pthread_mutex_unlock(&lock);
    if (hang_s > 0) {
        struct timespec pause = {.tv_sec = (time_t)hang_s};
        pause.tv_nsec = (long)((hang_s - (double)pause.tv_sec) * 1e9);
        nanosleep(&pause, NULL);
    }
    return result;
}

#define ENTER(function, section)                       \
    do {                                               \
        Result entered = enter(function, section);     \
        if (entered != SUCCESS)                        \
            return entered;                            \
    } while (0)

/* A getter of one number, whose scenario key is in the units of NVML. */
#define NUMBER_GETTER(function, type, key)                     \
    API Result function(Section *device, type *out)            \
    {                                                          \
        ENTER(#function, device);                              \
        long long value = 0;                                   \
        Result result = number(device, key, &value);           \
        if (result == SUCCESS)                                 \
            *out = (type)value;                                \
        return result;                                         \
    }

#define TEXT_GETTER(function, key)                                         \
    API Result function(Section *device, char *buffer, unsigned size)      \
    {                                                                      \
        ENTER(#function, device);                                          \
        return text(device, key, buffer, size);                            \
    }

/* A getter of a setting as it is now and as it will be after the next reset: the same, unless KEY_pending is given. */
#define MODE_GETTER(function, key)                                                 \
    API Result function(Section *device, unsigned *current, unsigned *pending)     \
    {                                                                              \
        ENTER(#function, device);                                                  \
        long long value = 0;                                                       \
        Result result = number(device, key, &value);                               \
        if (result != SUCCESS)                                                     \
            return result;                                                         \
        *current = *pending = (unsigned)value;                                     \
        if (number(device, key "_pending", &value) == SUCCESS)                     \
            *pending = (unsigned)value;                                            \
        return SUCCESS;                                                            \
    }

/* ---- the library ---- */

API Result nvmlInitWithFlags(unsigned flags)
{
    (void)flags;
    ENTER("nvmlInit", &machine);
    pthread_mutex_lock(&lock);
    users++;
    pthread_mutex_unlock(&lock);
    return SUCCESS;
}

API Result nvmlInit_v2(void)
{
    return nvmlInitWithFlags(0);
}

API Result nvmlShutdown(void)
{
    ENTER("nvmlShutdown", &machine);
    pthread_mutex_lock(&lock);
    users -= users > 0;
    pthread_mutex_unlock(&lock);
    return SUCCESS;
}

API const char *nvmlErrorString(Result result)
{
    static char message[64];
    snprintf(message, sizeof message, "Stand-in error %d", (int)result);
    return message;
}

API Result nvmlSystemGetDriverVersion(char *buffer, unsigned size)
{
    ENTER("nvmlSystemGetDriverVersion", &machine);
    return text(&machine, "driver_version", buffer, size);
}

API Result nvmlSystemGetNVMLVersion(char *buffer, unsigned size)
{
    ENTER("nvmlSystemGetNVMLVersion", &machine);
    return text(&machine, "nvml_version", buffer, size);
}

API Result nvmlSystemGetCudaDriverVersion_v2(int *version)
{
    ENTER("nvmlSystemGetCudaDriverVersion", &machine);
    long long value = 0;
    Result result = number(&machine, "cuda_driver_version", &value);
    if (result == SUCCESS)
        *version = (int)value;
    return result;
}

API Result nvmlSystemGetCudaDriverVersion(int *version)
{
    return nvmlSystemGetCudaDriverVersion_v2(version);
}

/* ---- finding a device ---- */

API Result nvmlDeviceGetCount_v2(unsigned *count)
{
    ENTER("nvmlDeviceGetCount", &machine);
    *count = (unsigned)gpu_count;
    return SUCCESS;
}

API Result nvmlDeviceGetHandleByIndex_v2(unsigned index, Section **device)
{
    Section *section = index < (unsigned)gpu_count ? &gpus[index] : &machine;
    ENTER("nvmlDeviceGetHandleByIndex", section);
    if (section == &machine)
        return INVALID_ARGUMENT;
    *device = section;
    return SUCCESS;
}

static Result handle_by(const char *function, const char *key, const char *wanted, Section **device)
{
    ENTER(function, &machine);
    for (int i = 0; i < gpu_count; i++) {
        Entry *entry = find(&gpus[i], key);
        if (entry && !strcasecmp(entry->value, wanted)) {
            *device = &gpus[i];
            return SUCCESS;
        }
    }
    return NOT_FOUND;
}

API Result nvmlDeviceGetHandleByUUID(const char *uuid, Section **device)
{
    return handle_by("nvmlDeviceGetHandleByUUID", "uuid", uuid, device);
}

API Result nvmlDeviceGetHandleByPciBusId_v2(const char *bus_id, Section **device)
{
    return handle_by("nvmlDeviceGetHandleByPciBusId", "pci_bus_id", bus_id, device);
}

API Result nvmlDeviceGetIndex(Section *device, unsigned *index)
{
    ENTER("nvmlDeviceGetIndex", device);
    *index = (unsigned)device->index;
    return SUCCESS;
}

API Result nvmlDeviceGetMinorNumber(Section *device, unsigned *minor)
{
    ENTER("nvmlDeviceGetMinorNumber", device);
    *minor = (unsigned)device->index;
    return SUCCESS;
}

/* ---- what a device is ---- */

TEXT_GETTER(nvmlDeviceGetName, "name")
TEXT_GETTER(nvmlDeviceGetUUID, "uuid")
TEXT_GETTER(nvmlDeviceGetSerial, "serial")
TEXT_GETTER(nvmlDeviceGetVbiosVersion, "vbios_version")
NUMBER_GETTER(nvmlDeviceGetBrand, int, "brand")
NUMBER_GETTER(nvmlDeviceGetArchitecture, unsigned, "architecture")
NUMBER_GETTER(nvmlDeviceGetComputeMode, int, "compute_mode")
NUMBER_GETTER(nvmlDeviceGetPersistenceMode, int, "persistence_mode")
NUMBER_GETTER(nvmlDeviceGetDisplayMode, int, "display_mode")
NUMBER_GETTER(nvmlDeviceGetDisplayActive, int, "display_active")
MODE_GETTER(nvmlDeviceGetEccMode, "ecc_mode")
MODE_GETTER(nvmlDeviceGetMigMode, "mig_mode")

API Result nvmlDeviceGetCudaComputeCapability(Section *device, int *major, int *minor)
{
    ENTER("nvmlDeviceGetCudaComputeCapability", device);
    Entry *entry = find(device, "compute_capability");
    return entry && sscanf(entry->value, "%d.%d", major, minor) == 2 ? SUCCESS : NOT_SUPPORTED;
}

API Result nvmlDeviceGetPciInfo_v3(Section *device, PciInfo *info)
{
    ENTER("nvmlDeviceGetPciInfo", device);
    Entry *entry = find(device, "pci_bus_id");
    memset(info, 0, sizeof *info);
    if (!entry || sscanf(entry->value, "%x:%x:%x", &info->domain, &info->bus, &info->device) != 3)
        return NOT_SUPPORTED;
    snprintf(info->bus_id, sizeof info->bus_id, "%.31s", entry->value);
    snprintf(info->legacy_bus_id, sizeof info->legacy_bus_id, "%04X:%02X:%02X.0", info->domain & 0xffff,
             info->bus & 0xff, info->device & 0xff);
    long long device_id = 0;
    number(device, "pci_device_id", &device_id);
    info->device_id = (unsigned)device_id;
    return SUCCESS;
}

/* ---- MIG ---- */

API Result nvmlDeviceGetMaxMigDeviceCount(Section *device, unsigned *count)
{
    ENTER("nvmlDeviceGetMaxMigDeviceCount", device);
    long long mode = 0;
    *count = number(device, "mig_mode", &mode) == SUCCESS ? 7 : 0; /* seven slices, of which some may be unused */
    return SUCCESS;
}

API Result nvmlDeviceGetMigDeviceHandleByIndex(Section *device, unsigned index, Section **part)
{
    ENTER("nvmlDeviceGetMigDeviceHandleByIndex", device);
    for (int i = 0; i < mig_count; i++)
        if (mig_devices[i].parent == device && mig_devices[i].index == (int)index) {
            *part = &mig_devices[i];
            return SUCCESS;
        }
    return NOT_FOUND;
}

API Result nvmlDeviceGetDeviceHandleFromMigDeviceHandle(Section *part, Section **device)
{
    ENTER("nvmlDeviceGetDeviceHandleFromMigDeviceHandle", part);
    if (!part->parent)
        return INVALID_ARGUMENT;
    *device = part->parent;
    return SUCCESS;
}

API Result nvmlDeviceIsMigDeviceHandle(Section *device, unsigned *is_mig)
{
    ENTER("nvmlDeviceIsMigDeviceHandle", device);
    *is_mig = device->parent != NULL;
    return SUCCESS;
}

/* ---- what a device does now ---- */

NUMBER_GETTER(nvmlDeviceGetFanSpeed, unsigned, "fan_percent")
NUMBER_GETTER(nvmlDeviceGetPowerUsage, unsigned, "power_mw")
NUMBER_GETTER(nvmlDeviceGetEnforcedPowerLimit, unsigned, "power_limit_mw")
NUMBER_GETTER(nvmlDeviceGetPowerManagementLimit, unsigned, "power_limit_mw")
NUMBER_GETTER(nvmlDeviceGetPowerManagementDefaultLimit, unsigned, "power_default_limit_mw")
NUMBER_GETTER(nvmlDeviceGetPerformanceState, int, "pstate")
NUMBER_GETTER(nvmlDeviceGetCurrentClocksEventReasons, unsigned long long, "event_reasons")
NUMBER_GETTER(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, "event_reasons")
NUMBER_GETTER(nvmlDeviceGetCurrPcieLinkGeneration, unsigned, "pcie_generation")
NUMBER_GETTER(nvmlDeviceGetCurrPcieLinkWidth, unsigned, "pcie_width")
NUMBER_GETTER(nvmlDeviceGetMaxPcieLinkGeneration, unsigned, "pcie_max_generation")
NUMBER_GETTER(nvmlDeviceGetMaxPcieLinkWidth, unsigned, "pcie_max_width")

API Result nvmlDeviceGetTemperature(Section *device, int sensor, unsigned *celsius)
{
    ENTER("nvmlDeviceGetTemperature", device);
    long long value = 0;
    Result result = sensor == 0 ? number(device, "temperature_c", &value) : NOT_SUPPORTED;
    if (result == SUCCESS)
        *celsius = (unsigned)value;
    return result;
}

API Result nvmlDeviceGetTemperatureV(Section *device, Temperature *out)
{
    unsigned celsius = 0;
    Result result = nvmlDeviceGetTemperature(device, out->sensor, &celsius);
    if (result == SUCCESS)
        out->temperature = (int)celsius;
    return result;
}

API Result nvmlDeviceGetUtilizationRates(Section *device, Utilization *out)
{
    ENTER("nvmlDeviceGetUtilizationRates", device);
    long long gpu = 0, memory = 0;
    Result result = number(device, "gpu_utilisation", &gpu);
    if (result == SUCCESS)
        result = number(device, "memory_utilisation", &memory);
    if (result == SUCCESS)
        *out = (Utilization){(unsigned)gpu, (unsigned)memory};
    return result;
}

static Result memory_of(Section *device, MemoryV2 *out)
{
    ENTER("nvmlDeviceGetMemoryInfo", device);
    long long total = 0, used = 0, reserved = 0;
    Result result = number(device, "memory_total", &total);
    if (result == SUCCESS)
        result = number(device, "memory_used", &used);
    if (result != SUCCESS)
        return result;
    number(device, "memory_reserved", &reserved);
    out->total = (unsigned long long)total;
    out->used = (unsigned long long)used;
    out->reserved = (unsigned long long)reserved;
    out->free = out->total - out->used - out->reserved;
    return SUCCESS;
}

API Result nvmlDeviceGetMemoryInfo_v2(Section *device, MemoryV2 *out)
{
    ENTER("nvmlDeviceGetMemoryInfo_v2", device);
    return memory_of(device, out);
}

/* The first version of the structure has no place for reserved memory and counts it as used. */
API Result nvmlDeviceGetMemoryInfo(Section *device, Memory *out)
{
    MemoryV2 memory;
    Result result = memory_of(device, &memory);
    if (result == SUCCESS)
        *out = (Memory){memory.total, memory.free, memory.used + memory.reserved};
    return result;
}

static Result clock_of(Section *device, const char *prefix, int type, unsigned *mhz)
{
    static const char *const names[] = {"graphics", "sm", "memory", "video"};
    char key[40];
    if (type < 0 || type > 3)
        return INVALID_ARGUMENT;
    snprintf(key, sizeof key, "%s_%s_mhz", prefix, names[type]);
    long long value = 0;
    Result result = number(device, key, &value);
    if (result == SUCCESS)
        *mhz = (unsigned)value;
    return result;
}

API Result nvmlDeviceGetClockInfo(Section *device, int type, unsigned *mhz)
{
    ENTER("nvmlDeviceGetClockInfo", device);
    return clock_of(device, "clock", type, mhz);
}

API Result nvmlDeviceGetMaxClockInfo(Section *device, int type, unsigned *mhz)
{
    ENTER("nvmlDeviceGetMaxClockInfo", device);
    return clock_of(device, "max_clock", type, mhz);
}

/* PID:BYTES PID:BYTES ...; "self" is the calling process, "unknown" is memory that the driver does not tell. */
static Result processes_of(Section *device, const char *key, unsigned *count, ProcessInfo *out)
{
    Entry *entry = find(device, key);
    const char *rest = entry ? entry->value : "";
    ProcessInfo found[MAX_PROCESSES];
    unsigned have = 0;
    char pid[24], bytes[24];
    int used;
    while (have < MAX_PROCESSES && sscanf(rest, " %23[^: ]:%23s%n", pid, bytes, &used) == 2) {
        found[have++] = (ProcessInfo){
            .pid = strcmp(pid, "self") ? (unsigned)strtoul(pid, NULL, 10) : (unsigned)getpid(),
            .used_memory = strcmp(bytes, "unknown") ? strtoull(bytes, NULL, 10) : UINT64_MAX,
            .gpu_instance = UINT32_MAX,
            .compute_instance = UINT32_MAX,
        };
        rest += used;
    }
    unsigned room = *count;
    *count = have;
    if (have > room || (have > 0 && !out))
        return INSUFFICIENT_SIZE;
    if (have > 0)
        memcpy(out, found, have * sizeof *found);
    return SUCCESS;
}

API Result nvmlDeviceGetComputeRunningProcesses_v3(Section *device, unsigned *count, ProcessInfo *out)
{
    ENTER("nvmlDeviceGetComputeRunningProcesses", device);
    return processes_of(device, "compute_processes", count, out);
}

API Result nvmlDeviceGetGraphicsRunningProcesses_v3(Section *device, unsigned *count, ProcessInfo *out)
{
    ENTER("nvmlDeviceGetGraphicsRunningProcesses", device);
    return processes_of(device, "graphics_processes", count, out);
}

/* ---- whether a device is whole ---- */

typedef struct {
    unsigned field_id;
    unsigned scope_id;
    long long timestamp;
    long long latency_usec;
    int value_type;
    Result result;
    unsigned long long value;
} FieldValue;

typedef struct {
    unsigned version;
    unsigned char cluster_uuid[16];
    Result status;
    unsigned clique_id;
    unsigned state;
    unsigned health_mask;
} FabricInfo;

#define FIELD_RECOVERY_ACTION 230

API Result nvmlDeviceGetTotalEccErrors(Section *device, int error_type, int counter_type, unsigned long long *count)
{
    ENTER("nvmlDeviceGetTotalEccErrors", device);
    static const char *const keys[2][2] = {{"ecc_volatile_corrected", "ecc_aggregate_corrected"},
                                           {"ecc_volatile_uncorrected", "ecc_aggregate_uncorrected"}};
    if (error_type < 0 || error_type > 1 || counter_type < 0 || counter_type > 1)
        return INVALID_ARGUMENT;
    long long value = 0;
    Result result = number(device, keys[error_type][counter_type], &value);
    if (result == SUCCESS)
        *count = (unsigned long long)value;
    return result;
}

API Result nvmlDeviceGetRemappedRows(Section *device, unsigned *corrected, unsigned *uncorrected, unsigned *pending,
                                     unsigned *failed)
{
    ENTER("nvmlDeviceGetRemappedRows", device);
    unsigned *const outs[] = {corrected, uncorrected, pending, failed};
    static const char *const keys[] = {"remapped_corrected", "remapped_uncorrected", "remapped_pending",
                                       "remapped_failed"};
    for (int i = 0; i < 4; i++) {
        long long value = 0;
        Result result = number(device, keys[i], &value);
        if (result != SUCCESS)
            return result;
        *outs[i] = (unsigned)value;
    }
    return SUCCESS;
}

/* Tests need only how many pages there are, so their addresses are made up. */
API Result nvmlDeviceGetRetiredPages(Section *device, int cause, unsigned *count, unsigned long long *addresses)
{
    ENTER("nvmlDeviceGetRetiredPages", device);
    long long value = 0;
    Result result = number(device, cause ? "retired_double_bit" : "retired_single_bit", &value);
    if (result != SUCCESS)
        return result;
    unsigned room = *count;
    *count = (unsigned)value;
    if (room < (unsigned)value || (value > 0 && !addresses))
        return INSUFFICIENT_SIZE;
    for (unsigned i = 0; i < (unsigned)value; i++)
        addresses[i] = 0x1000ULL * (i + 1);
    return SUCCESS;
}

NUMBER_GETTER(nvmlDeviceGetRetiredPagesPendingStatus, int, "retired_pending")

API Result nvmlDeviceGetTemperatureThreshold(Section *device, int threshold, unsigned *celsius)
{
    ENTER("nvmlDeviceGetTemperatureThreshold", device);
    long long value = 0;
    Result result = threshold == 1 ? number(device, "slowdown_temperature_c", &value) : NOT_SUPPORTED;
    if (result == SUCCESS)
        *celsius = (unsigned)value;
    return result;
}

API Result nvmlDeviceGetFieldValues(Section *device, int count, FieldValue *values)
{
    ENTER("nvmlDeviceGetFieldValues", device);
    for (int i = 0; i < count; i++) {
        long long value = 0;
        values[i].result = values[i].field_id == FIELD_RECOVERY_ACTION ? number(device, "recovery_action", &value)
                                                                       : NOT_SUPPORTED;
        values[i].value_type = 1; /* unsigned int */
        values[i].value = (unsigned long long)value;
    }
    return SUCCESS;
}

API Result nvmlDeviceGetGpuFabricInfoV(Section *device, FabricInfo *out)
{
    ENTER("nvmlDeviceGetGpuFabricInfoV", device);
    long long value = 0;
    Result result = number(device, "fabric_state", &value);
    if (result == SUCCESS)
        out->state = (unsigned)value;
    return result;
}
