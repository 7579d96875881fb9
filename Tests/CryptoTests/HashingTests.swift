import CompactEncoding
import Crypto
import TestSupport
import Testing

@Suite struct HashingTests {
    @Test func hashInPartsIsTheHashOfTheWhole() throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let message = random.bytes(Int.random(in: 0...600, using: &random))
            let key = Bool.random(using: &random) ? Bytes32(random.bytes(32)) : nil
            var hasher = BLAKE2b.Hasher(key: key)
            var start = 0
            while start < message.count {
                let end = Int.random(in: start...message.count, using: &random)
                hasher.update(message.span.bytes.extracting(start..<end))
                start = end
            }
            let whole = key.map { BLAKE2b.hash(message, key: $0) } ?? BLAKE2b.hash(message)
            #expect(hasher.finalize() == whole, "seed \(seed)")
        }
    }

    @Test func hashOfConcatenatedPartsIsTheHashOfTheWhole() {
        #expect(BLAKE2b.hash(concatenating: [1, 2], [], [3]) == BLAKE2b.hash([1, 2, 3]))
        #expect(BLAKE2b.hash(concatenating: []) == BLAKE2b.hash([]))
    }

    @Test func fixedValuesAndNumbersHashAsTheirBytes() throws {
        let value = try #require(Bytes32((0..<32).map { UInt8($0) }))
        var hasher = BLAKE2b.Hasher()
        hasher.update(value)
        hasher.update(littleEndian: 0x0102_0304_0506_0708)
        #expect(hasher.finalize() == BLAKE2b.hash(value.array + [8, 7, 6, 5, 4, 3, 2, 1]))
    }

    @Test func everyBitOfAKeyCounts() throws {
        let key = [UInt8](repeating: 0x55, count: 64)
        let wide = try #require(Bytes64(key))
        #expect(BLAKE2b.hash([1], key: wide) != BLAKE2b.hash([1], key: wide.low))
        var seen: Set<Bytes32> = [BLAKE2b.hash([1]), BLAKE2b.hash([1], key: wide)]
        for position in key.indices {
            var altered = key
            altered[position] ^= 1
            seen.insert(BLAKE2b.hash([1], key: try #require(Bytes64(altered))))
        }
        #expect(seen.count == 66)
    }

    /// The definition of PROTOCOL §2, written out; lengths on both sides of the limit for hashing in one call.
    @Test(arguments: [0, 1, 1015, 1023, 1024, 1025, 5000])
    func leafIsTheHashOfItsKindLengthAndBytes(length: Int) {
        let block = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        var writer = ByteWriter()
        writer.uint8(0)
        writer.uint64(UInt64(length))
        writer.raw(block)
        #expect(BLAKE2bTreeHashing().leaf(block.span.bytes) == BLAKE2b.hash(writer.bytes))
    }

    @Test func parentWhoseSizeOverflowsIsRefused() {
        let hashing = BLAKE2bTreeHashing()
        let largest = TreeNode(index: 0, size: .max, hash: .zero)
        #expect(hashing.parent(index: 1, largest, TreeNode(index: 2, size: 1, hash: .zero)) == nil)
        #expect(hashing.parent(index: 1, largest, TreeNode(index: 2, size: 0, hash: .zero))?.size == .max)
    }

    @Test func sidesOfAParentAreNotInterchangeable() throws {
        let hashing = BLAKE2bTreeHashing()
        let other = try #require(Bytes32((0..<32).map { UInt8($0) }))
        #expect(
            hashing.parent(size: 2, left: .zero, right: other) != hashing.parent(size: 2, left: other, right: .zero))
        #expect(
            hashing.parent(size: 2, left: .zero, right: other) != hashing.parent(size: 3, left: .zero, right: other))
    }
}
