import BenchHarness
import Synchronization

/// Hashes the blocks of a batch on two threads, each taking the next one that is left.
///
/// Hashing 64 KiB takes three times as long as storing them, and a batch has to be hashed before it is acknowledged, so
/// this is the most that a second core can take off an append.
struct BatchHashing: ~Copyable {
    private let leaves: Leaves

    /// Makes room for the hashes of `capacity` blocks.
    init(capacity: Int) {
        leaves = Leaves(capacity: capacity)
    }

    /// Hashes all `blocks` and calls `body` with the hashes, 32 bytes each.
    func withHashes(of blocks: [[UInt8]], _ body: (UnsafePointer<UInt8>) -> Void) {
        let work = Work(blocks: blocks, leaves: leaves)
        let helper = PosixThread { work.run() }
        work.run()
        helper.join()
        body(leaves.bytes)
    }

    private final class Leaves: @unchecked Sendable {
        // Each slot of 32 bytes is written by the thread that took its block, and read once both have been joined.
        let bytes: UnsafeMutablePointer<UInt8>

        init(capacity: Int) { bytes = .allocate(capacity: 32 * capacity) }
        deinit { bytes.deallocate() }
    }

    private final class Work: Sendable {
        private let blocks: [[UInt8]]
        private let leaves: Leaves
        private let taken = Atomic(0)

        init(blocks: [[UInt8]], leaves: Leaves) {
            self.blocks = blocks
            self.leaves = leaves
        }

        func run() {
            let hasher = LeafHasher()
            while true {
                let position = taken.add(1, ordering: .relaxed).oldValue
                guard position < blocks.count else { return }
                blocks[position].withUnsafeBytes { hasher.hash($0, into: leaves.bytes + 32 * position) }
            }
        }
    }
}
