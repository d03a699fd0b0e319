// An OpenCL driver for tests: one platform with one device that describes itself and does nothing else. MODE, or the
// environment variable TEST_DRIVER if MODE is "environment", names a fault: WHAT-WHEN, for example crash-load.
//
//   when   load       the library is loaded
//          platforms  clIcdGetPlatformIDsKHR
//          name       clGetPlatformInfo
//          devices    clGetDeviceIDs
//          device     clGetDeviceInfo
//          context    clCreateContext
//   what   crash, abort, exit (code 0), quit (code 7, without handlers), hang, signal (SIGFPE), print, murmur (prints
//          into the C library's buffer without a flush)
//
// Comments at the code describe further faults.
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef MODE
#define MODE "environment"
#endif

typedef void *handle;
typedef int32_t cl_int;
typedef uint32_t cl_uint;

enum {
    SUCCESS = 0,
    DEVICE_NOT_FOUND = -1,
    OUT_OF_HOST_MEMORY = -6,
    INVALID_VALUE = -30,
    PLATFORM_VERSION = 0x0901,
    PLATFORM_NAME = 0x0902,
    PLATFORM_VENDOR = 0x0903,
    PLATFORM_EXTENSIONS = 0x0904,
    PLATFORM_ICD_SUFFIX = 0x0920,
    DEVICE_TYPE = 0x1000,
    DEVICE_MAX_COMPUTE_UNITS = 0x1002,
    DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
    DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010,
    DEVICE_GLOBAL_MEM_SIZE = 0x101F,
    DEVICE_NAME = 0x102B,
    DEVICE_VENDOR = 0x102C,
    DRIVER_VERSION = 0x102D,
    DEVICE_VERSION = 0x102F,
    DEVICE_EXTENSIONS = 0x1030
};

// An ICD's objects begin with a pointer to its function table.
static handle table[256];
static struct object { handle *functions; } platform = {table}, device = {table};

// Red text, a window title, a line break, a bell, invalid UTF-8, and a right-to-left mark.
static const char CONTROLS[] = "\x1b[31mred\x1b[0m\x1b]0;title\x07\nline\r\x07\xff\xe2\x80\xae<b>";

static int is(const char *mode) {
    const char *given = strcmp(MODE, "environment") ? MODE : getenv("TEST_DRIVER");
    return given && !strcmp(given, mode);
}

static int does(const char *what, const char *when) {
    char mode[64];
    snprintf(mode, sizeof mode, "%s-%s", what, when);
    return is(mode);
}

static void misbehave(const char *when) {
    if (does("crash", when)) *(volatile int *)16 = 1;
    if (does("abort", when)) abort();
    if (does("exit", when)) exit(0);
    if (does("quit", when)) _exit(7);
    if (does("signal", when)) raise(SIGFPE);
    while (does("hang", when)) sleep(1);
    if (does("print", when)) {
        printf("the driver prints\n");
        fflush(stdout);
        fprintf(stderr, "the driver complains\n");
    }
    if (does("murmur", when)) printf("the driver prints\n");
}

static cl_int answer(const void *value, size_t size, size_t room, void *to, size_t *actual) {
    if (actual) *actual = size;
    if (!to) return SUCCESS;
    if (room < size) return INVALID_VALUE;
    memcpy(to, value, size);
    return SUCCESS;
}

static cl_int text(const char *value, size_t room, void *to, size_t *actual) {
    return answer(value, strlen(value) + 1, room, to, actual);
}

static cl_int get_platform_ids(cl_uint room, handle *to, cl_uint *count) {
    misbehave("platforms");
    if (count) *count = is("no-platform") ? 0 : 1;
    if (to && room) to[0] = &platform;
    return SUCCESS;
}

