import Crypto
import MerkleTree

/// Blocks as they are stored, with their leaf hashes; made before any lock is taken.
struct Leaves: Sendable {
    let blocks: [[UInt8]]
    let hashed: [TreeLeaf]

    var isEmpty: Bool { blocks.isEmpty }
    var byteCount: Int { Self.byteCount(of: blocks) }

    /// About what the write set of blocks weighs, for the bound of the queue.
    static func byteCount(of blocks: [[UInt8]], padding: Int = 0) -> Int {
        blocks.reduce(0) { $0 + $1.count + padding + 128 }
    }

    /// Hashes blocks that are stored as they are.
    init(of blocks: some Collection<[UInt8]>, core: Core) throws(HypercoreError) {
        let blocks = Array(blocks)
        try Self.check(blocks, core: core)
        self.init(stored: blocks, core: core)
    }

    /// Encrypts blocks for a place in the log, and hashes what comes of it.
    init(
        of blocks: [[UInt8]], encryptedBy encryptor: any BlockEncryptor, at place: LogPlace, core: Core
    ) throws(HypercoreError) {
        let padding = encryptor.paddingByteCount
        try Self.check(blocks, padding: padding, core: core)
        var stored: [[UInt8]] = []
        stored.reserveCapacity(blocks.count)
        for (offset, block) in blocks.enumerated() {
            let index = place.length + UInt64(offset)
            let encrypted: [UInt8]
            do {
                encrypted = try encryptor.encrypt(block.span.bytes, index: index, fork: place.fork)
            } catch {
                throw HypercoreError(.encryptionFailed, key: core.key, "a block cannot be encrypted: \(error)")
            }
            guard encrypted.count == block.count + padding else {
                throw HypercoreError(
                    .encryptionFailed, key: core.key,
                    "a block of \(block.count) bytes was encrypted to \(encrypted.count), which is not \(padding) more")
            }
            stored.append(encrypted)
        }
        self.init(stored: stored, core: core)
    }

    private init(stored blocks: [[UInt8]], core: Core) {
        self.blocks = blocks
        hashed = blocks.map { TreeLeaf(hash: core.hashing.leaf($0.span.bytes), size: UInt64($0.count)) }
    }

    /// Throws where a block is larger than a log takes.
    static func check(_ blocks: [[UInt8]], padding: Int = 0, core: Core) throws(HypercoreError) {
        for block in blocks where block.count > Hypercore.maximumBlockByteCount - padding {
            let encrypted = padding == 0 ? "" : ", the \(padding) of its encryption included,"
            throw HypercoreError(
                .blockTooLarge, key: core.key,
                "a block of \(block.count + padding) bytes\(encrypted) is larger than the "
                    + "\(Hypercore.maximumBlockByteCount) that a log takes")
        }
    }
}
