import CompactEncoding
import TestSupport
import Testing

@Suite struct FixedBytesTests {
    @Test func onlyTheRightNumberOfBytesIsTaken() {
        for count in 0...130 {
            let bytes = (0..<count).map { UInt8($0) }
            #expect((Bytes32(bytes) != nil) == (count == 32))
            #expect((Bytes32(bytes.span.bytes) != nil) == (count == 32))
            #expect((Bytes64(bytes) != nil) == (count == 64))
        }
    }

    @Test func anyCollectionOfBytesIsTaken() {
        let bytes = (0..<64).map { UInt8($0 * 3) }
        #expect(Bytes32(bytes[7..<39])?.array == Array(bytes[7..<39]))
        #expect(Bytes32(bytes.prefix(32).lazy.map { $0 ^ 1 })?.array == bytes.prefix(32).map { $0 ^ 1 })
        #expect(Bytes64(bytes.reversed() as ReversedCollection)?.array == bytes.reversed())
    }

    @Test func orderIsBytewise() throws {
        for seed in 1...500 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let left = random.bytes(32)
            var right = left
            right[Int.random(in: 0..<32, using: &random)] = UInt8.random(in: 0...255, using: &random)
            let isLess = left.lexicographicallyPrecedes(right)
            #expect((try #require(Bytes32(left)) < #require(Bytes32(right))) == isLess, "seed \(seed)")
        }
    }

    @Test func equalValuesHashAlike() throws {
        let bytes = (0..<32).map { UInt8($0) }
        #expect(Set([Bytes32(bytes), Bytes32(bytes.span.bytes), Bytes32(hex: bytes.hex)]).count == 1)
        #expect(Bytes32() == .zero && Bytes32.zero.array == [UInt8](repeating: 0, count: 32))
    }

    @Test func bytesAreBorrowedInOrder() throws {
        let bytes = (0..<64).map { UInt8($0) }
        let value = try #require(Bytes64(bytes))
        #expect(value.withUnsafeBytes { Array($0) } == bytes)
        #expect(value.low.withBytes { [UInt8](copying: $0) } == Array(bytes.prefix(32)))
        var changed = value
        changed.withUnsafeMutableBytes { $0[63] = 0xff }
        #expect(changed.array == bytes.dropLast() + [0xff])
    }

    @Test func hexadecimalComesBackAndNothingElseIsTaken() {
        for seed in 1...100 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let bytes = random.bytes(Int.random(in: 0...80, using: &random))
            #expect([UInt8](hex: bytes.hex) == bytes)
            #expect([UInt8](hex: bytes.hex.uppercased()) == bytes)
        }
        for text in ["0", "abc", "0g", "g0", " 00", "0x00", "é0", "００", "-1"] {
            #expect([UInt8](hex: text) == nil, "\(text)")
        }
        #expect(Bytes32(hex: "00") == nil && Bytes64(hex: String(repeating: "0", count: 126)) == nil)
        #expect(Bytes32.zero.description == String(repeating: "0", count: 64))
    }
}
