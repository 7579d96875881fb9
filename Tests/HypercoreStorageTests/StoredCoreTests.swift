import Bitfield
import CompactEncoding
import Crypto
import MerkleTree
import StorageEngine
import TestSupport
import Testing

@testable import HypercoreStorage

@Suite(.timeLimit(.minutes(5))) struct StoredCoreTests {
    @Test func `blocks, nodes and the head are read back as they were put`() async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        let (head, nodes) = try await store.append(Sample.blocks(20), to: core)
        for (index, block) in Sample.blocks(20).enumerated() {
            #expect(try core.block(UInt64(index), spans: head.spans) == block)
        }
        let tree = core.tree(spans: head.spans)
        for node in nodes { #expect(try tree.node(at: node.index) == node) }
        #expect(try core.head() == head)
        #expect(try core.block(20, spans: head.spans) == nil)
        #expect(try core.containsBlock(19, spans: head.spans) && !core.containsBlock(20, spans: head.spans))
    }

    @Test func `a truncation hides what it cut off, and a list of spans from before still sees it`() async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        let (head, _) = try await store.append([[1], [2], [3]], to: core)
        var cut = head.spans
        cut.truncate(to: 1)
        #expect(try core.block(0, spans: cut) == [1])
        #expect(try core.block(1, spans: cut) == nil)
        #expect(try core.tree(spans: cut).node(at: 2) == nil)
        #expect(try core.block(1, spans: head.spans) == [2])
    }

    @Test func `two cores with one content do not see each other's blocks`() async throws {
        let store = try TestDirectory()
        let (first, second) = (try await store.create(1), try await store.create(2))
        let (head, _) = try await store.append([[1]], to: first)
        #expect(try second.block(0, spans: head.spans) == nil)
    }

    @Test func `a change that expects another head is refused whole`() async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        let (head, _) = try await store.append([[1]], to: core)
        var resigned = head
        resigned.signature = []
        var otherBlocks = head
        otherBlocks.tree = TreeHead(fork: head.fork)
        _ = try otherBlocks.tree.append([
            TreeLeaf(hash: BLAKE2bTreeHashing().leaf(([2] as [UInt8]).span.bytes), size: 1)
        ])
        for other in [HeadRecord(), try Sample.head(length: 2), try Sample.head(length: 1, fork: 1), otherBlocks] {
            var write = CoreWrite(core, expecting: other)
            write.put([9][...], at: 0, spans: head.spans)
            let error = await #expect(throws: StorageError.self) { try await store.writer.commit(write.set) }
            #expect(error?.code == .conflict)
        }
        #expect(try core.block(0, spans: head.spans) == [1])
        try await store.writer.commit(CoreWrite(core, expecting: resigned).set)
    }

    @Test func `the nodes of a proof are stored beside those that are there`() async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        let nodes = try Sample.tree(length: 8).nodes
        for node in nodes.shuffled() {
            var write = CoreWrite(core, expecting: HeadRecord())
            write.add([node], spans: Spans())
            try await store.writer.commit(write.set)
        }
        for node in nodes { #expect(try core.tree(spans: Spans()).node(at: node.index) == node) }
    }

    @Test func `pages of the bitfield are found in order, and removed with the record of a log that is whole`()
        async throws
    {
        let store = try TestDirectory()
        let (core, neighbour) = (try await store.create(1), try await store.create(2))
        var page = BitfieldPage.empty
        page.set(7..<900)
        for target in [core, neighbour] {
            var write = CoreWrite(target, expecting: HeadRecord())
            for index in [3, 5, 1 << 40] as [UInt64] { write.put(page: page, at: index) }
            write.put(presence: PresenceRecord(revision: 1, baseLength: 0, contiguousLength: 0))
            try await store.writer.commit(write.set)
        }
        let pages = core.bitfieldPages
        #expect(try pages.page(at: 3) == page && pages.page(at: 4) == nil)
        #expect(
            try pages.firstPage(from: 0) == 3 && pages.firstPage(from: 4) == 5 && pages.firstPage(from: 6) == 1 << 40)
        #expect(try pages.firstPage(from: 1 << 40 + 1) == nil)
        #expect(try pages.lastPage(before: .max) == 1 << 40 && pages.lastPage(before: 5) == 3)
        #expect(try pages.lastPage(before: 3) == nil)

        var write = CoreWrite(core, expecting: HeadRecord())
        write.expectPresence(revision: 1)
        write.put(page: nil, at: 3)
        write.put(presence: nil)
        try await store.writer.commit(write.set)
        #expect(try core.presence() == nil && pages.firstPage(from: 0) == nil)
        #expect(try neighbour.bitfieldPages.firstPage(from: 0) == 3)
    }

    @Test func `a change of the presence expects the one before it`() async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        func write(expecting revision: UInt64?, _ new: PresenceRecord?) async throws {
            var write = CoreWrite(core, expecting: HeadRecord())
            write.expectPresence(revision: revision)
            write.put(presence: new)
            try await store.writer.commit(write.set)
        }
        let first = PresenceRecord(revision: 1, baseLength: 0, contiguousLength: 0)
        await #expect(throws: StorageError.self) { try await write(expecting: 0, first) }
        try await write(expecting: nil, first)
        await #expect(throws: StorageError.self) { try await write(expecting: nil, first) }
        await #expect(throws: StorageError.self) { try await write(expecting: 2, first) }
        try await write(expecting: 1, PresenceRecord(revision: 2, baseLength: 0, contiguousLength: 0))
        #expect(try core.presence()?.revision == 2)
    }
}

