import CBenchLMDB
import CBenchSodium

/// Sends a whole log, one way and unasked: what a server cannot do without.
///
/// The stream is a secretstream key (agreeing on one is not measured), its header, and frames of
/// `u24 length ‖ ciphertext`. A frame's plaintext is a run of blocks, each with the bytes that a data message of the
/// protocol has: `u8 type ‖ u8 flags ‖ uint request, fork, index ‖ buffer block ‖ uint 1 ‖ node {uint index, size, hash 32}`.
/// The node is the block's own leaf: an answer to a reader of everything carries one node a block in the mean.
struct LogSender: ~Copyable {
    /// A frame is sent when it has reached this length.
    static let frameLength = 64 * 1024
    /// The most bytes of a message beside its block.
    private static let messageOverhead = 128

    private let store: FloorStore
    private let connection: Int32
    private let cipher: Cipher
    private let plaintext: UnsafeMutableRawPointer
    private let frame: UnsafeMutableRawPointer

    init(at directory: String, blockLength: Int, over connection: Int32) {
        store = FloorStore(at: directory)
        self.connection = connection
        cipher = Cipher()
        let capacity = Self.frameLength + blockLength + Self.messageOverhead
        plaintext = .allocate(byteCount: capacity, alignment: 16)
        frame = .allocate(byteCount: 3 + capacity + Cipher.overhead, alignment: 16)
    }

    deinit {
        plaintext.deallocate()
        frame.deallocate()
    }

    /// Sends all blocks.
    func run() throws {
        try cipher.withKeyAndHeader { try Loopback.send($0, over: connection) }
        let transaction = begin(store.environment, flags: MDB_RDONLY)
        let blocks = openCursor(transaction, store.blocks)
        let tree = openCursor(transaction, store.tree)
        var key = MDB_val()
        var block = MDB_val()
        var group = MDB_val()
        var index: UInt64 = 0
        var length = 0
        while mdb_cursor_get(blocks, &key, &block, MDB_NEXT) == MDB_SUCCESS {
            check(mdb_cursor_get(tree, &key, &group, MDB_NEXT))
            length += write(block.bytes, leaf: group.bytes, index: index, to: plaintext + length)
            index += 1
            if length >= Self.frameLength {
                try send(length)
                length = 0
            }
        }
        if length > 0 { try send(length) }
        mdb_txn_abort(transaction)
    }

    private func write(
        _ block: UnsafeRawBufferPointer, leaf: UnsafeRawBufferPointer, index: UInt64, to target: UnsafeMutableRawPointer
    ) -> Int {
        target.storeBytes(of: 3, as: UInt8.self)
        target.storeBytes(of: 1, toByteOffset: 1, as: UInt8.self)
        var offset = 2
        offset += writeUInt(index, to: target + offset)
        offset += writeUInt(0, to: target + offset)
        offset += writeUInt(index, to: target + offset)
        offset += writeUInt(UInt64(block.count), to: target + offset)
        UnsafeMutableRawBufferPointer(start: target + offset, count: block.count).copyMemory(from: block)
        offset += block.count
        offset += writeUInt(1, to: target + offset)
        offset += writeUInt(2 * index, to: target + offset)
        // A group begins with its leaf: depth, size, hash. The message has size and hash as they are stored.
        let leafLength = leaf[1] < 0xfd ? 33 : leaf[1] == 0xfd ? 35 : leaf[1] == 0xfe ? 37 : 41
        (target + offset).copyMemory(from: leaf.baseAddress.unsafelyUnwrapped + 1, byteCount: leafLength)
        return offset + leafLength
    }

    private func send(_ length: Int) throws {
        let sealedLength = cipher.seal(UnsafeRawBufferPointer(start: plaintext, count: length), into: frame + 3)
        frame.storeBytes(of: UInt8(truncatingIfNeeded: sealedLength), as: UInt8.self)
        frame.storeBytes(of: UInt8(truncatingIfNeeded: sealedLength >> 8), toByteOffset: 1, as: UInt8.self)
        frame.storeBytes(of: UInt8(truncatingIfNeeded: sealedLength >> 16), toByteOffset: 2, as: UInt8.self)
        try Loopback.send(UnsafeRawBufferPointer(start: frame, count: 3 + sealedLength), over: connection)
    }
}
