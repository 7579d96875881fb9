import StorageEngine

/// What `GroupWriter` builds on an engine: these hold for each one that keeps the other rules.
extension ConformanceCheck {
    static let groupChecks: [ConformanceCheck] = [
        ConformanceCheck("a write set is applied in its order") { engine in
            try await engine.withWriter { writer in
                try engine.put(["old": "1", "range1": "1", "range2": "1"])
                var set = WriteSet()
                set.put("a", "1")
                set.put("a", "2")
                set.delete("old")
                set.put("range3", "1")
                set.delete(EngineUnderTest.first, KeyRange(prefix: Array("range".utf8)))
                set.put("range4", "1")
                set.put("long", String(repeating: "x", count: 10_000))
                try await writer.commit(set)
            }
            try expect(engine.keys(), ["a", "long", "range4"], "all keys")
            try expect(engine.get("a"), "2", "a key that was put twice")
            try expect(engine.get("long")?.count, 10_000, "the length of a value that is shared and not copied")
        },
        ConformanceCheck("a set whose expectation does not hold is refused alone and whole") { engine in
            try engine.put(["head": "fork1 length5"])
            try await engine.withWriter { writer in
                let sets = [
                    expecting(.prefix(Array("fork1".utf8)), of: "head", putting: "right prefix"),
                    expecting(.prefix(Array("fork2".utf8)), of: "head", putting: "wrong prefix"),
                    expecting(.prefix(Array("fork1 length5 and more".utf8)), of: "head", putting: "longer prefix"),
                    expecting(.absent, of: "head", putting: "absent, but there"),
                    expecting(.absent, of: "nothing", putting: "absent"),
                    expecting(.prefix([]), of: "nothing", putting: "empty prefix of nothing"),
                    expecting(.absent, of: "absent", putting: "written in this group"),
                ]
                let tickets = sets.map { writer.enqueue($0) }
                let isAccepted = [true, false, false, false, true, false, false]
                for (ticket, isAccepted) in zip(tickets, isAccepted) {
                    if isAccepted {
                        try await writer.commit(ticket)
                    } else {
                        try await expect(.conflict, "a refused set") { try await writer.commit(ticket) }
                    }
                }
                try expect(writer.statistics.conflicts, 5, "sets that were refused")
            }
            try expect(engine.keys(), ["absent", "head", "right prefix"], "all keys")
        },
        ConformanceCheck("merges combine with what is stored") { engine in
            try engine.put(["log": "a", "bits": "\u{0f}"])
            try await engine.withWriter { writer in
                var set = WriteSet()
                set.merge("log", "bc", .concatenate)
                set.merge("log", "d", .concatenate)
                set.merge("new", "x", .concatenate)
                set.merge("bits", "\u{10}\u{01}", .bitwiseOr)
                set.merge("bits", "\u{03}", .bitwiseAndNot)
                set.merge("none", "\u{03}", .bitwiseAndNot)
                try await writer.commit(set)
            }
            try expect(engine.get("log"), "abcd", "concatenated")
            try expect(engine.get("new"), "x", "concatenated to nothing")
            try expect(engine.get("bits"), "\u{1c}\u{01}", "bits set and cleared")
            try expect(engine.get("none"), "", "bits cleared where there were none")
        },
        ConformanceCheck(
            "sets of many tasks are all committed",
            { engine in
                for durability in Durability.allCases {
                    let writer = GroupWriter(engine.engine, durability: durability, maximumQueuedByteCount: 4096)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<200 {
                            group.addTask {
                                var set = WriteSet()
                                set.merge("count", "x", .concatenate)
                                set.put("\(durability) \(number)", "1")
                                try await writer.commit(set)
                            }
                        }
                        try await group.waitForAll()
                    }
                    try await writer.flush()
                    await writer.close()
                    try expect(writer.queuedByteCount, 0, "bytes left in the queue")
                }
                try expect(engine.keys().count, 401, "keys")
                try expect(engine.get("count")?.count, 400, "merges")
            }),
        ConformanceCheck("a set that no engine takes fails alone") { engine in
            try await engine.withWriter { writer in
                var wrong = WriteSet()
                wrong.put(String(repeating: "k", count: engine.engine.maximumKeyLength + 1), "1")
                var right = WriteSet()
                right.put("a", "1")
                let (refused, accepted) = (writer.enqueue(wrong), writer.enqueue(right))
                try await expect(.invalidArgument, "a key that is too long") { try await writer.commit(refused) }
                try await writer.commit(accepted)
            }
            try expect(engine.keys(), ["a"], "all keys")
        },
    ]

    private static func expecting(_ expectation: Expectation, of key: String, putting other: String) -> WriteSet {
        var set = WriteSet()
        set.expect(key, expectation)
        set.put(other, "1")
        return set
    }
}

extension EngineUnderTest {
    /// Calls `body` with a writer whose group begins when the first ticket is waited for, and closes it.
    func withWriter(_ body: (GroupWriter) async throws -> Void) async throws {
        let writer = GroupWriter(engine, durability: .relaxed)
        do {
            try await body(writer)
        } catch {
            await writer.close()
            throw error
        }
        await writer.close()
    }
}

extension WriteSet {
    mutating func put(_ key: String, _ value: String) {
        let bytes = Array(key.utf8)
        put(EngineUnderTest.first, key: bytes.span.bytes, value: Array(value.utf8)[...])
    }

    mutating func delete(_ key: String) {
        let bytes = Array(key.utf8)
        delete(EngineUnderTest.first, key: bytes.span.bytes)
    }

    mutating func merge(_ key: String, _ operand: String, _ rule: MergeRule) {
        let bytes = Array(key.utf8)
        merge(EngineUnderTest.first, key: bytes.span.bytes, operand: Array(operand.utf8)[...], rule)
    }

    mutating func seal(_ key: String, _ seal: any Seal) {
        let bytes = Array(key.utf8)
        put(EngineUnderTest.first, key: bytes.span.bytes, seal: seal)
    }

    mutating func expect(_ key: String, _ expectation: Expectation) {
        let bytes = Array(key.utf8)
        expect(EngineUnderTest.first, key: bytes.span.bytes, expectation)
    }
}
