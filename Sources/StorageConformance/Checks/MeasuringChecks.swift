import StorageEngine

// For engines that measure (``MeasuringEngine``); others pass.

extension ConformanceCheck {
    static let measuringChecks: [ConformanceCheck] = [
        ConformanceCheck("a range is measured as its records are read, in one go or in steps") { engine in
            guard let measuring = engine.engine as? any MeasuringEngine else { return }
            let sizes = [0, 1, 100, 1_000, 5_000, 20_000, 70_000]
            for (number, size) in sizes.enumerated() {
                try engine.put(["a\(number)": String(repeating: "value ", count: size)])
            }
            try engine.put(["b": "1"])
            let range = KeyRange(prefix: Array("a".utf8))
            for limit in [1, 2, sizes.count - 1, sizes.count, 100] {
                let (space, calls) = try measuring.total(range, limit: limit)
                try expect(space.recordCount, UInt64(sizes.count), "records, \(limit) at a time")
                try expect(space.valueByteCount, UInt64(sizes.reduce(0, +) * 6), "bytes, \(limit) at a time")
                try expect(space.storedByteCount >= 2 * sizes.count, "fewer bytes are stored than the keys have")
                try expect(calls, (sizes.count + limit - 1) / limit, "steps of \(limit)")
            }
            let one = try measuring.measure(EngineUnderTest.first, KeyRange("a1", "a2"), limit: 10)
            try expect(one.recordCount, 1, "records of a range with one")
            try expect(one.nextKey, nil, "where to go on after a range's only record")
        },
        ConformanceCheck("an empty range takes nothing") { engine in
            guard let measuring = engine.engine as? any MeasuringEngine else { return }
            try engine.put(["a": "1"])
            let empty = RangeSpace()
            try expect(measuring.measure(EngineUnderTest.first, KeyRange("b", nil), limit: 1), empty, "past all keys")
            try expect(measuring.measure(EngineUnderTest.second, KeyRange(), limit: 1), empty, "an empty table")
        },
        ConformanceCheck("what a store takes holds what is free of it") { engine in
            guard let measuring = engine.engine as? any MeasuringEngine else { return }
            try engine.put(["a": String(repeating: "x", count: 100_000)])
            try engine.write { transaction throws(StorageError) in try transaction.delete("a") }
            let space = try measuring.space()
            try expect(
                space.freeByteCount <= space.fileByteCount,
                "\(space.freeByteCount) bytes of \(space.fileByteCount) are free")
        },
    ]
}

extension MeasuringEngine {
    /// Measures `range` in steps of so many records, and says how many steps there were.
    fileprivate func total(_ range: KeyRange, limit: Int) throws -> (RangeSpace, calls: Int) {
        var total = RangeSpace()
        var calls = 0
        var next = range.lower
        repeat {
            let space = try measure(EngineUnderTest.first, KeyRange(lower: next, upper: range.upper), limit: limit)
            total.recordCount += space.recordCount
            total.valueByteCount += space.valueByteCount
            total.storedByteCount += space.storedByteCount
            calls += 1
            next = space.nextKey
        } while next != nil
        return (total, calls)
    }
}
