import BenchHarness
import CBenchLMDB
import CBenchSodium

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Receives a whole log and stores it: what a downloader cannot do without.
///
/// A frame is decrypted, each block's leaf hashed and compared with the one that came with it, the parents hashed, block
/// and node group put. Commits are relaxed and come when ``commitByteLength`` bytes of blocks have gathered; each stores
/// how far the log reaches. At the end the tree hash is signed for, as a downloader verifies one signature.
struct LogReceiver: ~Copyable {
    /// Bytes of blocks a commit.
    static let commitByteLength = 1 << 20

    private let store: FloorStore
    private let connection: Int32
    private var tree = FloorTree()
    private let hasher = LeafHasher()
    private let key = LogKey()
    private let leaf = UnsafeMutablePointer<UInt8>.allocate(capacity: 32)
    /// What was received and not yet used: `received[start..<end]`.
    private let received: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private let plaintext: UnsafeMutableRawPointer

    init(at directory: String, blockLength: Int, over connection: Int32) {
        store = FloorStore(at: directory)
        self.connection = connection
        let frameCapacity = 2 * LogSender.frameLength + blockLength
        received = .allocate(byteCount: 2 * frameCapacity, alignment: 16)
        plaintext = .allocate(byteCount: frameCapacity, alignment: 16)
    }

    deinit {
        leaf.deallocate()
        received.deallocate()
        plaintext.deallocate()
    }

    /// Receives `blockCount` blocks and returns their tree hash.
    mutating func run(blockCount: Int) throws -> String {
        let cipher = Cipher(keyAndHeader: try receive(Cipher.keyAndHeaderLength))
        while tree.length < blockCount {
            let transaction = LogTransaction(store)
            var byteLength = 0
            while byteLength < Self.commitByteLength, tree.length < blockCount {
                let prefix = try receive(3)
                let ciphertext = try receive(Int(prefix[0]) | Int(prefix[1]) << 8 | Int(prefix[2]) << 16)
                cipher.open(ciphertext, into: plaintext)
                byteLength += store(
                    UnsafeRawBufferPointer(start: plaintext, count: ciphertext.count - Cipher.overhead), transaction)
            }
            withUnsafeBytes(of: UInt64(tree.length).littleEndian) { transaction.put(.contiguousLength, $0) }
            transaction.commit()
        }
        return verifiedTreeHash()
    }

    /// Stores the blocks of a frame and returns how many bytes they have.
    private mutating func store(_ messages: UnsafeRawBufferPointer, _ transaction: borrowing LogTransaction) -> Int {
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

    /// The next `count` bytes of the stream, good until the next call.
    private mutating func receive(_ count: Int) throws -> UnsafeRawBufferPointer {
        if start + count > received.count {
            received.copyMemory(from: UnsafeRawBufferPointer(rebasing: received[start..<end]))
            (start, end) = (0, end - start)
        }
        while end - start < count {
            let room = UnsafeMutableRawBufferPointer(rebasing: received[end...])
            let added = read(connection, room.baseAddress, room.count)
            precondition(added > 0, "the floor's stream ended early, or read failed with errno \(errno)")
            end += added
        }
        defer { start += count }
        return UnsafeRawBufferPointer(rebasing: received[start..<start + count])
    }
}
