/* A PKCS#11 library with one slot and one key in it, and one fault: see faulty_drivers.py.
 *
 * Only what it needs of PKCS#11 2.40 is declared here, by the numbers of that standard.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong;
typedef unsigned char byte;

enum {
    CKR_OK = 0x0,
    CKR_FUNCTION_FAILED = 0x6,
    CKR_FUNCTION_NOT_SUPPORTED = 0x54,
    CKR_BUFFER_TOO_SMALL = 0x150,
    CKR_TOKEN_NOT_RECOGNIZED = 0xE1,
    CKF_TOKEN_PRESENT = 0x1,
    CKF_LOGIN_REQUIRED = 0x4,
    CKF_USER_PIN_INITIALIZED = 0x8,
    CKF_TOKEN_INITIALIZED = 0x400,
    CKA_CLASS = 0x0,
    CKO_CERTIFICATE = 0x1,
};
#define VENDOR_CODE 0x80000123UL

struct version { byte major, minor; };
struct library { struct version cryptoki; byte maker[32]; ulong flags; byte name[32]; struct version own; };
struct slot { byte name[64], maker[32]; ulong flags; struct version hardware, firmware; };
struct token {
    byte label[32], maker[32], model[16], serial[16];
    ulong flags;
    ulong most_sessions, sessions, most_writing, writing, longest_pin, shortest_pin;
    ulong public_memory, public_free, private_memory, private_free;
    struct version hardware, firmware;
    byte clock[16];
};
struct attribute { ulong type; void *value; ulong size; };

/* Positions in CK_FUNCTION_LIST. */
enum {
    INITIALIZE = 0, FINALIZE = 1, GET_INFO = 2, GET_FUNCTION_LIST = 3, GET_SLOT_LIST = 4,
    GET_SLOT_INFO = 5, GET_TOKEN_INFO = 6, GET_MECHANISM_LIST = 7, OPEN_SESSION = 12,
    CLOSE_SESSION = 13, CLOSE_ALL_SESSIONS = 14, LOGIN = 18, LOGOUT = 19,
    GET_ATTRIBUTE_VALUE = 24, FIND_OBJECTS_INIT = 26, FIND_OBJECTS = 27, FIND_OBJECTS_FINAL = 28,
    FUNCTIONS = 68,
};

static void crash(void) { *(volatile int *)16 = 0; }
static void hang(void) { for (;;) pause(); }
static void fill(byte *field, size_t size, const char *text) {
    memset(field, ' ', size);
    memcpy(field, text, strlen(text));
}

/* 64 KiB to both channels. */
static void print(void) {
    char line[1024];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    for (int i = 0; i < 64; i++)
        if (write(1, line, sizeof line) < 0 || write(2, line, sizeof line) < 0) return;
}

#ifdef FAULT_MISSING_DEPENDENCY
extern int from_elsewhere(void);
int needs_it(void) { return from_elsewhere(); }
#endif

__attribute__((constructor)) static void loaded(void) {
#ifdef FAULT_CRASH_AT_LOAD
    crash();
#elif defined FAULT_HANG_AT_LOAD
    hang();
#endif
}

static ulong initialize(void *arguments) {
#ifdef FAULT_CRASH_IN_INITIALIZE
    crash();
#elif defined FAULT_HANG_IN_INITIALIZE
    hang();
#endif
    return CKR_OK;
}

static ulong finalize(void *reserved) { return CKR_OK; }

static ulong get_info(struct library *info) {
    memset(info, 0, sizeof *info);
    info->cryptoki = (struct version){2, 40};
    fill(info->maker, sizeof info->maker, "clerk_client");
    fill(info->name, sizeof info->name, "faulty driver");
    return CKR_OK;
}

static ulong get_slot_list(byte with_token, ulong *slots, ulong *count) {
#ifdef FAULT_CRASH_IN_SLOT_LIST
    crash();
#elif defined FAULT_HANG_IN_SLOT_LIST
    hang();
#elif defined FAULT_ENDLESS_OUTPUT
    for (;;) print();
#elif defined FAULT_CHATTER
    print();
#elif defined FAULT_MEMORY_GROWTH
    size_t size = 64 << 20;
    byte *lost = malloc(size);
    if (lost != NULL)
        for (size_t at = 0; at < size; at += 4096) ((volatile byte *)lost)[at] = 1;
#elif defined FAULT_VENDOR_CODE
    return VENDOR_CODE;
#elif defined FAULT_ABSURD_SLOT_COUNT
    *count = 4000000000UL;
    return CKR_OK;
#endif
    if (slots != NULL) {
        if (*count < 1) return CKR_BUFFER_TOO_SMALL;
        slots[0] = 0;
    }
    *count = 1;
    return CKR_OK;
}

