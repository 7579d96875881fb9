#define _GNU_SOURCE
#include "HuntShim.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// The functions underneath, and what the environment asks for.

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

enum { MAX_DESCRIPTORS = 4096 };

/// What is known of a descriptor; inode 0 is one that is not below the root.
struct Seen {
    uint64_t inode;
    int synced;
};

static struct Seen seen[MAX_DESCRIPTORS];
static char root[PATH_MAX];
static size_t rootLength;
static int trace = -1;
static int marks = -1;
static long syncPause;
static long killAt;
static int killAfter;
static const char *bootID;
static const char *inodes;
static long calls;
static _Atomic uint64_t pauseState = 88172645463325252u;

/// Held from before a call until its record is written, so that the record has the order of the calls. Syncs are let go
/// on beside others; hence their two records.
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *words, const char *what) {
    char line[PATH_MAX + 128];
    int length = snprintf(line, sizeof line, "hunt shim: %s: %s\n", words, what);
    ssize_t ignored = REAL(write)(STDERR_FILENO, line, (size_t)length);
    (void)ignored;
    _exit(99);
}

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

// MARK: The record

static void append(const void *bytes, size_t length) {
    const char *position = bytes;
    while (length > 0) {
        ssize_t count = REAL(write)(trace, position, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail("the record cannot be written", strerror(errno));
        position += count;
        length -= (size_t)count;
    }
}

static void record(uint32_t kind, uint32_t flags, uint64_t inode, uint64_t offset, const void *payload, size_t length) {
    if (trace < 0) return;
    int saved = errno;
    struct HuntRecord header = {kind, flags, inode, offset, length};
    append(&header, sizeof header);
    if (length > 0) append(payload, length);
    errno = saved;
}

static void describeFile(const char *path, uint64_t inode) {
    int descriptor = REAL(open)(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(path, strerror(errno));
    static char bytes[1 << 20];
    uint64_t offset = 0;
    ssize_t count;
    while ((count = read(descriptor, bytes, sizeof bytes)) > 0) {
        record(HUNT_WRITTEN, 0, inode, offset, bytes, (size_t)count);
        offset += (uint64_t)count;
    }
    REAL(close)(descriptor);
}

/// Records what is there already as if it had just been made and synced.
static void describe(const char *path, uint64_t inode) {
    DIR *directory = opendir(path);
    if (!directory) fail(path, strerror(errno));
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char child[PATH_MAX];
        struct stat status;
        if (snprintf(child, sizeof child, "%s/%s", path, entry->d_name) >= (int)sizeof child) fail("too long", path);
        if (stat(child, &status) != 0) fail(child, strerror(errno));
        int isDirectory = S_ISDIR(status.st_mode);
        record(HUNT_NAMED, (uint32_t)isDirectory, inode, status.st_ino, entry->d_name, strlen(entry->d_name));
        isDirectory ? describe(child, status.st_ino) : describeFile(child, status.st_ino);
        record(HUNT_SYNC_BEGUN, 0, status.st_ino, 0, NULL, 0);
        record(HUNT_SYNC_ENDED, 0, status.st_ino, 0, NULL, 0);
    }
    closedir(directory);
    record(HUNT_SYNC_BEGUN, 0, inode, 0, NULL, 0);
    record(HUNT_SYNC_ENDED, 0, inode, 0, NULL, 0);
}

__attribute__((constructor)) static void start(void) {
    bootID = getenv("HUNT_BOOT_ID");
    inodes = getenv("HUNT_INODES");
    syncPause = number("HUNT_SYNC_PAUSE", 0);
    killAt = number("HUNT_KILL_AT", 0);
    killAfter = getenv("HUNT_KILL_AFTER") != NULL;
    marks = (int)number("HUNT_MARKS", -1);
    const char *directory = getenv("HUNT_ROOT");
    if (!directory) return;
    if (!realpath(directory, root)) fail("HUNT_ROOT is no directory", directory);
    rootLength = strlen(root);
    const char *path = getenv("HUNT_TRACE");
    if (!path) return;
    trace = REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (trace < 0) fail("the record cannot be opened", path);
    struct stat status;
    if (stat(root, &status) != 0) fail("HUNT_ROOT", strerror(errno));
    record(HUNT_ROOT_IS, 0, status.st_ino, 0, NULL, 0);
    describe(root, status.st_ino);
    record(HUNT_BEGINS, 0, 0, 0, NULL, 0);
}

// MARK: Stopping

static int isStopping(void) {
    return killAt > 0 && ++calls == killAt;
}

/// Called before and after each call that changes something below the root, with `order` held.
static int before(void) {
    int stops = isStopping();
    if (stops && !killAfter) raise(SIGKILL);
    return stops;
}

static void after(int stops) {
    if (stops) raise(SIGKILL);
}

// MARK: Paths and descriptors

static int isBelowRoot(const char *path) {
    return strncmp(path, root, rootLength) == 0 && (path[rootLength] == '/' || path[rootLength] == 0);
}

/// Whether `path` is below the root; puts its directory's inode and its last part where they are wanted.
static int locate(int directory, const char *path, uint64_t *parent, char name[NAME_MAX + 1]) {
    if (rootLength == 0) return 0;
    char whole[PATH_MAX], resolved[PATH_MAX];
    if (path[0] != '/' && directory != AT_FDCWD) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        ssize_t length = readlink(link, whole, sizeof whole - 1);
        if (length < 0) return 0;
        whole[length] = 0;
        if (strlen(whole) + strlen(path) + 2 > sizeof whole) return 0;
        strcat(strcat(whole, "/"), path);
    } else {
        if (strlen(path) >= sizeof whole) return 0;
        strcpy(whole, path);
    }
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/') whole[--length] = 0;
    char *slash = strrchr(whole, '/');
    const char *last = slash ? slash + 1 : whole;
    if (strlen(last) > NAME_MAX) return 0;
    strcpy(name, last);
    if (slash) *(slash == whole ? slash + 1 : slash) = 0;
    if (!realpath(slash ? whole : ".", resolved) || !isBelowRoot(resolved)) return 0;
    struct stat status;
    if (stat(resolved, &status) != 0) return 0;
    *parent = status.st_ino;
    return 1;
}

