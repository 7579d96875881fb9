// Tells the thread sanitizer of the locks that it does not see. Preloaded by scripts/sanitize; nothing of it ships.
//
// On Linux the fast path of Synchronization.Mutex is a compare-and-exchange that is inlined into our code, where the sanitizer
// sees it. The slow path, which a task takes when it finds the mutex taken, or another waiting for it, is in
// libswiftSynchronization.so, which is not instrumented, and ends in a system call (FUTEX_LOCK_PI and FUTEX_UNLOCK_PI) in
// which the kernel changes the word. So whatever was handed on by it looks like a race.
//
// These stand before the library's own, call them, and say what they did: whoever has locked has seen all that those did who
// unlocked before. The word's address is what the sanitizer knows the fast path's by, so the two paths see each other.
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Of the sanitizer's runtime, which is linked into the executable; not there in one that is not sanitized.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// A method of Swift's has `self`, here the address of the mutex's word, in a register of its own.
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle

static SWIFT void (*lock)(uint32_t thread, SELF);
static SWIFT bool (*try_lock)(SELF);
static SWIFT void (*unlock)(SELF);

static void *library(const char *symbol) {
    void *found = dlsym(RTLD_NEXT, symbol);
    if (found == NULL) {
        fprintf(stderr, "mutex.c: no %s to stand before: another version of Swift?\n", symbol);
        abort();
    }
    return found;
}

// Before main, and so before there are two threads. Where no Mutex is, as in the shell that the variable is set for, nothing
// is looked up.
__attribute__((constructor)) static void find(void) {
    if (dlsym(RTLD_NEXT, LOCK) == NULL) return;
    lock = library(LOCK);
    try_lock = library(TRY_LOCK);
    unlock = library(UNLOCK);
}

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF) {
    lock(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK);
SWIFT bool try_lock_slow(SELF) {
    bool locked = try_lock(handle);
    if (locked && __tsan_acquire) __tsan_acquire(handle);
    return locked;
}

SWIFT void unlock_slow(SELF) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF) {
    if (__tsan_release) __tsan_release(handle);
    unlock(handle);
}
