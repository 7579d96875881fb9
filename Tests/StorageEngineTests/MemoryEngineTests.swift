import StorageConformance
import StorageEngine
import Testing

@Suite struct MemoryEngineTests {
    @Test(arguments: ConformanceCheck.all)
    func `keeps the rules of storage engines`(_ check: ConformanceCheck) async throws {
        try await check.run(isPersistent: false) { tables in MemoryEngine(tables: tables) }
    }

    @Test(arguments: ConformanceCheck.all)
    func `keeps the rules inside a fault-injecting engine without faults`(_ check: ConformanceCheck) async throws {
        try await check.run(isPersistent: false) { tables in FaultInjectingEngine(MemoryEngine(tables: tables)) }
    }
}

@Suite struct MemoryEngineCapabilityTests {
    private let table = Table(ordinal: 0, name: "table")
    private let key: [UInt8] = [1]

    @Test func `a suspended engine refuses everything, and keeps its records`() throws {
        let engine = MemoryEngine(tables: [table])
        try put(1, engine)
        for _ in 0..<2 { try engine.suspend() }
        #expect(throws: StorageError.suspended) { try value(engine) }
        #expect(throws: StorageError.suspended) { try put(2, engine) }
        #expect(throws: StorageError.suspended) { try engine.sync() }
        #expect(throws: StorageError.suspended) { try engine.compact { _ in } }
        for _ in 0..<2 { try engine.resume() }
        #expect(try value(engine) == [1])
        try put(2, engine)
        try engine.compact { _ in }
        #expect(try value(engine) == [2])
    }

    @Test func `a write under way when the engine is suspended is not lost`() throws {
        let engine = MemoryEngine(tables: [table])
        try engine.write(durability: .full) { transaction throws(StorageError) in
            try engine.suspend()
            try transaction.put(table, key: key.span.bytes, value: key.span.bytes)
        }
        try engine.resume()
        #expect(try value(engine) == [1])
    }

    @Test func `a closed engine is neither suspended nor resumed nor compacted`() throws {
        let engine = MemoryEngine(tables: [table])
        try engine.suspend()
        try engine.close()
        for body in [engine.suspend, engine.resume, { try engine.compact { _ in } }] {
            let error = #expect(throws: StorageError.self) { try body() }
            #expect(error?.code == .closed)
        }
    }

    private func put(_ value: UInt8, _ engine: MemoryEngine) throws {
        try engine.write(durability: .full) { transaction throws(StorageError) in
            try transaction.put(table, key: key.span.bytes, value: [value].span.bytes)
        }
    }

    private func value(_ engine: MemoryEngine) throws -> [UInt8]? {
        try engine.read { try $0.copy(table, key: key.span.bytes) }
    }
}

extension StorageError {
    fileprivate static let suspended = StorageError(.suspended, "the store is suspended; resume it to use it")
}