static ulong get_slot_info(ulong slot, struct slot *info) {
    memset(info, 0, sizeof *info);
    fill(info->name, sizeof info->name, "faulty slot");
    fill(info->maker, sizeof info->maker, "clerk_client");
    info->flags = CKF_TOKEN_PRESENT;
    return CKR_OK;
}

static ulong get_token_info(ulong slot, struct token *info) {
#ifdef FAULT_UNRECOGNIZED_TOKEN
    return CKR_TOKEN_NOT_RECOGNIZED;
#elif defined FAULT_TOKEN_INFO_FAILS
    return 0x30; /* CKR_DEVICE_ERROR */
#endif
    memset(info, 0, sizeof *info);
#ifdef FAULT_GB18030_LABEL
    fill(info->label, sizeof info->label, "\xD6\xD0\xC9\xBD\xB7\xD6\xCC\xFC"); /* 中山分厅 */
#else
    fill(info->label, sizeof info->label, "FAULTY");
#endif
    fill(info->maker, sizeof info->maker, "clerk_client");
    fill(info->model, sizeof info->model, "faulty");
    fill(info->serial, sizeof info->serial, "0001");
    info->flags = CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;
#ifdef FAULT_TOKEN_NOT_INITIALIZED
    info->flags = CKF_LOGIN_REQUIRED;
#endif
    info->longest_pin = 16;
    info->shortest_pin = 4;
    return CKR_OK;
}

static ulong get_mechanism_list(ulong slot, ulong *mechanisms, ulong *count) {
    *count = 0;
    return CKR_OK;
}

static ulong open_session(ulong slot, ulong flags, void *own, void *notify, ulong *session) {
    *session = 1;
    return CKR_OK;
}

static ulong close_one(ulong which) { return CKR_OK; }

static ulong log_in(ulong session, ulong user, byte *pin, ulong size) {
#ifdef FAULT_CRASH_IN_LOGIN
    crash();
#endif
    return CKR_OK;
}

/* There is no object, or one certificate, or always another one. */
static ulong to_find;

static ulong find_objects_init(ulong session, struct attribute *wanted, ulong count) {
#ifdef FAULT_HUGE_ATTRIBUTE
    to_find = 1;
#elif defined FAULT_ENDLESS_OBJECTS
    to_find = -1UL;
#endif
    return CKR_OK;
}

static ulong find_objects(ulong session, ulong *objects, ulong most, ulong *count) {
    for (*count = 0; *count < most && to_find > 0; to_find--) objects[(*count)++] = 1;
    return CKR_OK;
}

/* Every attribute claims to have 1 TiB, but for the class, which a binding has to know first. */
static ulong get_attribute_value(ulong session, ulong object, struct attribute *asked, ulong count) {
    for (ulong i = 0; i < count; i++) {
        if (asked[i].type == CKA_CLASS) {
            if (asked[i].value != NULL) *(ulong *)asked[i].value = CKO_CERTIFICATE;
            asked[i].size = sizeof(ulong);
        } else {
            asked[i].size = 1UL << 40;
        }
    }
    return CKR_OK;
}

static ulong unsupported(void) { return CKR_FUNCTION_NOT_SUPPORTED; }

static struct { struct version version; void *functions[FUNCTIONS]; } list = {
    {2, 40},
    {
        [0 ... FUNCTIONS - 1] = unsupported,
        [INITIALIZE] = initialize,
        [FINALIZE] = finalize,
        [GET_INFO] = get_info,
        [GET_SLOT_LIST] = get_slot_list,
        [GET_SLOT_INFO] = get_slot_info,
        [GET_TOKEN_INFO] = get_token_info,
        [GET_MECHANISM_LIST] = get_mechanism_list,
        [OPEN_SESSION] = open_session,
        [CLOSE_SESSION] = close_one,
        [CLOSE_ALL_SESSIONS] = close_one,
        [LOGIN] = log_in,
        [LOGOUT] = close_one,
        [GET_ATTRIBUTE_VALUE] = get_attribute_value,
        [FIND_OBJECTS_INIT] = find_objects_init,
        [FIND_OBJECTS] = find_objects,
        [FIND_OBJECTS_FINAL] = close_one,
    },
};

#ifndef FAULT_NO_ENTRY_POINT
__attribute__((visibility("default"))) ulong C_GetFunctionList(void **answer) {
#ifdef FAULT_ENTRY_POINT_REFUSES
    return CKR_FUNCTION_FAILED;
#endif
    *answer = &list;
    return CKR_OK;
}
#endif
