import CCorestoreSodium
import Synchronization

/// A secret in libsodium's guarded memory: locked out of swap, fenced by inaccessible pages, itself inaccessible while
/// nobody reads it, and zeroed when it is released.
///
/// It costs at least three pages and two system calls an access, so it is for the one primary key of a store and not
/// for the keys of thousands of cores (these are ``SecretBytes``).
public final class GuardedBytes: Sendable {
    // Readable only between the protect calls in `withUnsafeBytes`, which count the readers under the lock.
    nonisolated(unsafe) private let storage: UnsafeMutableRawBufferPointer
    private let readers = Mutex(0)

    /// Makes `count` bytes and lets `fill` write them.
    ///
    /// - Throws: `.guardedMemoryUnavailable` where the system refuses the memory.
    public init(count: Int, filling fill: (UnsafeMutableRawBufferPointer) -> Void) throws(CryptoError) {
        Sodium.ready
        guard let base = sodium_malloc(count) else {
            throw CryptoError(
                .guardedMemoryUnavailable, "no guarded memory for a secret of \(count) bytes (see ulimit -l)")
        }
        storage = UnsafeMutableRawBufferPointer(start: base, count: count)
        fill(storage)
        sodium_mprotect_noaccess(base)
    }

    /// Makes `count` random bytes.
    ///
    /// - Throws: `.guardedMemoryUnavailable`.
    public convenience init(randomCount count: Int) throws(CryptoError) {
        try self.init(count: count) { randombytes_buf($0.octets, $0.count) }
    }

    deinit {
        sodium_free(storage.octets)
    }

    /// How many bytes there are.
    public var count: Int { storage.count }

    /// Calls `body` with the bytes, which are readable for as long as it runs.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        readers.withLock { count in
            if count == 0 { sodium_mprotect_readonly(storage.octets) }
            count += 1
        }
        defer {
            readers.withLock { count in
                count -= 1
                if count == 0 { sodium_mprotect_noaccess(storage.octets) }
            }
        }
        return try body(UnsafeRawBufferPointer(storage))
    }
}

extension GuardedBytes: CustomStringConvertible, CustomReflectable {
    public var description: String { "GuardedBytes(\(count) bytes)" }

    /// Shows nothing of the bytes.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
