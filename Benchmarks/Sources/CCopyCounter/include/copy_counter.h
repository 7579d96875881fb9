#pragma once

/// Bytes that `memcpy` and `memmove` have moved in pieces of 16 KiB and more, since the process began.
///
/// To be looked up with `dlsym`: the library is loaded into a process (`LD_PRELOAD`) whose copies are to be counted, and
/// into no other.
unsigned long long corestore_bench_copied_bytes(void);
