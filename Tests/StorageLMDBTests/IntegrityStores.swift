import Foundation
import StorageEngine
import TestSupport
import Testing

@testable import StorageLMDB

/// The size of LMDB's pages: the system's, up to a limit.
let pageByteCount = min(Int(sysconf(Int32(_SC_PAGESIZE))), 32_768)

/// Stores with trees of all shapes, for the tests of the structural check.
enum IntegrityStores {
    static let tables = [records, Table(ordinal: 1, name: "others"), Table(ordinal: 2, name: "empty")]

    /// Fills a store from `seed` with records of all sizes, deletes many of them again, and closes it.
    static func create(in directory: TemporaryDirectory, seed: UInt64, rounds: Int = 40) throws {
        var generator = SeededGenerator(seed: seed)
        let engine = try LMDBEngine.open(at: directory.path, tables: tables)
        for _ in 0..<rounds {
            let changes = (0..<Int.random(in: 1...60, using: &generator)).map { _ in Change(using: &generator) }
            let durability: Durability = Bool.random(using: &generator) ? .full : .relaxed
            try engine.write(durability: durability) { transaction throws(StorageError) in
                for change in changes { try change.apply(to: transaction) }
            }
        }
        try engine.close()
    }

    private struct Change {
        let table: Table
        let key: [UInt8]
        let value: [UInt8]?
        let range: KeyRange?

        init(using generator: inout SeededGenerator) {
            table = tables[Int.random(in: 0...1, using: &generator)]
            // Short first bytes, so that deletions meet what was put.
            let head = UInt8.random(in: 0..<60, using: &generator)
            let length = [0, 3, 20, 200, 510].randomElement(using: &generator) ?? 0
            key = [head] + [UInt8](repeating: head &* 7, count: length)
            let sizes = [0, 1, 30, 300, 1_500, 2_100, 5_000, 30_000]
            let size = sizes.randomElement(using: &generator) ?? 0
            let action = Int.random(in: 0..<20, using: &generator)
            value = action < 12 ? [UInt8](repeating: head, count: size) : nil
            range = action == 19 ? KeyRange(lower: [head], upper: [head &+ 5]) : nil
        }

        func apply(to transaction: borrowing WriteTransaction) throws(StorageError) {
            if let range { return try transaction.delete(table, range) }
            guard let value else { return try transaction.delete(table, key: key.span.bytes) }
            try transaction.put(table, key: key.span.bytes, value: value.span.bytes)
        }
    }
}

extension TemporaryDirectory {
    /// Runs the structural check, and returns what it finds.
    func check() throws -> StructuralReport {
        try StructuralCheck.run(try FileDescriptor(opening: dataPath, O_RDONLY))
    }

    /// The branches and leaves that are in use, in no order, and the first page after all that is in use.
    func usedPages() throws -> (tree: [Int], end: Int) {
        let file = try FileDescriptor(opening: dataPath, O_RDONLY)
        let meta = try MetaPage.newest(in: file)
        let pages = PageFile(file, pageByteCount: meta.pageByteCount)
        var tree: [Int] = []
        var end = 2
        var open = [meta.freeList.root, meta.directory.root].filter { $0 != TreeRecord.noPage }
        while let number = open.popLast() {
            let page = try pages.page(number)
            tree.append(Int(number))
            end = max(end, Int(number) + 1)
            if page.flags == Page.Kind.branch.rawValue {
                open += try page.nodes(.branch, minimum: 1).map(\.child)
                continue
            }
            for node in try page.nodes(.leaf, minimum: 1) {
                if node.flags == Node.treeFlag {
                    let record = TreeRecord(page.bytes, at: node.valueOffset)
                    if !record.isEmpty { open.append(record.root) }
                } else if node.flags == Node.overflowFlag {
                    let first = page.load(node.valueOffset, as: UInt64.self)
                    end = max(end, Int(first) + Int(try pages.page(first).overflowPageCount))
                }
            }
        }
        return (tree, end)
    }

    func dataBytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: dataPath))) }

    func replaceData(by bytes: some Sequence<UInt8>) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: dataPath))
    }
}
