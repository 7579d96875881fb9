import StorageEngine

extension ConformanceCheck {
    static let lifecycleChecks: [ConformanceCheck] = [
        ConformanceCheck("a closed engine refuses everything, and closing it again does nothing") { engine in
            try engine.put(["a": "1"])
            try engine.close()
            try engine.close()
            try await expect(.closed, "a read") { _ = try engine.get("a") }
            try await expect(.closed, "a write") { try engine.put(["a": "2"]) }
            try await expect(.closed, "a sync") { try engine.engine.sync() }
        },
        ConformanceCheck("what was committed is there after reopening", needsPersistence: true) { engine in
            try engine.write(.full) { transaction throws(StorageError) in
                try transaction.put("full", "1")
                try transaction.put("both", "1", in: EngineUnderTest.second)
            }
            try engine.put(["relaxed": "2"])
            try await expect(.conflict, "a transaction that throws") {
                try engine.write { transaction throws(StorageError) in
                    try transaction.put("undone", "3")
                    throw StorageError(.conflict, "")
                }
            }
            try engine.reopen()
            try expect(engine.keys(), ["full", "relaxed"], "the first table")
            try expect(engine.get("both", in: EngineUnderTest.second), "1", "the second table")
            try engine.put(["later": "4"])
            try engine.reopen()
            try expect(engine.keys(), ["full", "later", "relaxed"], "the first table after another time")
        },
        ConformanceCheck("a writer commits what is queued before it closes, and nothing later") { engine in
            for durability in Durability.allCases {
                let writer = GroupWriter(engine.engine, durability: durability)
                var set = WriteSet()
                set.put("queued \(durability)", "1")
                let ticket = writer.enqueue(set)
                await writer.close()
                await writer.close()
                try await writer.commit(ticket)
                try await expect(.closed, "a set after closing") { try await writer.commit(set) }
                let late = writer.enqueue(set)
                try await expect(.closed, "a set that was queued after closing") { try await writer.commit(late) }
                try await expect(.closed, "a flush after closing") { try await writer.flush() }
            }
            try expect(engine.keys(), ["queued full", "queued relaxed"], "all keys")
        },
    ]
}