static cl_int get_platform_info(handle of, cl_uint what, size_t room, void *to, size_t *actual) {
    (void)of;
    misbehave("name");
    switch (what) {
        case PLATFORM_ICD_SUFFIX: return text("TEST", room, to, actual);
        case PLATFORM_EXTENSIONS: return text("cl_khr_icd", room, to, actual);
        case PLATFORM_VERSION: return text("OpenCL 1.2 test", room, to, actual);
        case PLATFORM_NAME:
            if (is("controls")) return text(CONTROLS, room, to, actual);
            if (is("long-name")) {
                static char name[1000001];
                memset(name, 'N', sizeof name - 1);
                return text(name, room, to, actual);
            }
            // A size of 2 GiB, of 1 TiB, and a negative one.
            if (is("size-2g") && !to) return *actual = 0x7fffffff, SUCCESS;
            if (is("size-1t") && !to) return *actual = (size_t)1 << 40, SUCCESS;
            if (is("size-negative") && !to) return *actual = (size_t)-1, SUCCESS;
            return text("Test platform", room, to, actual);
        default: return text("Test vendor", room, to, actual);
    }
}

static cl_int get_device_ids(handle of, uint64_t type, cl_uint room, handle *to, cl_uint *count) {
    (void)of;
    (void)type;
    misbehave("devices");
    if (is("no-device")) return DEVICE_NOT_FOUND;
    cl_uint devices = is("devices-2g") ? 0x7fffffff : is("devices-100000") ? 100000 : 1;
    if (count) *count = devices;
    for (cl_uint i = 0; to && i < room && i < devices; i++) to[i] = &device;
    return SUCCESS;
}

static cl_int get_device_info(handle of, cl_uint what, size_t room, void *to, size_t *actual) {
    (void)of;
    misbehave("device");
    switch (what) {
        case DEVICE_NAME: return text(is("controls") ? CONTROLS : "Test device (" MODE ")", room, to, actual);
        case DEVICE_VENDOR: return text("Test vendor", room, to, actual);
        case DRIVER_VERSION: return text("1.0", room, to, actual);
        case DEVICE_VERSION: return text("OpenCL 1.2 test", room, to, actual);
        case DEVICE_EXTENSIONS: return text("cl_khr_fp64", room, to, actual);
        default: break;
    }
    uint64_t number = what == DEVICE_TYPE ? 2
        : what == DEVICE_MAX_COMPUTE_UNITS ? 4
        : what == DEVICE_MAX_WORK_GROUP_SIZE ? 256
        : what == DEVICE_MAX_MEM_ALLOC_SIZE || what == DEVICE_GLOBAL_MEM_SIZE ? 1u << 30
        : 0;
    if (is("zeros")) number = 0;
    if (is("ones")) number = UINT64_MAX;
    return answer(&number, sizeof number, room, to, actual);
}

static handle create_context(
    const void *properties, cl_uint count, const handle *devices, handle notify, handle data, cl_int *code) {
    (void)properties;
    (void)count;
    (void)devices;
    (void)notify;
    (void)data;
    misbehave("context");
    if (code) *code = OUT_OF_HOST_MEMORY;
    return NULL;
}

static cl_int refuse(void) {
    return OUT_OF_HOST_MEMORY;
}

__attribute__((constructor)) static void loaded(void) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) table[i] = (handle)refuse;
    // In the order of the ICD specification.
    table[0] = (handle)get_platform_ids;
    table[1] = (handle)get_platform_info;
    table[2] = (handle)get_device_ids;
    table[3] = (handle)get_device_info;
    table[4] = (handle)create_context;
    misbehave("load");
    if (is("close-files")) {
        close(0);
        close(1);
        close(2);
    }
    if (is("ignore-signals")) {
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
    }
    if (is("change-folder") && chdir("/")) abort();
}

handle clGetExtensionFunctionAddress(const char *name) {
    if (!strcmp(name, "clIcdGetPlatformIDsKHR")) return (handle)get_platform_ids;
    return !strcmp(name, "clGetPlatformInfo") ? (handle)get_platform_info : NULL;
}

cl_int clIcdGetPlatformIDsKHR(cl_uint room, handle *to, cl_uint *count) {
    return get_platform_ids(room, to, count);
}

cl_int clGetPlatformInfo(handle of, cl_uint what, size_t room, void *to, size_t *actual) {
    return get_platform_info(of, what, room, to, actual);
}