static void look(int descriptor, int flags) {
    if (descriptor < 0) return;
    if (descriptor >= MAX_DESCRIPTORS) fail("too many descriptors", "");
    seen[descriptor] = (struct Seen){0, 0};
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    if (!isBelowRoot(path)) return;
    struct stat status;
    if (REAL(fstat)(descriptor, &status) != 0) return;
    seen[descriptor] = (struct Seen){status.st_ino, (flags & O_DSYNC) != 0};
}

static struct Seen *seenAt(int descriptor) {
    if (descriptor < 0 || descriptor >= MAX_DESCRIPTORS || seen[descriptor].inode == 0) return NULL;
    return &seen[descriptor];
}

// MARK: Opening

static int openSeen(int (*function)(int, const char *, int, mode_t), int directory, const char *path, int flags,
                    mode_t mode) {
    if (bootID && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0) path = bootID;
    if (rootLength == 0) return function(directory, path, flags, mode);
    uint64_t parent = 0;
    char name[NAME_MAX + 1];
    pthread_mutex_lock(&order);
    struct stat status;
    int isBelow = locate(directory, path, &parent, name);
    int creates = isBelow && (flags & O_CREAT) && fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) != 0;
    int cuts = isBelow && (flags & O_TRUNC) && !creates;
    int stops = creates || cuts ? before() : 0;
    int descriptor = function(directory, path, flags, mode);
    int saved = errno;
    if (descriptor >= 0) look(descriptor, flags);
    struct Seen *file = seenAt(descriptor);
    if (file && creates) record(HUNT_NAMED, 0, parent, file->inode, name, strlen(name));
    if (file && cuts) record(HUNT_LENGTH_SET, 0, file->inode, 0, NULL, 0);
    after(stops);
    pthread_mutex_unlock(&order);
    errno = saved;
    return descriptor;
}

static int openBelow(int directory, const char *path, int flags, mode_t mode) {
    return REAL(openat)(directory, path, flags, mode);
}

