import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

/// One defect at a time, written into a sound store: each is found, and called by its name.
@Suite struct IntegrityFindingTests {
    @Test func `a header that is none`() throws {
        try expect { file in
            file.bytes[16] ^= 1
        } finds: { _ in
            .init(flaw: .notAnEnvironment, page: 0)
        }
        try expect { file in
            file.bytes[pageByteCount + 10] = 2
        } finds: { _ in
            .init(flaw: .notAnEnvironment, page: 1)
        }
        try expect { file in
            file.bytes[20] = 2
        } finds: { _ in
            .init(flaw: .unknownVersion(2), page: 0)
        }
        try expect { file in
            file.bytes[40] = 1
        } finds: { _ in
            .init(flaw: .impossiblePageSize(UInt32(pageByteCount) + 1), page: 0)
        }
    }

    @Test func `a tree whose root is no page`() throws {
        let entries: [UInt64] = [0, 1, 1 << 47, .max - 1]
        for root in entries {
            try expect { file in
                file.put(root, at: file.tableRecord + 40)
            } finds: { _ in
                .init(flaw: .outOfRange, page: root, tree: .table("records"))
            }
        }
    }

    @Test func `trees that share a page`() throws {
        try expect { file in
            file.put(file.load(file.meta + 40 + 40, as: UInt64.self), at: file.tableRecord + 40)
        } finds: { file in
            .init(flaw: .usedTwice, page: file.load(file.meta + 40 + 40, as: UInt64.self), tree: .table("records"))
        }
    }

    @Test func `a tree that refers to itself`() throws {
        try expect { file in
            // The child of the first node of the root.
            file.put(UInt16(truncatingIfNeeded: file.root), at: file.node(0, ofPage: file.root))
        } finds: { file in
            .init(flaw: .usedTwice, page: file.root, tree: .table("records"))
        }
    }

    @Test func `a tree of another depth than recorded`() throws {
        try expect { file in
            file.put(1 as UInt16, at: file.tableRecord + 6)
        } finds: { file in
            .init(flaw: .wrongKind(flags: 1), page: file.root, tree: .table("records"))
        }
        try expect { file in
            file.put(3 as UInt16, at: file.tableRecord + 6)
        } finds: { file in
            .init(flaw: .wrongKind(flags: 2), page: file.leaf(0), tree: .table("records"))
        }
        try expect { file in
            file.put(33 as UInt16, at: file.tableRecord + 6)
        } finds: { _ in
            .init(flaw: .impossibleDepth(33), tree: .table("records"))
        }
    }

    @Test(arguments: [8, 16, 24, 32]) func `counts that are not what is there`(_ offset: Int) throws {
        try expect { file in
            let place = file.tableRecord + offset
            file.put(file.load(place, as: UInt64.self) + 1, at: place)
        } finds: { file in
            let counts: [Int: StructuralFinding.Count] = [
                8: .branchPages, 16: .leafPages, 24: .overflowPages, 32: .entries,
            ]
            let recorded = file.load(file.tableRecord + offset, as: UInt64.self)
            let count = counts[offset] ?? .entries
            return .init(
                flaw: .wrongCount(count, counted: recorded - 1, recorded: recorded), tree: .table("records"))
        }
    }

    @Test func `keys that are out of order, or under the wrong page`() throws {
        try expect { file in
            // The first byte of the second key.
            file.bytes[file.node(1, ofPage: file.leaf(1)) + 8] = 0
        } finds: { file in
            .init(flaw: .keysOutOfOrder(node: 1), page: file.leaf(1), tree: .table("records"))
        }
        try expect { file in
            file.bytes[file.node(0, ofPage: file.leaf(1)) + 8] = 0
        } finds: { file in
            .init(flaw: .keyOutsideParentsRange(node: 0), page: file.leaf(1), tree: .table("records"))
        }
        try expect { file in
            file.put(0 as UInt16, at: file.node(0, ofPage: file.leaf(0)) + 6)
        } finds: { file in
            // Its value now begins where its key was, so the page has a gap.
            .init(flaw: .gapBetweenNodes, page: file.leaf(0), tree: .table("records"))
        }
    }

    @Test func `a node of a kind that a table cannot have`() throws {
        try expect { file in
            file.put(4 as UInt16, at: file.node(0, ofPage: file.leaf(0)) + 4)
        } finds: { file in
            .init(flaw: .unknownNode(node: 0, flags: 4), page: file.leaf(0), tree: .table("records"))
        }
    }

