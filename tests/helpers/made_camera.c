/* A V4L2 camera for one process, by LD_PRELOAD: OpenCV's own camera reader runs against it.
 *
 * The device is a plain file. Opened, it becomes a timer that is ready once a frame, so that
 * select and poll are the system's own; ioctl, mmap and close of it are answered here. Its
 * sequence of pictures is read from files. Settings come by the environment, and what was asked of
 * the camera goes to a file, one request a line. tests/helpers/made_camera.py says the rest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MOST_BUFFERS 32
#define MOST_PICTURES 16
#define NUMBERS 1024

static unsigned char ours[NUMBERS]; /* descriptors of the camera */
static int loaded;
static char device[512], log_path[512], fault[32];
static long fault_after, period_us = 33333;
static int width = 640, height = 480, fixed_size, yuyv_only;
static struct { unsigned char *bytes; size_t size; } pictures[MOST_PICTURES];
static unsigned int picture_count;

static struct { void *start; int queued; } buffers[MOST_BUFFERS];
static unsigned int buffer_count;
static int owner = -1, streaming;
static unsigned int fourcc = V4L2_PIX_FMT_MJPEG;
static unsigned long frames;
static int brightness = 0, exposure = 156, exposure_mode = 3;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static void load(void) {
    if (loaded) return;
    loaded = 1;
    snprintf(device, sizeof device, "%s", setting("MADE_CAMERA"));
    snprintf(log_path, sizeof log_path, "%s", setting("MADE_CAMERA_LOG"));
    if (sscanf(setting("MADE_CAMERA_FAULT"), "%31[a-z_]:%ld", fault, &fault_after) < 1) fault[0] = 0;
    if (sscanf(setting("MADE_CAMERA_SIZE"), "%dx%d", &width, &height) == 2) fixed_size = 1;
    if (*setting("MADE_CAMERA_PERIOD_US")) period_us = atol(setting("MADE_CAMERA_PERIOD_US"));
    yuyv_only = !strcmp(setting("MADE_CAMERA_FORMAT"), "YUYV");
    if (yuyv_only) fourcc = V4L2_PIX_FMT_YUYV;
    for (; picture_count < MOST_PICTURES; picture_count++) {
        char path[600];
        snprintf(path, sizeof path, "%s/%u.jpg", setting("MADE_CAMERA_PICTURES"), picture_count);
        int file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
        if (file < 0) break;
        size_t size = lseek(file, 0, SEEK_END);
        pictures[picture_count].bytes = malloc(size + 1);
        pictures[picture_count].size = pread(file, pictures[picture_count].bytes, size, 0);
        syscall(SYS_close, file);
    }
}

static void note(const char *line) {
    int file = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (file < 0) return;
    char text[128];
    int length = snprintf(text, sizeof text, "%s\n", line);
    (void)!write(file, text, length);
    syscall(SYS_close, file);
}

static int fails(const char *name) {
    return !strcmp(fault, name) && (long)frames >= fault_after;
}

static void hang(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    note("hangs");
    for (;;) pause();
}

static int refused(int error) {
    errno = error;
    return -1;
}

static int is_ours(int number) { return number >= 0 && number < NUMBERS && ours[number]; }

static int open_any(int folder, const char *path, int flags, int mode) {
    load();
    if (!*device || strcmp(path, device)) return syscall(SYS_openat, folder, path, flags, mode);
    if (access(device, F_OK)) return refused(ENOENT);
    if (fails("absent") || fails("lost")) return refused(ENODEV);
    if (fails("hang_in_open")) hang();
    if (fails("denied")) return refused(EACCES);
    int number = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (number >= 0 && number < NUMBERS) ours[number] = 1;
    return number;
}

#define OPENING(name)                                      \
    int name(const char *path, int flags, ...) {           \
        va_list more;                                      \
        va_start(more, flags);                             \
        int mode = va_arg(more, int);                      \
        va_end(more);                                      \
        return open_any(AT_FDCWD, path, flags, mode);      \
    }
OPENING(open)
OPENING(open64)

static void pace(int number, long period) {
    struct itimerspec every = {0};
    every.it_interval.tv_sec = every.it_value.tv_sec = period / 1000000;
    every.it_interval.tv_nsec = every.it_value.tv_nsec = period % 1000000 * 1000;
    timerfd_settime(number, 0, &every, NULL);
}

static size_t room(void) { return (size_t)width * height * 2 + 4096; }

