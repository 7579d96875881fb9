import CCorestoreSodium

/// Bytes that are zeroed when they are released, compare in constant time, and never show in a description.
public final class SecretBytes: Sendable {
    // Written in the initialiser alone, and freed in the deinitialiser: between the two any thread may read.
    nonisolated(unsafe) private let storage: UnsafeMutableRawBufferPointer

    /// Makes `count` zero bytes and lets `fill` write them.
    public init(count: Int, filling fill: (UnsafeMutableRawBufferPointer) -> Void) {
        Sodium.ready
        storage = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        sodium_memzero(storage.octets, count)
        fill(storage)
    }

    /// Copies `bytes`; the caller's copy is the caller's to erase.
    public convenience init(copying bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// Makes `count` random bytes.
    public convenience init(randomCount count: Int) {
        self.init(count: count) { randombytes_buf($0.octets, count) }
    }

    deinit {
        sodium_memzero(storage.octets, storage.count)
        storage.deallocate()
    }

    /// How many bytes there are.
    public var count: Int { storage.count }

    /// Calls `body` with the bytes, which it must neither keep nor print.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(storage))
    }

    /// The first `length` bytes, copied.
    func prefix(_ length: Int) -> SecretBytes {
        SecretBytes(count: length) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage.prefix(length))) }
    }

    /// The last `length` bytes, copied.
    func suffix(_ length: Int) -> SecretBytes {
        SecretBytes(count: length) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage.suffix(length))) }
    }
}

extension SecretBytes: Equatable {
    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in sodium_memcmp(left.baseAddress, right.baseAddress, left.count) == 0 }
        }
    }
}

extension SecretBytes: CustomStringConvertible, CustomReflectable {
    public var description: String { "SecretBytes(\(count) bytes)" }

    /// Shows nothing of the bytes.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
