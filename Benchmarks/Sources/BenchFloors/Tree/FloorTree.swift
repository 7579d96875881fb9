import CBenchSodium

/// The roots of a tree that leaves are appended to, in fixed memory.
///
/// A tree of `length` leaves has a root for each bit of `length`; appending a leaf joins as many of them as `length`
/// has ones at its end.
struct FloorTree: ~Copyable {
    private static let deepest = 64
    /// depth 1, size up to 9, hash 32.
    private static let nodeLength = 42

    private(set) var length = 0
    private var rootCount = 0
    /// Root `r`: its size at `sizes[r]`, its hash at `hashes + 32 * r`; the largest first.
    private let sizes = UnsafeMutablePointer<UInt64>.allocate(capacity: deepest)
    private let hashes = UnsafeMutablePointer<UInt8>.allocate(capacity: 32 * deepest)
    /// The last node group: the leaf and the parents that it completed.
    private let group = UnsafeMutableRawPointer.allocate(byteCount: nodeLength * deepest, alignment: 8)
    private let preimage = UnsafeMutableRawPointer.allocate(byteCount: 1 + 48 * deepest, alignment: 8)

    init() {}

    deinit {
        sizes.deallocate()
        hashes.deallocate()
        group.deallocate()
        preimage.deallocate()
    }

    /// Appends the leaf of a block of `size` bytes and returns its node group,
    /// `{ u8 depth ‖ uint size ‖ hash 32 }` repeated, which is good until the next call.
    mutating func append(leaf: UnsafePointer<UInt8>, size: UInt64) -> UnsafeRawBufferPointer {
        hash(rootCount).update(from: leaf, count: 32)
        sizes[rootCount] = size
        rootCount += 1
        var groupLength = 0
        groupLength += writeNode(depth: 0, at: groupLength)
        var depth: UInt8 = 0
        while length >> depth & 1 == 1 {
            joinLastRoots()
            depth += 1
            groupLength += writeNode(depth: depth, at: groupLength)
        }
        length += 1
        return UnsafeRawBufferPointer(start: group, count: groupLength)
    }

    /// Begins anew, with no leaves.
    mutating func removeAll() {
        (length, rootCount) = (0, 0)
    }

    /// Takes over the roots of a tree of `length` leaves, as ``writeRoots(to:)`` wrote them.
    mutating func restore(length: Int, roots: UnsafeRawPointer) {
        var offset = 0
        self.length = length
        rootCount = Int(readUInt(roots, at: &offset))
        for root in 0..<rootCount {
            sizes[root] = readUInt(roots, at: &offset)
            UnsafeMutableRawPointer(hash(root)).copyMemory(from: roots + offset, byteCount: 32)
            offset += 32
        }
    }

    /// Writes the tree hash to `digest`, 32 bytes.
    func hash(into digest: UnsafeMutablePointer<UInt8>) {
        preimage.storeBytes(of: 2, as: UInt8.self)
        var offset = 1
        var firstLeaf = 0
        for root in 0..<rootCount {
            let leafCount = 1 << ((length - firstLeaf).bitWidth - 1 - (length - firstLeaf).leadingZeroBitCount)
            let index = UInt64(2 * firstLeaf + leafCount - 1)
            (preimage + offset).copyMemory(from: hash(root), byteCount: 32)
            preimage.storeBytes(of: index.littleEndian, toByteOffset: offset + 32, as: UInt64.self)
            preimage.storeBytes(of: sizes[root].littleEndian, toByteOffset: offset + 40, as: UInt64.self)
            offset += 48
            firstLeaf += leafCount
        }
        crypto_generichash(digest, 32, preimage.assumingMemoryBound(to: UInt8.self), UInt64(offset), nil, 0)
    }

    /// Writes the roots, `uint count ‖ { uint size ‖ hash 32 }`, and returns how many bytes they took.
    func writeRoots(to target: UnsafeMutableRawPointer) -> Int {
        var offset = writeUInt(UInt64(rootCount), to: target)
        for root in 0..<rootCount {
            offset += writeUInt(sizes[root], to: target + offset)
            (target + offset).copyMemory(from: hash(root), byteCount: 32)
            offset += 32
        }
        return offset
    }

    private func hash(_ root: Int) -> UnsafeMutablePointer<UInt8> { hashes + 32 * root }

    private mutating func joinLastRoots() {
        let left = rootCount - 2
        sizes[left] += sizes[left + 1]
        preimage.storeBytes(of: 1, as: UInt8.self)
        preimage.storeBytes(of: sizes[left].littleEndian, toByteOffset: 1, as: UInt64.self)
        (preimage + 9).copyMemory(from: hash(left), byteCount: 64)
        crypto_generichash(hash(left), 32, preimage.assumingMemoryBound(to: UInt8.self), 73, nil, 0)
        rootCount -= 1
    }

    /// Writes the last root as a node of the group.
    private func writeNode(depth: UInt8, at offset: Int) -> Int {
        let target = group + offset
        target.storeBytes(of: depth, as: UInt8.self)
        let sizeLength = writeUInt(sizes[rootCount - 1], to: target + 1)
        (target + 1 + sizeLength).copyMemory(from: hash(rootCount - 1), byteCount: 32)
        return 1 + sizeLength + 32
    }
}