    @Test func `a value whose pages are too few, or not its own`() throws {
        try expect { file in
            file.put(2 as UInt32, at: file.overflowPage * pageByteCount + 12)
        } finds: { file in
            .init(
                flaw: .tooFewOverflowPages(2, needed: 3), page: UInt64(file.overflowPage), tree: .table("records"))
        }
        try expect { file in
            file.put(UInt32.max, at: file.overflowPage * pageByteCount + 12)
        } finds: { file in
            .init(flaw: .outOfRange, page: UInt64(file.overflowPage), tree: .table("records"))
        }
    }

    @Test func `a free page that is in use, and one that does not exist`() throws {
        try expect { file in
            file.put(file.root, at: file.freeRecord + 8)
        } finds: { file in
            .init(flaw: .usedTwice, page: file.root, tree: .table("records"))
        }
        try expect { file in
            file.put(1 << 40 as UInt64, at: file.freeRecord + 8)
        } finds: { _ in
            .init(flaw: .freePageOutOfRange(1 << 40), tree: .freeList)
        }
        try expect { file in
            file.put(UInt64.max, at: file.freeRecord)
        } finds: { file in
            .init(
                flaw: .malformedFreeRecord(transaction: file.load(file.freeRecord - 8, as: UInt64.self)),
                page: UInt64(file.freeRecord / pageByteCount), tree: .freeList)
        }
    }

    /// Expects that the check finds this in a store with such a change.
    private func expect(
        _ change: (inout StoreFile) throws -> Void, finds finding: (StoreFile) throws -> StructuralFinding,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        for round in 0..<3 {
            try engine.write(durability: .full) { transaction throws(StorageError) in
                for number in 1..<250 as Range<UInt8> {
                    let value = [UInt8](repeating: UInt8(round), count: number == 30 ? 2 * pageByteCount + 100 : 90)
                    let key = [number, 0, 0, 0]
                    try transaction.put(records, key: key.span.bytes, value: value.span.bytes)
                }
            }
        }
        try engine.close()
        var file = try StoreFile(directory)
        try change(&file)
        try directory.replaceData(by: file.bytes)
        let error = #expect(throws: StructuralFinding.self, sourceLocation: sourceLocation) {
            _ = try directory.check()
        }
        #expect(error == (try finding(file)), "\(error?.description ?? "")", sourceLocation: sourceLocation)
    }
}

/// The bytes of a store's file, and where in them is what the tests change.
private struct StoreFile {
    var bytes: [UInt8]
    /// The offset of the newest header.
    let meta: Int
    /// The offset of the table's record in the directory.
    let tableRecord: Int
    let root: UInt64
    /// The first page of the large value.
    let overflowPage: Int
    /// The offset of the value of the first record of the list of free pages.
    let freeRecord: Int

    init(_ directory: TemporaryDirectory) throws {
        let bytes = try directory.dataBytes()
        self.bytes = bytes
        func page(_ number: UInt64) -> Page {
            Page(number: number, bytes: Array(bytes[Int(number) * pageByteCount..<Int(number + 1) * pageByteCount]))
        }
        func leaf(_ number: UInt64) throws -> [(place: Int, node: Node)] {
            try page(number).nodes(.leaf, minimum: 1).map { (Int(number) * pageByteCount + $0.valueOffset, $0) }
        }
        let header = try MetaPage.newest(in: try FileDescriptor(opening: directory.dataPath, O_RDONLY))
        meta = Int(header.transaction % 2) * pageByteCount
        freeRecord = try #require(try leaf(header.freeList.root).first).place
        tableRecord = try #require(try leaf(header.directory.root).first { $0.node.flags == Node.treeFlag }).place
        let record = TreeRecord(bytes, at: tableRecord)
        try #require(record.depth == 2)
        root = record.root
        let leaves = try page(root).nodes(.branch, minimum: 2)
        let large = try leaves.flatMap { try leaf($0.child) }.first { $0.node.flags == Node.overflowFlag }
        overflowPage = Int(bytes.load(try #require(large).place, as: UInt64.self))
    }

    func load<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Number.Type) -> Number {
        bytes.load(offset, as: type)
    }

    mutating func put(_ number: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: number) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    /// The offset of a node of a page.
    func node(_ index: Int, ofPage page: UInt64) -> Int {
        Int(page) * pageByteCount + Int(load(Int(page) * pageByteCount + 16 + 2 * index, as: UInt16.self))
    }

    /// A leaf of the table.
    func leaf(_ index: Int) -> UInt64 {
        UInt64(load(node(index, ofPage: root), as: UInt16.self))
    }
}