int close(int number) {
    if (is_ours(number)) {
        ours[number] = 0;
        if (owner == number) {
            owner = -1;
            streaming = 0;
        }
    }
    return syscall(SYS_close, number);
}

static void *map_any(void *at, size_t size, int access_, int flags, int number, off_t offset) {
    if (!is_ours(number))
        return (void *)syscall(SYS_mmap, at, size, access_, flags, number, offset);
    unsigned int index = offset / 4096;
    if (index >= buffer_count) return (void *)(intptr_t)refused(EINVAL);
    return buffers[index].start = (void *)syscall(
               SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
void *mmap(void *at, size_t size, int access_, int flags, int number, off_t offset) {
    return map_any(at, size, access_, flags, number, offset);
}
void *mmap64(void *at, size_t size, int access_, int flags, int number, off64_t offset) {
    return map_any(at, size, access_, flags, number, offset);
}

static void describe(struct v4l2_pix_format *format) {
    format->width = width;
    format->height = height;
    format->pixelformat = fourcc;
    format->field = V4L2_FIELD_NONE;
    format->bytesperline = fourcc == V4L2_PIX_FMT_YUYV ? width * 2 : 0;
    format->sizeimage = room();
    format->colorspace = V4L2_COLORSPACE_SRGB;
}

static size_t paint(unsigned char *into) {
    unsigned long shown = fails("frozen") ? 0 : frames;
    if (fails("garbage")) {
        memset(into, 0x5A, 1000);
        into[shown % 1000] = shown;
        return 1000;
    }
    if (fourcc == V4L2_PIX_FMT_YUYV) {
        for (size_t i = 0; i < (size_t)width * height; i++) {
            into[2 * i] = 100 + (i + shown) % 50;
            into[2 * i + 1] = 128;
        }
        return (size_t)width * height * 2;
    }
    if (!picture_count) return 0;
    size_t size = pictures[shown % picture_count].size;
    if (size > room()) size = room();
    memcpy(into, pictures[shown % picture_count].bytes, size);
    return size;
}

static int dequeue(int number, struct v4l2_buffer *buffer) {
    uint64_t ticks;
    if (number != owner || !streaming) return refused(EINVAL);
    if (fails("hang")) hang();
    if (fails("unplugged")) {
        unlink(device);
        return refused(ENODEV);
    }
    if (fails("lost")) return refused(ENODEV); /* gone, with its file still there */
    if (fails("crash")) abort();
    if (fails("stalled")) {
        note("stalls");
        pace(number, 0);
        if (read(number, &ticks, sizeof ticks) < 0) return refused(EAGAIN);
        return refused(EAGAIN);
    }
    if (read(number, &ticks, sizeof ticks) != sizeof ticks) return refused(EAGAIN);
    if (fails("slow")) pace(number, 1500000);
    if (fails("hiccup") && frames == (unsigned long)fault_after) {
        frames++;
        return refused(EINVAL);
    }
    for (unsigned int i = 0; i < buffer_count; i++) {
        if (!buffers[i].queued) continue;
        buffers[i].queued = 0;
        buffer->index = i;
        buffer->bytesused = paint(buffers[i].start);
        buffer->length = room();
        buffer->m.offset = i * 4096;
        buffer->flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        buffer->field = V4L2_FIELD_NONE;
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        buffer->timestamp.tv_sec = now.tv_sec;
        buffer->timestamp.tv_usec = now.tv_nsec / 1000;
        buffer->sequence = frames++;
        return 0;
    }
    return refused(EAGAIN);
}

static int control(unsigned long request, void *argument) {
    if (request == VIDIOC_QUERYCTRL) {
        struct v4l2_queryctrl *asked = argument;
        switch (asked->id) {
        case V4L2_CID_BRIGHTNESS:
            asked->minimum = -64, asked->maximum = 64, asked->step = 1, asked->default_value = 0;
            return 0;
        case V4L2_CID_EXPOSURE_ABSOLUTE:
            asked->minimum = 3, asked->maximum = 2047, asked->step = 1;
            asked->default_value = 156;
            return 0;
        case V4L2_CID_EXPOSURE_AUTO:
            asked->minimum = 0, asked->maximum = 3, asked->step = 1, asked->default_value = 3;
            return 0;
        }
        return refused(EINVAL);
    }
    struct v4l2_control *asked = argument;
    int *value = asked->id == V4L2_CID_BRIGHTNESS          ? &brightness
                 : asked->id == V4L2_CID_EXPOSURE_ABSOLUTE ? &exposure
                 : asked->id == V4L2_CID_EXPOSURE_AUTO     ? &exposure_mode
                                                           : NULL;
    if (!value) return refused(EINVAL);
    if (request == VIDIOC_G_CTRL) {
        asked->value = *value;
        return 0;
    }
    if (value == &exposure && exposure_mode != V4L2_EXPOSURE_MANUAL) return refused(EACCES);
    *value = asked->value;
    char line[64];
    snprintf(line, sizeof line, "%s %d",
             value == &brightness ? "brightness" : value == &exposure ? "exposure" : "mode", *value);
    note(line);
    return 0;
}

static int set_format(int number, struct v4l2_pix_format *format) {
    char line[64];
    if (owner >= 0 && owner != number) return refused(EBUSY);
    if (format->pixelformat == V4L2_PIX_FMT_MJPEG || format->pixelformat == V4L2_PIX_FMT_YUYV) {
        fourcc = yuyv_only ? V4L2_PIX_FMT_YUYV : format->pixelformat;
        snprintf(line, sizeof line, "format %.4s %ux%u", (char *)&format->pixelformat,
                 format->width, format->height);
        note(line);
        if (!fixed_size && format->width && format->height)
            width = format->width, height = format->height;
    }
    describe(format);
    return 0;
}

static int answer(int number, unsigned long request, void *argument) {
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *told = argument;
        memset(told, 0, sizeof *told);
        strcpy((char *)told->driver, "uvcvideo");
        strcpy((char *)told->card, "Made Camera");
        told->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        told->capabilities = told->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_G_FMT:
        describe(&((struct v4l2_format *)argument)->fmt.pix);
        return 0;
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT:
        return set_format(number, &((struct v4l2_format *)argument)->fmt.pix);
    case VIDIOC_S_PARM:
    case VIDIOC_G_PARM: {
        struct v4l2_captureparm *told = &((struct v4l2_streamparm *)argument)->parm.capture;
        told->capability = V4L2_CAP_TIMEPERFRAME;
        told->timeperframe.numerator = 1;
        told->timeperframe.denominator = 1000000 / period_us;
        return 0;
    }
    case VIDIOC_G_INPUT:
        *(int *)argument = 0;
        return 0;
    case VIDIOC_S_INPUT:
        return 0;
    case VIDIOC_ENUMINPUT:
        return ((struct v4l2_input *)argument)->index ? refused(EINVAL) : 0;
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *asked = argument;
        if (fails("busy")) return refused(EBUSY);
        if (owner >= 0 && owner != number) return refused(EBUSY);
        if (asked->memory != V4L2_MEMORY_MMAP) return refused(EINVAL);
        if (asked->count > MOST_BUFFERS) asked->count = MOST_BUFFERS;
        buffer_count = asked->count;
        owner = buffer_count ? number : -1;
        memset(buffers, 0, sizeof buffers);
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *asked = argument;
        if (asked->index >= buffer_count) return refused(EINVAL);
        asked->length = room();
        asked->m.offset = asked->index * 4096;
        return 0;
    }
    case VIDIOC_QBUF: {
        struct v4l2_buffer *asked = argument;
        if (asked->index >= buffer_count) return refused(EINVAL);
        buffers[asked->index].queued = 1;
        return 0;
    }
    case VIDIOC_DQBUF:
        return dequeue(number, argument);
    case VIDIOC_STREAMON:
        if (fails("no_bandwidth")) return refused(ENOSPC);
        note("streams");
        streaming = 1;
        pace(number, period_us);
        return 0;
    case VIDIOC_STREAMOFF:
        if (fails("hang_in_close")) hang();
        if (streaming) note("stops");
        streaming = 0;
        for (unsigned int i = 0; i < MOST_BUFFERS; i++) buffers[i].queued = 0;
        return 0;
    case VIDIOC_QUERYCTRL:
    case VIDIOC_G_CTRL:
    case VIDIOC_S_CTRL:
        return control(request, argument);
    }
    return refused(ENOTTY);
}

int ioctl(int number, unsigned long request, ...) {
    va_list more;
    va_start(more, request);
    void *argument = va_arg(more, void *);
    va_end(more);
    if (!is_ours(number)) return syscall(SYS_ioctl, number, request, argument);
    /* Python hands the request over as a signed figure. */
    return answer(number, request & 0xFFFFFFFFUL, argument);
}
