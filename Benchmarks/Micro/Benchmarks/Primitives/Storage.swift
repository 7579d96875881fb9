import Benchmark
import StorageEngine
import StorageLMDB
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

private let table = Table(ordinal: 0, name: "records")

/// One record of 16 B and 100 B through the engine: put among a thousand in a transaction, its commit included, and read
/// at random among a hundred thousand.
func storage() {
    let (putting, getting) = (newDirectory(), newDirectory())
    Benchmark("put a record") { (benchmark, store: RecordStore) in
        try store.append(benchmark.scaledIterations.count)
    } setup: {
        try RecordStore(at: putting)
    } teardown: {
        try FileManager.default.removeItem(atPath: putting)
    }
    Benchmark("get a record") { (benchmark, store: RecordStore) in
        for index in benchmark.scaledIterations { blackHole(try store.get(index &* 7_919 % 100_000)) }
    } setup: {
        let store = try RecordStore(at: getting)
        try store.append(100_000)
        return store
    } teardown: {
        try FileManager.default.removeItem(atPath: getting)
    }
}

private func newDirectory() -> String { "/tmp/corestore-micro-\(UInt64.random(in: .min ... .max))" }

/// An engine with one table. The benchmark keeps it to the end of the process, so nobody closes it.
private final class RecordStore: Sendable {
    private let engine: LMDBEngine
    private let length = Atomic(0)

    init(at directory: String) throws {
        engine = try LMDBEngine.open(at: directory, tables: [table])
    }

    /// Puts records under the next numbers, in one transaction.
    func append(_ count: Int) throws {
        let end = length.add(count, ordering: .relaxed).newValue
        let numbers = end - count..<end
        let value = [UInt8](repeating: 5, count: 100)
        try engine.write(durability: .relaxed) { transaction throws(StorageError) in
            for number in numbers {
                let key = key(number)
                try transaction.put(table, key: key.span.bytes, value: value.span.bytes)
            }
        }
    }

    func get(_ number: Int) throws -> [UInt8]? {
        let key = key(number)
        return try engine.read { snapshot in try snapshot.copy(table, key: key.span.bytes) }
    }

    private func key(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: (UInt64(0), UInt64(number).bigEndian)) { [UInt8]($0) }
    }
}
