// Stands before the C library's memcpy and memmove in a process that it is preloaded into, and counts.
//
// Only large pieces: those are blocks. Small ones are keys, nodes and LMDB's own pages, and there are so many that they
// would hide a block that is copied once too often. What the compiler copies without a call, and what the kernel copies,
// is not seen.

#include "copy_counter.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { LARGE = 16 * 1024 };

static _Atomic unsigned long long copied;

unsigned long long corestore_bench_copied_bytes(void) { return atomic_load(&copied); }

static void count(size_t length) {
    if (length >= LARGE) atomic_fetch_add_explicit(&copied, length, memory_order_relaxed);
}

// The copying itself cannot call what stands here, and need not be fast: nobody looks at the clock. `volatile` keeps the
// compiler from finding out that these loops are memcpy.

static void copy_forward(volatile unsigned char *target, const volatile unsigned char *source, size_t length) {
    for (; length >= 8 && ((uintptr_t)target | (uintptr_t)source) % 8 == 0; length -= 8, target += 8, source += 8)
        *(volatile uint64_t *)target = *(const volatile uint64_t *)source;
    for (; length > 0; length--) *target++ = *source++;
}

static void copy_backward(volatile unsigned char *target, const volatile unsigned char *source, size_t length) {
    while (length > 0) {
        length--;
        target[length] = source[length];
    }
}

void *memmove(void *target, const void *source, size_t length) {
    count(length);
    if ((uintptr_t)target - (uintptr_t)source >= length)
        copy_forward(target, source, length);
    else
        copy_backward(target, source, length);
    return target;
}

void *memcpy(void *restrict target, const void *restrict source, size_t length) {
    count(length);
    copy_forward(target, source, length);
    return target;
}
