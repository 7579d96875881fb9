/// The blocks of a workload: the same ones on every run and for every contender, each unlike all others.
///
/// A block is a run of seeded random bytes (nothing compresses it) with its index in the first eight.
public struct BlockPattern: Sendable {
    private static let stampLength = 8
    private let body: [UInt8]

    /// Prepares blocks of `length` bytes, at least eight.
    public init(length: Int) {
        precondition(length >= Self.stampLength, "a block has room for its index: \(length)")
        var random = SeededNumbers(seed: UInt64(length))
        body = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// Makes the block at `index`.
    public func block(at index: Int) -> [UInt8] {
        var block = body
        stamp(&block, index)
        return block
    }

    /// Turns the blocks of a batch into those at `first` and on, in place where nobody else holds them.
    public func restamp(_ batch: inout [[UInt8]], from first: Int) {
        for position in batch.indices { stamp(&batch[position], first + position) }
    }

    private func stamp(_ block: inout [UInt8], _ index: Int) {
        block.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: UInt64(index).littleEndian, as: UInt64.self)
        }
    }
}

/// What a series of reads amounts to: equal only where the same blocks were read in the same order.
public struct ReadDigest: Sendable {
    /// The seed of the indices that are read, on either side.
    public static let indexSeed: UInt64 = 1

    /// The seed of the indices that one of several tasks reads, on either side.
    public static func indexSeed(ofTask task: Int) -> UInt64 { indexSeed + UInt64(task) }

    private var value: UInt64 = 0

    /// The digest of no reads.
    public init() {}

    /// What several tasks' reads amount to, in the order of the tasks.
    public static func combined(_ digests: [ReadDigest]) -> ReadDigest {
        var combined = ReadDigest()
        for digest in digests { combined.mix(digest.value) }
        return combined
    }

    /// Takes in a block: its index as stamped, and its length. Cheap beside any read.
    @inlinable
    public mutating func add(_ block: [UInt8]) {
        let stamp = block.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        mix(stamp &+ UInt64(block.count))
    }

    @usableFromInline
    mutating func mix(_ word: UInt64) {
        value = (value ^ word) &* 0x9e37_79b9_7f4a_7c15
        value ^= value >> 29
    }

    /// The digest as 16 hexadecimal digits.
    public var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
