import StorageEngine

extension ConformanceCheck {
    static let limitChecks: [ConformanceCheck] = [
        ConformanceCheck("an empty value is a value") { engine in
            try engine.put(["a": ""])
            try expect(engine.get("a"), "", "an empty value")
            try expect(engine.keys(), ["a"], "its key")
            try engine.put(["a": "1"])
            try engine.put(["a": ""])
            try expect(engine.get("a"), "", "an empty value in place of another")
        },
        ConformanceCheck("keys have one byte to as many as the engine says") { engine in
            let maximum = engine.engine.maximumKeyLength
            try expect(maximum >= 128, "keys of 128 bytes are the least that stores need, and \(maximum) are the most")
            try engine.put([key(1): "short", key(maximum): "long"])
            try expect(engine.get(key(maximum)), "long", "the value of the longest key")
            try expect(engine.get(key(1)), "short", "the value of the shortest key")
        },
        ConformanceCheck("a key of another length is refused, and the transaction can go on") { engine in
            for length in [0, engine.engine.maximumKeyLength + 1] {
                let wrong = key(length)
                try await expect(.invalidArgument, "reading a key of \(length) bytes") { _ = try engine.get(wrong) }
                try await expect(.invalidArgument, "putting a key of \(length) bytes") { try engine.put([wrong: ""]) }
                try await expect(.invalidArgument, "deleting a key of \(length) bytes") {
                    try engine.write { transaction throws(StorageError) in try transaction.delete(wrong) }
                }
            }
            try engine.write { transaction throws(StorageError) in
                do { try transaction.put("", "1") } catch {}
                try transaction.put("a", "1")
            }
            try expect(engine.keys(), ["a"], "what a transaction leaves that went on")
        },
        ConformanceCheck("a value of 20 MB comes back") { engine in
            // Each kilobyte begins with its number, so that one in the wrong place is noticed.
            var value = [UInt8](repeating: 0xa5, count: 20_000_000)
            for start in stride(from: 0, to: value.count, by: 1_000) {
                value.replaceSubrange(start..<start + 4, with: bigEndian(start))
            }
            let key = Array("large".utf8)
            for durability in Durability.allCases {
                try engine.write(durability) { transaction throws(StorageError) in
                    try transaction.put(EngineUnderTest.first, key: key.span.bytes, value: value.span.bytes)
                }
                let found = try engine.engine.read { try $0.copy(EngineUnderTest.first, key: key.span.bytes) }
                try expect(found?.count, value.count, "the length after a \(durability) write")
                for start in stride(from: 0, to: value.count, by: 1_000) {
                    let isSame = found?[start..<start + 8] == value[start..<start + 8]
                    try expect(isSame, "the value differs at byte \(start) after a \(durability) write")
                }
            }
            try engine.write { transaction throws(StorageError) in try transaction.delete("large") }
            try expect(engine.keys(), [], "all keys")
        },
        ConformanceCheck("many keys in many transactions come back in order") { engine in
            let count = 20_000
            var random = SplitMix64(seed: 20)
            let order = (0..<count).shuffled(using: &random)
            for batch in stride(from: 0, to: count, by: 2_000) {
                try engine.write { transaction throws(StorageError) in
                    for number in order[batch..<batch + 2_000] {
                        let key = bigEndian(number)
                        try transaction.put(EngineUnderTest.first, key: key.span.bytes, value: key.span.bytes)
                    }
                }
            }
            var next = 0
            try engine.engine.read { snapshot in
                try snapshot.scan(EngineUnderTest.first, KeyRange()) { key, value in
                    let expected = bigEndian(next)
                    let isExpected = key.withUnsafeBytes { $0.elementsEqual(expected) }
                    try expect(
                        isExpected && value.withUnsafeBytes { $0.elementsEqual(expected) }, "record \(next) differs")
                    next += 1
                    return .next
                }
            }
            try expect(next, count, "records")
        },
    ]

    private static func key(_ length: Int) -> String { String(repeating: "k", count: length) }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(number).bigEndian) { [UInt8]($0) }
    }
}

/// A small generator of random numbers whose sequence its seed decides (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
