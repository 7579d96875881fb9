import StorageEngine

extension ConformanceCheck {
    static let readingChecks: [ConformanceCheck] = [
        ConformanceCheck("a missing key has no value") { engine in
            try engine.put(["b": "1"])
            try expect(engine.get("a"), nil, "a key before the only one")
            try expect(engine.get("c"), nil, "a key after the only one")
            try expect(engine.get("b"), "1", "the only key")
            try expect(engine.get("b", in: EngineUnderTest.second), nil, "the same key in another table")
        },
        ConformanceCheck("keys sort bytewise, a prefix before what it begins") { engine in
            let keys: [[UInt8]] = [
                [0x00], [0x00, 0x00], [0x01], [0x7f, 0xff], [0x80], [0xff], [0xff, 0x00], [0xff, 0xff],
            ]
            try engine.write { transaction throws(StorageError) in
                for key in keys.reversed() {
                    try transaction.put(EngineUnderTest.first, key: key.span.bytes, value: key.span.bytes)
                }
            }
            let found = try engine.engine.read { snapshot in
                var found: [[UInt8]] = []
                try snapshot.scan(EngineUnderTest.first, KeyRange()) { key, value in
                    found.append(key.withUnsafeBytes { [UInt8]($0) })
                    return .next
                }
                return found
            }
            try expect(found, keys, "the order of a scan")
        },
        ConformanceCheck("a scan visits its range in both directions") { engine in
            try checkScans(engine)
        },
        ConformanceCheck("a scan stops when it is told to, and throws what its body throws") { engine in
            try engine.put(["a": "1", "b": "2", "c": "3"])
            var visited: [String] = []
            try engine.engine.read { snapshot in
                try snapshot.scan(EngineUnderTest.first, KeyRange()) { key, _ in
                    visited.append(String(key))
                    return visited.count == 2 ? .stop : .next
                }
            }
            try expect(visited, ["a", "b"], "keys before the stop")
            try await expect(.conflict, "a body that throws") {
                try engine.engine.read { snapshot in
                    try snapshot.scan(EngineUnderTest.first, KeyRange()) { _, _ in throw StorageError(.conflict, "") }
                }
            }
        },
        ConformanceCheck("a value can be read inside a scan") { engine in
            try engine.put(["a": "b", "b": "c", "c": "a"])
            let chained = try engine.engine.read { snapshot in
                var chained: [String?] = []
                try snapshot.scan(EngineUnderTest.first, KeyRange()) { _, value in
                    chained.append(try engine.get(String(value)))
                    return .next
                }
                return chained
            }
            try expect(chained, ["c", "a", "b"], "values of values")
        },
        ConformanceCheck("a snapshot sees nothing of later transactions") { engine in
            try engine.put(["a": "1", "b": "1"])
            try engine.engine.read { snapshot in
                try onAnotherThread {
                    try engine.write { transaction throws(StorageError) in
                        try transaction.put("a", "2")
                        try transaction.delete("b")
                        try transaction.put("c", "2")
                    }
                    try expect(engine.keys(), ["a", "c"], "what a new snapshot sees")
                }
                try expect(snapshot.get("a"), "1", "a value that was replaced")
                try expect(snapshot.keys(), ["a", "b"], "keys, one of which was deleted")
            }
            try expect(engine.get("a"), "2", "a value read afterwards")
        },
        ConformanceCheck("a read inside a read sees the outer one's snapshot") { engine in
            try engine.put(["a": "1"])
            try engine.engine.read { snapshot in
                try onAnotherThread { try engine.put(["a": "2"]) }
                try expect(engine.get("a"), "1", "a value read in a nested read")
                try engine.engine.read { inner in
                    try expect(engine.get("a"), "1", "a value read two levels down")
                    try expect(inner.get("a"), "1", "the inner snapshot's value")
                }
                try expect(snapshot.get("a"), "1", "the outer snapshot's value after nested reads")
            }
            try expect(engine.get("a"), "2", "a value read after the outer read")
        },
        ConformanceCheck("a read does not wait for a transaction") { engine in
            try engine.put(["a": "1"])
            try engine.write { transaction throws(StorageError) in
                try transaction.put("a", "2")
                let seen = Result { try onAnotherThread { try expect(engine.get("a"), "1", "an uncommitted value") } }
                if case .failure(let error) = seen { throw StorageError(.inputOutput, "\(error)") }
            }
            try expect(engine.get("a"), "2", "the committed value")
        },
    ]

    /// All ranges over five keys, with bounds on, between and beyond them, compared with filtering a list.
    private static func checkScans(_ engine: EngineUnderTest) throws {
        let keys = ["b", "d", "dd", "f", "h"]
        try engine.put(Dictionary(uniqueKeysWithValues: keys.map { ($0, $0) }))
        let bounds: [String?] = [nil, "a", "b", "c", "d", "dd", "e", "h", "i"]
        for lower in bounds {
            for upper in bounds {
                let inside = keys.filter { key in (lower.map { key >= $0 } ?? true) && (upper.map { key < $0 } ?? true)
                }
                let range = KeyRange(lower, upper)
                let what = "from \(lower ?? "the start") to before \(upper ?? "the end")"
                try expect(engine.keys(range), inside, "ascending \(what)")
                try expect(engine.keys(range, .descending), inside.reversed(), "descending \(what)")
            }
        }
        try expect(engine.keys(KeyRange(prefix: Array("d".utf8))), ["d", "dd"], "a prefix")
        try expect(engine.keys(in: EngineUnderTest.second), [], "an empty table")
        try expect(engine.keys(KeyRange(), .descending, in: EngineUnderTest.second), [], "an empty table, descending")
    }
}
