#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where a ``LogSink`` gets frames from, as ``FrameSource`` made them.
protocol PlaintextFrames: ~Copyable {
    /// The next frame, good until the next call.
    mutating func next() -> UnsafeRawBufferPointer
}

/// Checks and stores the blocks of frames, once they are decrypted: what a downloader cannot do without.
///
/// Each block's leaf is hashed and compared with the one that came with it, the parents are hashed, block and node
/// group put. Commits are relaxed and come when ``commitByteLength`` bytes of blocks have gathered; each stores how far
/// the log reaches. At the end the tree hash is signed for, as a downloader verifies one signature.
struct LogSink: ~Copyable {
    /// Bytes of blocks a commit.
    static let commitByteLength = 1 << 20

    private let store: FloorStore
    private var tree = FloorTree()
    private let hasher = LeafHasher()
    private let key = LogKey()
    private let leaf = UnsafeMutablePointer<UInt8>.allocate(capacity: 32)

    init(at directory: String) {
        store = FloorStore(at: directory)
    }

    deinit {
        leaf.deallocate()
    }

    /// Stores blocks until there are `blockCount` of them, and returns their tree hash.
    mutating func run<Frames: PlaintextFrames & ~Copyable>(blockCount: Int, from frames: inout Frames) -> String {
        while tree.length < blockCount {
            let transaction = LogTransaction(store)
            var byteLength = 0
            while byteLength < Self.commitByteLength, tree.length < blockCount {
                byteLength += add(frames.next(), to: transaction)
            }
            withUnsafeBytes(of: UInt64(tree.length).littleEndian) { transaction.put(.contiguousLength, $0) }
            transaction.commit()
        }
        return verifiedTreeHash()
    }

    /// Stores the blocks of a frame and returns how many bytes they have.
    private mutating func add(_ messages: UnsafeRawBufferPointer, to transaction: borrowing LogTransaction) -> Int {
        let base = messages.baseAddress.unsafelyUnwrapped
        var offset = 0
        var byteLength = 0
        while offset < messages.count {
            offset += 2
            _ = readUInt(base, at: &offset)
            _ = readUInt(base, at: &offset)
            let index = Int(readUInt(base, at: &offset))
            let length = Int(readUInt(base, at: &offset))
            let block = UnsafeRawBufferPointer(start: base + offset, count: length)
            offset += length
            for _ in 0..<3 { _ = readUInt(base, at: &offset) }
            hasher.hash(block, into: leaf)
            precondition(memcmp(leaf, base + offset, 32) == 0, "block \(index) of the floor's stream has another hash")
            offset += 32
            let group = tree.append(leaf: leaf, size: UInt64(length))
            transaction.put(block, group: group, at: key.value(index: index))
            byteLength += length
        }
        return byteLength
    }

    /// The tree hash, with the work of verifying one signature over it.
    private func verifiedTreeHash() -> String {
        let sealer = HeadSealer()
        _ = sealer.seal(tree)
        precondition(sealer.verifies(), "a signature that was just made does not verify")
        return sealer.sealedTreeHash
    }
}
