import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How often this process has been forked off, since its program began; a child counts one more than its parent.
///
/// LMDB's locks and reader slots belong to the process that opened the environment, so a child may not use it. Asking
/// for the process id at every read would cost more than the read.
enum ForkCount {
    private static let count = Atomic(0)

    private static let observation: Void = {
        let status = pthread_atfork(nil, nil, { ForkCount.count.add(1, ordering: .relaxed) })
        precondition(status == 0, "forks cannot be observed: error \(status)")
    }()

    /// Observes forks from now on.
    static func observe() -> Int {
        _ = observation
        return current
    }

    static var current: Int { count.load(ordering: .relaxed) }
}
