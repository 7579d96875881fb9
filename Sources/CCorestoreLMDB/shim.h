#include <lmdb.h>

#if defined(__linux__) && defined(__GLIBC__)
#include <linux/stat.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Asks when the file was created, and returns 1, or 0 where its file system does not know. By number, because the C
/// library declares statx only to those who ask for all of GNU.
static inline int corestore_birth_time(int descriptor, int64_t *seconds, uint32_t *nanoseconds) {
    struct statx status;
    const int onDescriptorItself = 0x1000;
    long result = syscall(SYS_statx, descriptor, "", onDescriptorItself, STATX_BTIME, &status);
    if (result != 0 || !(status.stx_mask & STATX_BTIME)) return 0;
    *seconds = status.stx_btime.tv_sec;
    *nanoseconds = status.stx_btime.tv_nsec;
    return 1;
}
#endif
