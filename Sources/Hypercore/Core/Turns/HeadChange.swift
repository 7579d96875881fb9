import HypercoreStorage
import MerkleTree

/// A change that moves a log's head: an append or a truncation.
struct HeadChange: Sendable {
    typealias Edit = @Sendable (inout CoreDraft, borrowing CoreState) throws -> Void

    /// How the change is made.
    enum Making: Sendable {
        /// It is the same wherever the log ends when its turn comes.
        case anywhere(Edit)
        /// It has to know its place in the log beforehand, because its blocks are encrypted for it. Called without a
        /// lock, and again with another place where something came between.
        case atPlace(@Sendable (LogPlace) throws -> Edit)
    }

    let step: HeadStep
    /// About what its write set weighs.
    let byteCount: Int
    let making: Making
}

/// What a change makes of a log's length and fork, as far as that can be told before it is made.
enum HeadStep: Sendable {
    case append(blockCount: UInt64)
    case truncate(to: UInt64, fork: UInt64?)
}

/// A point in the history of a log: where a change begins.
struct LogPlace: Hashable, Sendable {
    var fork: UInt64
    var length: UInt64
}

extension LogPlace {
    init(_ head: HeadRecord) {
        self.init(fork: head.fork, length: head.length)
    }

    /// Where the log is after `step`, if that goes well.
    func after(_ step: HeadStep) -> LogPlace {
        switch step {
        case .append(let blockCount): LogPlace(fork: fork, length: length + blockCount)
        case .truncate(let length, let fork): LogPlace(fork: fork ?? self.fork + 1, length: length)
        }
    }
}

extension Hypercore.AppendResult {
    /// Where a log stands at `head`; its bytes as they are stored.
    init(_ head: HeadRecord) {
        self.init(length: head.length, byteLength: head.tree.byteLength)
    }

    /// The same with the bytes that a user sees, of blocks that each begin with so many bytes of padding.
    func withoutPadding(_ byteCount: Int) -> Self {
        Self(length: length, byteLength: HeadRecord.byteLength(byteLength, of: length, withoutPadding: byteCount))
    }
}

extension HeadRecord {
    /// The bytes of all blocks as a session sees them which takes the first so many of each for padding.
    func byteLength(withoutPadding byteCount: Int) -> UInt64 {
        Self.byteLength(tree.byteLength, of: length, withoutPadding: byteCount)
    }

    /// None, where the blocks do not even have the bytes of their padding: they were never encrypted.
    static func byteLength(_ stored: UInt64, of length: UInt64, withoutPadding byteCount: Int) -> UInt64 {
        let (padding, overflow) = length.multipliedReportingOverflow(by: UInt64(clamping: byteCount))
        return overflow ? 0 : stored - min(padding, stored)
    }
}
