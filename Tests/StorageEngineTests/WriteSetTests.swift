import Testing

@testable import StorageEngine

@Suite struct WriteSetTests {
    @Test func `a set counts its keys, its values, and 64 bytes a write and expectation`() {
        var set = WriteSet()
        #expect(set.byteCount == 0 && set.isEmpty)
        set.put("key", "value")
        #expect(set.byteCount == 64 + 8)
        set.expect("key", .absent)
        #expect(set.byteCount == 128 + 11)
        set.delete(records, KeyRange(lower: [1, 2], upper: [3]))
        #expect(set.byteCount == 192 + 14)
        #expect(set.operationCount == 2)
    }

    @Test func `long values are shared with the caller, short ones copied`() throws {
        var set = WriteSet()
        set.put("key", String(repeating: "x", count: WriteSet.sharingThreshold - 1))
        set.put("key", String(repeating: "x", count: WriteSet.sharingThreshold))
        let isShared = set.operations.map { operation in
            if case .put(_, _, .shared) = operation { true } else { false }
        }
        #expect(isShared == [false, true])
    }

    @Test(
        arguments: [
            ([], nil), ([0x61], [0x62]), ([0x61, 0xff], [0x62]), ([0xff, 0xff], nil), ([0x00, 0xfe], [0x00, 0xff]),
        ] as [([UInt8], [UInt8]?)])
    func `a prefix's range ends before the first key past it`(_ prefix: [UInt8], _ upper: [UInt8]?) {
        #expect(KeyRange(prefix: prefix) == KeyRange(lower: prefix, upper: upper))
    }

    @Test func `bits are merged as if both sides were padded with zeros`() {
        for valueCount in 0...3 {
            for operandCount in 0...3 {
                let value = (0..<valueCount).map { UInt8(0b0101 + $0) }
                let operand = (0..<operandCount).map { UInt8(0b0011 << $0) }
                let padded = { (bytes: [UInt8], index: Int) -> UInt8 in index < bytes.count ? bytes[index] : 0 }
                let longest = max(valueCount, operandCount)
                #expect(
                    MergeRule.bitwiseOr.combined(value, with: operand)
                        == (0..<longest).map { padded(value, $0) | padded(operand, $0) })
                #expect(
                    MergeRule.bitwiseAndNot.combined(value, with: operand)
                        == (0..<valueCount).map { padded(value, $0) & ~padded(operand, $0) })
                #expect(MergeRule.concatenate.combined(value, with: operand) == value + operand)
            }
        }
    }
}

extension MergeRule {
    fileprivate func combined(_ value: [UInt8], with operand: [UInt8]) -> [UInt8] {
        var value = value
        combine(&value, with: operand.span.bytes)
        return value
    }
}

@Suite struct NestedReadTests {
    @Test func `a read of another engine in between does not hide the outer read`() throws {
        let (first, second) = (MemoryEngine(tables: [records]), MemoryEngine(tables: [records]))
        #expect(NestedReads.view(of: first) == nil)
        try first.read { _ in
            let outer = try #require(NestedReads.view(of: first))
            #expect(NestedReads.view(of: second) == nil)
            try second.read { _ in
                #expect(NestedReads.view(of: first) === outer)
                #expect(NestedReads.view(of: second) != nil)
            }
            #expect(NestedReads.view(of: second) == nil)
        }
        #expect(NestedReads.view(of: first) == nil)
    }
}
