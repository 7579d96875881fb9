import StorageEngine

// A table that is worth compressing reads as any other, whatever the engine makes of it.

extension ConformanceCheck {
    static let compressionChecks: [ConformanceCheck] = [
        ConformanceCheck("values that compress well, badly or not at all come back") { engine in
            let values = sampleValues()
            try engine.put(values)
            try engine.engine.read { snapshot in
                for (key, value) in values {
                    let isSame = try snapshot.bytes(key) == value
                    try expect(isSame, "the value \(key) comes back as another")
                }
                try snapshot.scan(EngineUnderTest.first, KeyRange()) { key, value in
                    let isSame = values[String(key)].map { value.isEqual(to: $0) } ?? false
                    try expect(isSame, "a scan gives another value of \(String(key))")
                    return .next
                }
            }
        },
        ConformanceCheck("a value stays as it is while others are read inside its borrowing") { engine in
            let values = sampleValues().filter { $0.value.count > 1_000 }
            try engine.put(values)
            try engine.borrowEach(values.keys.sorted()[...], of: values)
        },
        ConformanceCheck("long values are merged") { engine in
            let (base, operand) = (sample(20_000, distinct: 3), sample(300, distinct: 2))
            try engine.put(["a": base])
            let writer = GroupWriter(engine.engine, durability: .relaxed)
            var set = WriteSet()
            let key = Array("a".utf8)
            set.merge(EngineUnderTest.first, key: key.span.bytes, operand: operand[...], .concatenate)
            set.merge(EngineUnderTest.first, key: key.span.bytes, operand: operand[...], .concatenate)
            try await writer.commit(set)
            await writer.close()
            let isSame = try engine.engine.read { try $0.bytes("a") } == base + operand + operand
            try expect(isSame, "the merged value differs")
        },
    ]

    /// Values of many sizes, of one, a few and all bytes.
    private static func sampleValues() -> [String: [UInt8]] {
        var values: [String: [UInt8]] = [:]
        for count in [0, 1, 63, 64, 191, 192, 1_000, 2_014, 4_080, 4_081, 8_177, 65_536, 300_000] {
            for distinct in [1, 4, 256] { values["\(count) of \(distinct)"] = sample(count, distinct: distinct) }
        }
        return values
    }

    private static func sample(_ count: Int, distinct: Int) -> [UInt8] {
        var random = SplitMix64(seed: UInt64(count + distinct))
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: (random.next() >> 32) % UInt64(distinct)) }
    }
}

extension EngineUnderTest {
    fileprivate func put(_ values: [String: [UInt8]]) throws {
        try write { transaction throws(StorageError) in
            for (key, value) in values {
                let key = Array(key.utf8)
                try transaction.put(Self.first, key: key.span.bytes, value: value.span.bytes)
            }
        }
    }

    /// Borrows the values of `keys`, each inside the borrowing of the one before, and compares each when the inner ones
    /// are done.
    fileprivate func borrowEach(_ keys: ArraySlice<String>, of values: [String: [UInt8]]) throws {
        guard let name = keys.first else { return }
        let key = Array(name.utf8)
        let isSame = try engine.read { snapshot in
            try snapshot.withValue(Self.first, key: key.span.bytes) { value in
                try borrowEach(keys.dropFirst(), of: values)
                return values[name].map { value.isEqual(to: $0) }
            }
        }
        try expect(isSame == true, "the value \(name) was overwritten while it was borrowed")
    }
}

extension Snapshot {
    fileprivate borrowing func bytes(_ key: String) throws -> [UInt8]? {
        let key = Array(key.utf8)
        return try copy(EngineUnderTest.first, key: key.span.bytes)
    }
}

extension RawSpan {
    fileprivate func isEqual(to other: [UInt8]) -> Bool { withUnsafeBytes { $0.elementsEqual(other) } }
}