#define MODE(flags)                                                                                                    \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                             \
        va_list arguments;                                                                                             \
        va_start(arguments, flags);                                                                                    \
        mode = va_arg(arguments, mode_t);                                                                              \
        va_end(arguments);                                                                                             \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    return openSeen(openBelow, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags)
    return openSeen(openBelow, AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    MODE(flags)
    return openSeen(openBelow, directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    MODE(flags)
    return openSeen(openBelow, directory, path, flags, mode);
}

int creat(const char *path, mode_t mode) {
    return openSeen(openBelow, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS) seen[descriptor] = (struct Seen){0, 0};
    return REAL(close)(descriptor);
}

// MARK: Writing

static ssize_t finishWrite(struct Seen *file, uint64_t offset, ssize_t count) {
    if (count > 0 && file->synced) {
        uint64_t length = (uint64_t)count;
        record(HUNT_WRITE_SYNCED, 0, file->inode, offset, &length, sizeof length);
    }
    return count;
}

/// Writes, and records first: a write that was begun may be on the disk before it returns.
static ssize_t writeSeen(int descriptor, struct Seen *file, const void *bytes, size_t length, off_t offset, int moves) {
    pthread_mutex_lock(&order);
    if (moves) offset = lseek(descriptor, 0, SEEK_CUR);
    int stops = before();
    record(HUNT_WRITTEN, 0, file->inode, (uint64_t)offset, bytes, length);
    ssize_t count = moves ? REAL(write)(descriptor, bytes, length) : REAL(pwrite)(descriptor, bytes, length, offset);
    int saved = errno;
    if (count >= 0 && (size_t)count != length) fail("a write was cut short", strerror(errno));
    finishWrite(file, (uint64_t)offset, count);
    after(stops);
    pthread_mutex_unlock(&order);
    errno = saved;
    return count;
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    struct Seen *file = seenAt(descriptor);
    if (file) return writeSeen(descriptor, file, bytes, length, 0, 1);
    if (descriptor == marks && descriptor >= 0) {
        pthread_mutex_lock(&order);
        record(HUNT_MARK, 0, 0, 0, bytes, length);
        pthread_mutex_unlock(&order);
    }
    return REAL(write)(descriptor, bytes, length);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    struct Seen *file = seenAt(descriptor);
    if (file) return writeSeen(descriptor, file, bytes, length, offset, 0);
    return REAL(pwrite)(descriptor, bytes, length, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    return pwrite(descriptor, bytes, length, offset);
}

static ssize_t writeGathered(int descriptor, struct Seen *file, const struct iovec *parts, int count, off_t offset,
                             int moves) {
    size_t length = 0;
    for (int i = 0; i < count; i++) length += parts[i].iov_len;
    char *whole = malloc(length ? length : 1);
    if (!whole) fail("out of memory", "writev");
    size_t position = 0;
    for (int i = 0; i < count; i++) {
        memcpy(whole + position, parts[i].iov_base, parts[i].iov_len);
        position += parts[i].iov_len;
    }
    ssize_t written = writeSeen(descriptor, file, whole, length, offset, moves);
    free(whole);
    return written;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    struct Seen *file = seenAt(descriptor);
    if (file) return writeGathered(descriptor, file, parts, count, 0, 1);
    return REAL(writev)(descriptor, parts, count);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
    struct Seen *file = seenAt(descriptor);
    if (file) return writeGathered(descriptor, file, parts, count, offset, 0);
    return REAL(pwritev)(descriptor, parts, count, offset);
}

ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t offset) {
    return pwritev(descriptor, parts, count, offset);
}

int ftruncate(int descriptor, off_t length) {
    struct Seen *file = seenAt(descriptor);
    if (!file) return REAL(ftruncate)(descriptor, length);
    pthread_mutex_lock(&order);
    int stops = before();
    record(HUNT_LENGTH_SET, 0, file->inode, (uint64_t)length, NULL, 0);
    int status = REAL(ftruncate)(descriptor, length);
    int saved = errno;
    after(stops);
    pthread_mutex_unlock(&order);
    errno = saved;
    return status;
}

int ftruncate64(int descriptor, off64_t length) {
    return ftruncate(descriptor, length);
}

// MARK: Syncing

static void rest(void) {
    if (syncPause <= 0) return;
    uint64_t state = atomic_load(&pauseState);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    atomic_store(&pauseState, state);
    long microseconds = (long)(state % (uint64_t)syncPause);
    struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
    nanosleep(&time, NULL);
}

static int syncSeen(int descriptor, struct Seen *file, uint32_t flags) {
    pthread_mutex_lock(&order);
    int stops = before();
    record(HUNT_SYNC_BEGUN, flags, file->inode, 0, NULL, 0);
    uint64_t inode = file->inode;
    pthread_mutex_unlock(&order);
    rest();
    int status = flags ? REAL(fdatasync)(descriptor) : REAL(fsync)(descriptor);
    int saved = errno;
    pthread_mutex_lock(&order);
    if (status == 0) record(HUNT_SYNC_ENDED, flags, inode, 0, NULL, 0);
    after(stops);
    pthread_mutex_unlock(&order);
    errno = saved;
    return status;
}

int fsync(int descriptor) {
    struct Seen *file = seenAt(descriptor);
    return file ? syncSeen(descriptor, file, 0) : REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
    struct Seen *file = seenAt(descriptor);
    return file ? syncSeen(descriptor, file, 1) : REAL(fdatasync)(descriptor);
}

// MARK: Names

static int makeDirectory(int directory, const char *path, mode_t mode) {
    uint64_t parent = 0;
    char name[NAME_MAX + 1];
    pthread_mutex_lock(&order);
    int isBelow = locate(directory, path, &parent, name);
    int stops = isBelow ? before() : 0;
    int status = REAL(mkdirat)(directory, path, mode);
    int saved = errno;
    struct stat made;
    if (isBelow && status == 0 && fstatat(directory, path, &made, 0) == 0)
        record(HUNT_NAMED, 1, parent, made.st_ino, name, strlen(name));
    after(stops);
    pthread_mutex_unlock(&order);
    errno = saved;
    return status;
}

int mkdir(const char *path, mode_t mode) {
    return makeDirectory(AT_FDCWD, path, mode);
}

int mkdirat(int directory, const char *path, mode_t mode) {
    return makeDirectory(directory, path, mode);
}

static int removeName(int directory, const char *path, int flags) {
    uint64_t parent = 0;
    char name[NAME_MAX + 1];
    pthread_mutex_lock(&order);
    int isBelow = locate(directory, path, &parent, name);
    int stops = isBelow ? before() : 0;
    int status = REAL(unlinkat)(directory, path, flags);
    int saved = errno;
    if (isBelow && status == 0) record(HUNT_UNNAMED, 0, parent, 0, name, strlen(name));
    after(stops);
    pthread_mutex_unlock(&order);
    errno = saved;
    return status;
}

int unlink(const char *path) {
    return removeName(AT_FDCWD, path, 0);
}

int unlinkat(int directory, const char *path, int flags) {
    return removeName(directory, path, flags);
}

int rmdir(const char *path) {
    return removeName(AT_FDCWD, path, AT_REMOVEDIR);
}

static int renameSeen(int fromDirectory, const char *from, int toDirectory, const char *to) {
    uint64_t oldParent = 0, newParent = 0;
    char oldName[NAME_MAX + 1], newName[NAME_MAX + 1], payload[8 + 2 * NAME_MAX + 2];
    pthread_mutex_lock(&order);
    int isFromBelow = locate(fromDirectory, from, &oldParent, oldName);
    int isToBelow = locate(toDirectory, to, &newParent, newName);
    if (isFromBelow != isToBelow) fail("a rename into or out of the root", to);
    int stops = isToBelow ? before() : 0;
    int status = REAL(renameat)(fromDirectory, from, toDirectory, to);
    int saved = errno;
    struct stat moved;
    if (isToBelow && status == 0 && fstatat(toDirectory, to, &moved, AT_SYMLINK_NOFOLLOW) == 0) {
        memcpy(payload, &oldParent, 8);
        size_t oldLength = strlen(oldName), newLength = strlen(newName);
        memcpy(payload + 8, oldName, oldLength + 1);
        memcpy(payload + 8 + oldLength + 1, newName, newLength);
        record(HUNT_RENAMED, 0, newParent, moved.st_ino, payload, 8 + oldLength + 1 + newLength);
    }
    after(stops);
    pthread_mutex_unlock(&order);
    errno = saved;
    return status;
}

int rename(const char *from, const char *to) {
    return renameSeen(AT_FDCWD, from, AT_FDCWD, to);
}

int renameat(int fromDirectory, const char *from, int toDirectory, const char *to) {
    return renameSeen(fromDirectory, from, toDirectory, to);
}

// MARK: Who files are

/// What HUNT_INODES says of an inode: lines of "real shown". Read anew every time, for it changes with every disk that
/// is looked at.
static uint64_t shownInode(uint64_t inode) {
    FILE *file = fopen(inodes, "re");
    if (!file) return inode;
    unsigned long long existing, shown;
    uint64_t result = inode;
    while (fscanf(file, "%llu %llu", &existing, &shown) == 2) {
        if (existing == inode) result = shown;
    }
    fclose(file);
    return result;
}

int fstat(int descriptor, struct stat *status) {
    int result = REAL(fstat)(descriptor, status);
    if (result == 0 && inodes) status->st_ino = shownInode(status->st_ino);
    return result;
}

int fstat64(int descriptor, struct stat64 *status) {
    int result = REAL(fstat64)(descriptor, status);
    if (result == 0 && inodes) status->st_ino = shownInode(status->st_ino);
    return result;
}

/// A file's time of birth cannot be carried over to a disk that is made of a record, so nobody is shown one.
static void hideBirth(struct statx *status) {
    status->stx_mask &= ~(unsigned)STATX_BTIME;
    if (inodes) status->stx_ino = shownInode(status->stx_ino);
}

int statx(int directory, const char *path, int flags, unsigned mask, struct statx *status) {
    int result = REAL(statx)(directory, path, flags, mask, status);
    if (result == 0) hideBirth(status);
    return result;
}

long syscall(long number, ...) {
    static long (*function)(long, ...);
    if (!function) function = REAL(syscall);
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(arguments, long);
    va_end(arguments);
    long result = function(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_statx && result == 0) hideBirth((struct statx *)a[4]);
    return result;
}

// MARK: What the record cannot express

/// A mapping that is written through changes a file without a call. LMDB's table of readers is such a file, and its
/// contents do not outlive its users.
static void refuseMapping(int descriptor, int protection, int flags) {
    if (!seenAt(descriptor) || !(protection & PROT_WRITE) || !(flags & MAP_SHARED)) return;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    const char *name = strrchr(path, '/');
    if (!name || strcmp(name, "/lock.mdb") != 0) fail("a file is written through a mapping, unseen", path);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
    refuseMapping(descriptor, protection, flags);
    return REAL(mmap)(address, length, protection, flags, descriptor, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off64_t offset) {
    refuseMapping(descriptor, protection, flags);
    return REAL(mmap64)(address, length, protection, flags, descriptor, offset);
}

#define REFUSED(name, descriptor)                                                                                      \
    if (seenAt(descriptor)) fail("a file is changed by a call that is not recorded", name)

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    REFUSED("fallocate", descriptor);
    return REAL(fallocate)(descriptor, mode, offset, length);
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
    REFUSED("posix_fallocate", descriptor);
    return REAL(posix_fallocate)(descriptor, offset, length);
}

ssize_t copy_file_range(int from, off64_t *fromOffset, int to, off64_t *toOffset, size_t length, unsigned flags) {
    REFUSED("copy_file_range", to);
    return REAL(copy_file_range)(from, fromOffset, to, toOffset, length, flags);
}

ssize_t pwritev2(int descriptor, const struct iovec *parts, int count, off_t offset, int flags) {
    REFUSED("pwritev2", descriptor);
    return REAL(pwritev2)(descriptor, parts, count, offset, flags);
}

int sync_file_range(int descriptor, off64_t offset, off64_t length, unsigned flags) {
    // Promises nothing after a power cut, so it leaves no record.
    return REAL(sync_file_range)(descriptor, offset, length, flags);
}

int link(const char *from, const char *to) {
    uint64_t parent = 0;
    char name[NAME_MAX + 1];
    if (locate(AT_FDCWD, to, &parent, name)) fail("a file is changed by a call that is not recorded", "link");
    return REAL(link)(from, to);
}

int symlink(const char *target, const char *path) {
    uint64_t parent = 0;
    char name[NAME_MAX + 1];
    if (locate(AT_FDCWD, path, &parent, name)) fail("a file is changed by a call that is not recorded", "symlink");
    return REAL(symlink)(target, path);
}

int truncate(const char *path, off_t length) {
    uint64_t parent = 0;
    char name[NAME_MAX + 1];
    if (locate(AT_FDCWD, path, &parent, name)) fail("a file is changed by a call that is not recorded", "truncate");
    return REAL(truncate)(path, length);
}

int dup(int descriptor) {
    REFUSED("dup", descriptor);
    return REAL(dup)(descriptor);
}

int dup2(int descriptor, int target) {
    REFUSED("dup2", descriptor);
    return REAL(dup2)(descriptor, target);
}
