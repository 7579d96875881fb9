#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The counter of large copies, where it was loaded into this process (`CCopyCounter`, by `LD_PRELOAD`).
enum LargeCopies {
    private typealias Counter = @convention(c) () -> UInt64

    private static let counter: Counter? = {
        #if os(Linux)
        // What RTLD_DEFAULT is: its definition is a macro that Swift does not see.
        guard let symbol = dlsym(nil, "corestore_bench_copied_bytes") else { return nil }
        return unsafeBitCast(symbol, to: Counter.self)
        #else
        return nil
        #endif
    }()

    /// What was copied so far; nothing where nobody counts.
    static var counts: Counts {
        counter.map { Counts([.copiedBytes: Int($0())]) } ?? Counts()
    }
}
