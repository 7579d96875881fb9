import CBenchLMDB

/// Reads a whole log, frame by frame: what a server has to say, before it is encrypted.
///
/// A frame is a run of blocks, each with the bytes that a data message of the protocol has:
/// `u8 type ‖ u8 flags ‖ uint request, fork, index ‖ buffer block ‖ uint 1 ‖ node {uint index, size, hash 32}`.
/// The node is the block's own leaf: an answer to a reader of everything carries one node a block in the mean.
struct FrameSource: ~Copyable {
    /// A frame ends when it has reached this length.
    static let frameLength = 64 * 1024
    /// The most bytes of a message beside its block.
    private static let messageOverhead = 128

    /// The most bytes of a frame.
    let capacity: Int
    private let store: FloorStore
    private let transaction: OpaquePointer
    private let blocks: OpaquePointer
    private let tree: OpaquePointer
    private let frame: UnsafeMutableRawPointer
    private var index: UInt64 = 0

    init(at directory: String, blockLength: Int) {
        store = FloorStore(at: directory)
        transaction = begin(store.environment, flags: MDB_RDONLY)
        blocks = openCursor(transaction, store.blocks)
        tree = openCursor(transaction, store.tree)
        capacity = Self.frameLength + blockLength + Self.messageOverhead
        frame = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        mdb_cursor_close(blocks)
        mdb_cursor_close(tree)
        mdb_txn_abort(transaction)
        frame.deallocate()
    }

    /// The next frame, good until the next call; `nil` after the last block.
    mutating func next() -> UnsafeRawBufferPointer? {
        var key = MDB_val()
        var block = MDB_val()
        var group = MDB_val()
        var length = 0
        while length < Self.frameLength, mdb_cursor_get(blocks, &key, &block, MDB_NEXT) == MDB_SUCCESS {
            check(mdb_cursor_get(tree, &key, &group, MDB_NEXT))
            length += write(block.bytes, leaf: group.bytes, to: frame + length)
            index += 1
        }
        return length > 0 ? UnsafeRawBufferPointer(start: frame, count: length) : nil
    }

    private func write(
        _ block: UnsafeRawBufferPointer, leaf: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer
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
}
