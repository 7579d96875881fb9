import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

@Suite struct IntegrityTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `a store that was written, emptied and written again is sound, and counted as LMDB counts`(
        _ seed: UInt64
    ) throws {
        let directory = try TemporaryDirectory()
        try IntegrityStores.create(in: directory, seed: seed)
        let report = try LMDBEngine.check(at: directory.path)
        let engine = try LMDBEngine.open(at: directory.path, tables: IntegrityStores.tables)
        let statistics = try engine.statistics()
        #expect(report.pageByteCount == statistics.pageByteCount)
        #expect(report.usedPageCount == statistics.usedPageCount)
        #expect(report.freePageCount == statistics.freePageCount)
        #expect(report.lastTransaction == statistics.lastTransaction)
        #expect(report.lostPageCount == 0)
        #expect(Set(report.tables.map(\.name)) == Set(IntegrityStores.tables.map(\.name)))
        for table in IntegrityStores.tables {
            var count: UInt64 = 0
            try engine.read { snapshot in
                try snapshot.scan(table, KeyRange()) { _, _ in
                    count += 1; return .next
                }
            }
            #expect(report.tables.first { $0.name == table.name }?.entryCount == count)
        }
        try engine.close()
    }

    @Test func `a store of deep trees and long lists of free pages is sound`() throws {
        let directory = try TemporaryDirectory()
        var engine = try directory.open()
        // Keys of this length leave three to a page, so that the tree grows deep.
        for start in stride(from: 0, to: 1_500, by: 500) {
            try engine.write(durability: .relaxed) { transaction throws(StorageError) in
                for number in start..<start + 500 {
                    let key = Array(String(format: "%0500d", number * 7_919 % 1_500).utf8)
                    try transaction.put(records, key: key.span.bytes, value: key.span.bytes)
                }
            }
        }
        try engine.fill("large", 9_000_000)
        try engine.close()
        let full = try directory.check()
        #expect(try #require(full.tables.first).depth >= 4 && full.tables.first?.entryCount == 1_501)
        engine = try directory.open()
        try engine.write(durability: .relaxed) { transaction throws(StorageError) in
            try transaction.delete(records, KeyRange())
        }
        try engine.close()
        let empty = try directory.check()
        #expect(empty.tables.first?.entryCount == 0 && empty.tables.first?.depth == 0)
        #expect(empty.freePageCount > 2_500 && empty.lostPageCount == 0)
    }

    @Test func `an empty store is sound`() throws {
        let directory = try TemporaryDirectory()
        try directory.open().close()
        let report = try LMDBEngine.check(at: directory.path)
        #expect(report.tables.map(\.entryCount) == [0])
    }

    @Test func `a store that is open for writing is not checked, and one that is open for reading is`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        let writer = try directory.open()
        expectThrows(.inUse) { try LMDBEngine.check(at: directory.path) }
        try writer.close()
        let reader = try directory.open { $0.access = .readOnly }
        try LMDBEngine.check(at: directory.path)
        try reader.close()
    }

    @Test func `what is no store is not checked`() throws {
        let directory = try TemporaryDirectory()
        expectThrows(.inaccessible, "no store") { try LMDBEngine.check(at: directory.path) }
        expectThrows(.inaccessible) { try LMDBEngine.check(at: directory.path + "/missing") }
        try directory.createStore()
        try directory.write(String(repeating: "no database ", count: 10_000), to: "data/1/data.mdb")
        expectThrows(.corrupt, "header") { try LMDBEngine.check(at: directory.path) }
    }

    @Test func `progress is reported, and comes to an end`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        for number in 0..<5 { try engine.fill("\(number)", 4_000_000) }
        try engine.close()
        var steps: [StructuralCheckProgress] = []
        let report = try LMDBEngine.check(at: directory.path) { steps.append($0) }
        #expect(steps.count >= 4)
        #expect(steps.map(\.checkedPageCount) == steps.map(\.checkedPageCount).sorted())
        #expect(steps.allSatisfy { $0.checkedPageCount <= $0.pageCount && $0.pageCount == report.pageCount })
    }
}
