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
