import Bitfield
import CompactEncoding
import Crypto
import MerkleTree
import StorageEngine
import TestSupport
import Testing

@testable import HypercoreStorage

@Suite struct GroupRecordTests {
    private let record = GroupRecord(topic: Sample.bytes32(1), timestamp: .max)

    @Test func `a record reads back as it was written`() throws {
        #expect(try GroupRecord(decoding: record.encoded()) == record)
    }

    @Test func `every truncation, and bytes past the end, are damage`() {
        let longer = record.encoded() + [0]
        for bytes in truncations(of: record.encoded()) + [longer] {
            expectError(.damaged) { _ = try GroupRecord(decoding: bytes) }
        }
    }

    @Test func `a later version is refused as such`() {
        let bytes = [2] + Array(record.encoded().dropFirst())
        expectError(.unsupportedVersion) { _ = try GroupRecord(decoding: bytes) }
    }

    @Test func `a place that a change has left behind is not listed`() async throws {
        let store = try TestDirectory()
        let cores = [try await store.create(1), try await store.create(2)]
        let topic = Sample.bytes32(9)
        for (number, core) in cores.enumerated() {
            var write = CoreWrite(core, expecting: HeadRecord())
            let group = GroupRecord(topic: topic, timestamp: UInt64(10 + number))
            write.put(group: group, replacing: nil, of: Sample.key(number + 1).discoveryKey)
            try await store.writer.commit(write.set)
        }
        let left = GroupRecord(topic: topic, timestamp: 3).indexKey(of: cores[1].number)
        try await store.overwrite(Schema.store, left, with: Sample.key(2).discoveryKey.bytes.array)
        let keys = [Sample.key(1), Sample.key(2)].map(\.discoveryKey)
        #expect(try store.directory.logs(of: topic, limit: 9).map(\.discoveryKey) == keys)
        // A move that does not know where the core stands is refused.
        var write = CoreWrite(cores[0], expecting: HeadRecord())
        write.put(group: GroupRecord(topic: topic, timestamp: 20), replacing: nil, of: keys[0])
        let error = await #expect(throws: StorageError.self) { try await store.writer.commit(write.set) }
        #expect(error?.code == .conflict)
        try await store.overwrite(Schema.store, left, with: [1])
        expectError(.damaged) { _ = try store.directory.logs(of: topic, limit: 9) }
    }
}

@Suite struct MarkRecordTests {
    private let record = MarkRecord(run: 7, length: 1 << 40)

    @Test func `a record reads back as it was written, and begins with its run`() throws {
        #expect(try MarkRecord(decoding: record.encoded()) == record)
        #expect(record.encoded().starts(with: MarkRecord.prefix(run: 7)))
    }

    @Test func `every truncation, and bytes past the end, are damage`() {
        let longer = record.encoded() + [0]
        for bytes in truncations(of: record.encoded()) + [longer] {
            expectError(.damaged) { _ = try MarkRecord(decoding: bytes) }
        }
    }

    @Test func `marks and presence are pages apart`() async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        try await store.create(2)
        var page = BitfieldPage.empty
        page.set(3..<5)
        try await store.writer.commit(core.writeSet(beginningMarks: record))
        try await store.writer.commit(core.writeSet(addingMarks: [(index: 2, page: page)], run: 7))
        #expect(try core.bitfieldPages.firstPage(from: 0) == nil)
        #expect(try core.bitfieldPages.lastPage(before: .max) == nil)
        #expect(try core.markPages.firstPage(from: 0) == 2)

        var write = CoreWrite(core, expecting: HeadRecord())
        write.put(page: .full, at: 1)
        try await store.writer.commit(write.set)
        #expect(try core.markPages.lastPage(before: 2) == nil)
        #expect(try core.bitfieldPages.firstPage(from: 0) == 1)

        // A log that becomes whole loses its pages, not its marks; marks are added to those that are there.
        write = CoreWrite(core, expecting: HeadRecord())
        write.put(presence: nil)
        try await store.writer.commit(write.set)
        try await store.writer.commit(core.writeSet(addingMarks: [(index: 2, page: .full)], run: 7))
        #expect(try core.bitfieldPages.firstPage(from: 0) == nil)
        #expect(try core.markPages.page(at: 2) == .full)

        // Those of another run are refused.
        let error = await #expect(throws: StorageError.self) {
            try await store.writer.commit(core.writeSet(addingMarks: [(index: 3, page: page)], run: 6))
        }
        #expect(error?.code == .conflict)
        try await store.writer.commit(core.writeSet(endingMarks: 7))
        #expect(try core.marks() == nil && core.markPages.firstPage(from: 0) == nil)
    }
}

@Suite struct StoredNodeGroupTests {
    private let nodes: [TreeNode]

    init() throws {
        nodes = try Sample.tree(length: 8).nodes.filter { NodeGroup.leaf(of: $0.index) == 7 }
    }

    @Test func `a sound group has its nodes, and the first of two for one place`() {
        let other = TreeNode(index: nodes[1].index, size: 1, hash: .zero)
        let group = decode(nodes + [other])
        #expect(group.isIntact && group.nodes == nodes)
        #expect(group[nodes[1].index] == nodes[1] && group[1] == nil)
        #expect(StoredNodeGroup(emptyAt: 7).isIntact)
    }

    @Test func `of a truncated group what can be read is there`() {
        let bytes = encode(nodes)
        let edges = (0...nodes.count).map { encode(Array(nodes.prefix($0))).count }
        for end in bytes.indices {
            let group = StoredNodeGroup(leaf: 7, decoding: bytes.prefix(end))
            #expect(group.isIntact == edges.contains(end))
            #expect(group.nodes == Array(nodes.prefix(edges.lastIndex { $0 <= end } ?? 0)))
        }
    }

    @Test func `a depth that no node of the leaf has is damage`() {
        for depth in [4, 53, 63, 64, 200, 255] as [UInt8] {
            var bytes = encode(Array(nodes.prefix(1)))
            bytes[0] = depth
            let group = StoredNodeGroup(leaf: 7, decoding: bytes[...])
            #expect(!group.isIntact && group.nodes.isEmpty, "\(depth)")
        }
    }

    @Test func `nodes are replaced and removed where they belong to the group`() {
        let other = TreeNode(index: nodes[0].index, size: 1, hash: .zero)
        let foreign = TreeNode(index: 0, size: 1, hash: .zero)
        var changes: [UInt64: TreeNode?] = [other.index: other, 0: foreign]
        changes.updateValue(nil, forKey: nodes[2].index)
        #expect(decode(nodes.reversed()).replacing(changes) == [other, nodes[1], nodes[3]])
    }

    private func encode(_ nodes: [TreeNode]) -> [UInt8] {
        var writer = ByteWriter()
        for node in nodes { NodeGroup.write(node, into: &writer) }
        return writer.bytes
    }

    private func decode(_ nodes: [TreeNode]) -> StoredNodeGroup {
        StoredNodeGroup(leaf: 7, decoding: encode(nodes)[...])
    }
}

// Expectations cannot hold spans, so these take arrays.

extension GroupRecord {
    fileprivate init(decoding bytes: [UInt8]) throws { try self.init(decoding: bytes.span.bytes) }
}

extension MarkRecord {
    fileprivate init(decoding bytes: [UInt8]) throws { try self.init(decoding: bytes.span.bytes) }
}

extension StoredNodeGroup {
    fileprivate init(leaf: UInt64, decoding bytes: ArraySlice<UInt8>) {
        self.init(leaf: leaf, decoding: Array(bytes).span.bytes)
    }
}
