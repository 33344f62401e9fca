/* A camera that exists only for the process that preloads this: /dev/video70 answers as a V4L2 driver would.
 *
 * FAKE_CAMERA: a file whose first word says how the camera is: "fine", "busy", "forbidden", "silent", "gone".
 * It offers YUYV at 320x240 and 640x480 (30 a second), and at 1280x720 (5 a second). The luma of every picture is
 * the number of the picture.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BUFFERS 4
static const unsigned sizes[3][2] = {{320, 240}, {640, 480}, {1280, 720}};
static const unsigned rates[3] = {30, 30, 5};
static int camera = -1;
static unsigned width = 640, height = 480, rate = 30, number;
static unsigned char *memory[BUFFERS];
static unsigned queue[64], first, last;

static int state(const char *word) {
    char text[32] = "fine";
    FILE *file = fopen(getenv("FAKE_CAMERA"), "r");
    if (file) { if (!fgets(text, sizeof text, file)) strcpy(text, "fine"); fclose(file); }
    return strncmp(text, word, strlen(word)) == 0;
}

static int fail(int code) { errno = code; return -1; }

static int attach(const char *path) {
    (void)path;
    if (state("gone")) return fail(ENOENT);
    if (state("busy")) return fail(EBUSY);
    if (state("forbidden")) return fail(EACCES);
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    return camera = real("/dev/null", O_RDWR);
}

#define OPENER(name)                                                             \
    int name(const char *path, int flags, ...) {                                 \
        va_list list; va_start(list, flags); int mode = va_arg(list, int); va_end(list); \
        if (strcmp(path, "/dev/video70") == 0) return attach(path);             \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);           \
        return real(path, flags, mode);                                          \
    }
OPENER(open)
OPENER(open64)

static void wait_for_picture(void) {
    struct timespec pause = {0, 1000000000L / rate};
    nanosleep(&pause, NULL);
}

static int answer(unsigned long call, void *data) {
    switch (call & 0xffffffff) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *told = data;
        memset(told, 0, sizeof *told);
        strcpy((char *)told->card, "Drawn Camera");
        strcpy((char *)told->driver, "drawn");
        told->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        told->capabilities = told->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_ENUM_FMT: {
        struct v4l2_fmtdesc *told = data;
        if (told->index) return fail(EINVAL);
        told->pixelformat = V4L2_PIX_FMT_YUYV;
        return 0;
    }
    case VIDIOC_ENUM_FRAMESIZES: {
        struct v4l2_frmsizeenum *told = data;
        if (told->index > 2) return fail(EINVAL);
        told->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        told->discrete.width = sizes[told->index][0];
        told->discrete.height = sizes[told->index][1];
        return 0;
    }
    case VIDIOC_ENUM_FRAMEINTERVALS: {
        struct v4l2_frmivalenum *told = data;
        if (told->index) return fail(EINVAL);
        told->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        told->discrete.numerator = 1;
        told->discrete.denominator = told->width == 1280 ? rates[2] : rates[0];
        return 0;
    }
    case VIDIOC_ENUMINPUT: {
        struct v4l2_input *told = data;
        memset(told, 0, sizeof *told);
        return told->index ? fail(EINVAL) : 0;
    }
    case VIDIOC_G_INPUT:
    case VIDIOC_S_INPUT: return 0;
    case VIDIOC_G_FMT:
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT: {
        struct v4l2_format *told = data;
        if ((call & 0xffffffff) != VIDIOC_G_FMT) {
            unsigned best = 0;
            for (unsigned i = 0; i < 3; i++)
                if (abs((int)sizes[i][0] - (int)told->fmt.pix.width) < abs((int)sizes[best][0] - (int)told->fmt.pix.width))
                    best = i;
            width = sizes[best][0], height = sizes[best][1], rate = rates[best];
        }
        told->fmt.pix.width = width, told->fmt.pix.height = height;
        told->fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
        told->fmt.pix.field = V4L2_FIELD_NONE;
        told->fmt.pix.bytesperline = width * 2;
        told->fmt.pix.sizeimage = width * height * 2;
        return 0;
    }
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_streamparm *told = data;
        told->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
        told->parm.capture.timeperframe.numerator = 1;
        told->parm.capture.timeperframe.denominator = rate;
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *told = data;
        told->count = told->count ? BUFFERS : 0;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *told = data;
        told->length = width * height * 2;
        told->m.offset = told->index << 12;
        return 0;
    }
    case VIDIOC_QBUF: queue[last++ % 64] = ((struct v4l2_buffer *)data)->index; return 0;
    case VIDIOC_STREAMON: first = 0; return 0;
    case VIDIOC_STREAMOFF: return 0;
    case VIDIOC_DQBUF: {
        struct v4l2_buffer *told = data;
        wait_for_picture();
        while (state("silent")) wait_for_picture();
        if (state("gone")) return fail(ENODEV);
        told->index = queue[first++ % 64];
        told->bytesused = width * height * 2;
        told->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        struct timespec clock;
        clock_gettime(CLOCK_MONOTONIC, &clock);
        told->timestamp.tv_sec = clock.tv_sec, told->timestamp.tv_usec = clock.tv_nsec / 1000;
        unsigned char *pixels = memory[told->index];
        for (unsigned i = 0; i < told->bytesused; i += 2) pixels[i] = 16 + number % 200, pixels[i + 1] = 128;
        number++;
        return 0;
    }
    default: return fail(EINVAL);
    }
}

int ioctl(int handle, unsigned long call, ...) {
    va_list list; va_start(list, call); void *data = va_arg(list, void *); va_end(list);
    if (handle == camera && camera >= 0) return answer(call, data);
    int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    return real(handle, call, data);
}

#define MAPPER(name)                                                                                \
    void *name(void *at, size_t length, int protection, int flags, int handle, off_t offset) {      \
        void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, #name);              \
        if (handle != camera || camera < 0) return real(at, length, protection, flags, handle, offset); \
        void *made = real(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); \
        memory[(offset >> 12) % BUFFERS] = made;                                                    \
        return made;                                                                                \
    }
MAPPER(mmap)
MAPPER(mmap64)
