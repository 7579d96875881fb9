import StorageEngine

extension ConformanceCheck {
    static let transactionChecks: [ConformanceCheck] = [
        ConformanceCheck("a transaction sees what it has written") { engine in
            try engine.put(["a": "1", "b": "1"])
            try engine.write { transaction throws(StorageError) in
                try transaction.put("a", "2")
                try transaction.delete("b")
                try transaction.put("c", "2")
                let seen = [try transaction.get("a"), try transaction.get("b"), try transaction.get("c")]
                guard seen == ["2", nil, "2"] else { throw StorageError(.inputOutput, "it saw \(seen)") }
            }
            try expect(engine.keys(), ["a", "c"], "what was committed")
        },
        ConformanceCheck("nothing happened where the body of a transaction throws") { engine in
            try engine.put(["a": "1"])
            try await expect(.conflict, "the body's error") {
                try engine.write { transaction throws(StorageError) in
                    try transaction.put("a", "2")
                    try transaction.put("b", "2", in: EngineUnderTest.second)
                    try transaction.delete(EngineUnderTest.first, KeyRange())
                    throw StorageError(.conflict, "thrown by the body")
                }
            }
            try expect(engine.get("a"), "1", "a value that was replaced")
            try expect(engine.keys(in: EngineUnderTest.second), [], "another table")
            try engine.put(["c": "3"])
            try expect(engine.keys(), ["a", "c"], "what a later transaction leaves")
        },
        ConformanceCheck("the last of several writes to a key stands") { engine in
            try engine.write { transaction throws(StorageError) in
                for value in ["1", "", "a longer value", "2"] { try transaction.put("a", value) }
                try transaction.put("b", "1")
                try transaction.delete("b")
                try transaction.delete("missing")
            }
            try expect(engine.get("a"), "2", "a key that was put four times")
            try expect(engine.keys(), ["a"], "all keys")
        },
        ConformanceCheck("tables are apart") { engine in
            try engine.put(["a": "1"])
            try engine.put(["a": "2", "b": "2"], in: EngineUnderTest.second)
            try engine.write { transaction throws(StorageError) in
                try transaction.delete("b")
                try transaction.delete("a")
            }
            try expect(engine.keys(), [], "the first table")
            try expect(engine.keys(in: EngineUnderTest.second), ["a", "b"], "the second table")
        },
        ConformanceCheck("a range delete removes its range and nothing else") { engine in
            let keys = (0..<400).map { "\(1000 + $0)" }
            let bounds: [(String?, String?)] = [
                ("1100", "1100"), ("1200", "1100"), ("1100", "1101"), ("10999", "1200"), ("1300", nil), (nil, "1050"),
                (nil, nil),
            ]
            for (lower, upper) in bounds {
                try engine.put(Dictionary(uniqueKeysWithValues: keys.map { ($0, $0) }))
                try engine.put(["1150": "kept"], in: EngineUnderTest.second)
                try engine.write { transaction throws(StorageError) in
                    try transaction.delete(EngineUnderTest.first, KeyRange(lower, upper))
                }
                let left = keys.filter { key in !((lower.map { key >= $0 } ?? true) && (upper.map { key < $0 } ?? true))
                }
                try expect(engine.keys(), left, "what \(lower ?? "the start") to \(upper ?? "the end") leaves")
                try expect(engine.keys(in: EngineUnderTest.second), ["1150"], "another table")
            }
        },
        ConformanceCheck(
            "a transaction that writes nothing is no failure",
            { engine in
                for durability in Durability.allCases {
                    try engine.write(durability) { _ throws(StorageError) in }
                }
                try engine.engine.sync()
                try expect(engine.keys(), [], "all keys")
            }),
    ]
}