// MARK: - What an append costs

@Suite(.timeLimit(.minutes(5))) struct WriteCountTests {
    @Test(arguments: [1, 2, 10, 1000]) func `an append puts two records a block, and one head`(count: Int) async throws
    {
        let store = try TestDirectory()
        let core = try await store.create(1)
        let before = store.writer.statistics
        try await store.append(Sample.blocks(count), to: core)
        let after = store.writer.statistics
        #expect(after.recordsPut - before.recordsPut == UInt64(2 * count + 1))
        #expect(after.transactions - before.transactions == 1)
    }

    @Test func `a core takes four records and an alias one more, and the store two of its own`() async throws {
        let store = try TestDirectory()
        try await store.create(1)
        // The store's format; then pointer, identity, head, and the counter of core numbers.
        #expect(store.writer.statistics.recordsPut == 5)
        try await store.create(2, alias: Alias(namespace: .zero, name: [1]))
        #expect(store.writer.statistics.recordsPut == 10)
    }

    @Test func `appends of one group are signed once, at the last head`() async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        let before = store.writer.statistics.recordsPut
        var head = HeadRecord()
        var seals: [HeadSeal] = []
        var tickets: [CommitTicket] = []
        for block in Sample.blocks(10) {
            let (write, seal) = try store.composed([block], onto: &head, of: core)
            seals.append(seal)
            tickets.append(store.writer.enqueue(write.set))
        }
        for ticket in tickets { try await store.writer.commit(ticket) }
        #expect(seals.map { $0.result != nil } == Array(repeating: false, count: 9) + [true])
        #expect(try core.head() == seals.last?.result)
        #expect(store.writer.statistics.recordsPut - before == 21)
    }
}

extension TestDirectory {
    /// Appends as a log does: blocks, the nodes that they bring about, and a head that is sealed.
    @discardableResult
    func append(_ blocks: [[UInt8]], to core: StoredCore) async throws -> (head: HeadRecord, nodes: [TreeNode]) {
        var head = try core.head()
        let length = Int(head.length)
        let (write, seal) = try composed(blocks, onto: &head, of: core)
        try await writer.commit(write.set)
        let nodes = length == 0 ? try Sample.tree(length: blocks.count).nodes : []
        return (try #require(seal.result), nodes)
    }

    /// A change that appends `blocks` to `head`, which becomes the head after it.
    func composed(
        _ blocks: [[UInt8]], onto head: inout HeadRecord, of core: StoredCore
    ) throws -> (CoreWrite, HeadSeal) {
        let hashing = BLAKE2bTreeHashing()
        var write = CoreWrite(core, expecting: head)
        for (offset, block) in blocks.enumerated() {
            write.put(block[...], at: head.length + UInt64(offset), spans: head.spans)
        }
        let leaves = blocks.map { TreeLeaf(hash: hashing.leaf($0.span.bytes), size: UInt64($0.count)) }
        write.putNew(try head.tree.append(leaves, hashing: hashing), spans: head.spans)
        let seal = HeadSeal(head) { _ in Array(repeating: 7, count: 64) }
        write.put(head: seal)
        return (write, seal)
    }
}
