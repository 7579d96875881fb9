import HypercoreStorage
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

/// Random changes to a log and its branches, against lists of their blocks; sweeping goes on all the while.
@Suite(.timeLimit(.minutes(5))) struct BranchModelTests {
    private static let names = ["a", "b", "c"]

    /// The system under test, and what it must hold.
    private struct World {
        var random: SeededGenerator
        let seed: UInt64
        var store: TestStore
        var log: Hypercore
        var main: [[UInt8]] = []
        var branches: [String: [[UInt8]]] = [:]
        var open: [String: Hypercore] = [:]
        var snapshots: [(session: Hypercore, blocks: [[UInt8]])] = []

        init(seed: UInt64) async throws {
            self.seed = seed
            random = SeededGenerator(seed: seed)
            store = try TestStore()
            log = try await store.writable()
        }

        mutating func blocks(_ step: Int) -> [[UInt8]] {
            (0..<Int.random(in: 1...6, using: &random)).map { Array("\(seed)/\(step)/\($0)".utf8) }
        }

        mutating func session(on name: String) async throws -> Hypercore {
            if let session = open[name] { return session }
            let session = try await log.branch(name)
            open[name] = session
            if branches[name] == nil { branches[name] = main }
            return session
        }

        mutating func reopen() async throws {
            for (_, session) in open { await session.close() }
            for snapshot in snapshots { await snapshot.session.close() }
            (open, snapshots) = ([:], [])
            await log.close()
            store = try await store.reopened()
            log = try await store.writable()
            store.registry.sweep()
        }
    }

    @Test(arguments: 0..<8) func `a log and its branches agree with lists of their blocks`(seed: UInt64) async throws {
        var world = try await World(seed: seed)
        for step in 0..<150 {
            try await change(&world, step)
            if step.isMultiple(of: 3) { await world.store.registry.finishSweeping() }
            try await check(world, step)
        }
        try await empty(&world)
    }

    private func change(_ world: inout World, _ step: Int) async throws {
        let name = Self.names.randomElement(using: &world.random) ?? "a"
        switch Int.random(in: 0..<20, using: &world.random) {
        case 0..<3:
            let blocks = world.blocks(step)
            try await world.log.append(contentsOf: blocks)
            world.main += blocks
        case 3..<5:
            let length = Int.random(in: 0...world.main.count, using: &world.random)
            try await world.log.truncate(to: UInt64(length))
            world.main.removeLast(world.main.count - length)
        case 5..<10:
            let blocks = world.blocks(step)
            try await world.session(on: name).append(contentsOf: blocks)
            world.branches[name, default: []] += blocks
        case 10..<12:
            let session = try await world.session(on: name)
            let count = world.branches[name, default: []].count
            let length = Int.random(in: 0...count, using: &world.random)
            try await session.truncate(to: UInt64(length))
            world.branches[name]?.removeLast(count - length)
        case 12..<15: try await commit(name, in: &world, step)
        case 15: try await delete(name, in: &world)
        case 16: try await begin(name, in: &world)
        case 17:
            let session = try await world.session(on: name)
            world.snapshots.append((try session.snapshot(), world.branches[name] ?? []))
            world.snapshots.append((try world.log.snapshot(), world.main))
        case 18:
            if let session = world.open.removeValue(forKey: name) { await session.close() }
            if world.snapshots.count > 4 { await world.snapshots.removeFirst().session.close() }
        default: try await world.reopen()
        }
    }

    private func commit(_ name: String, in world: inout World, _ step: Int) async throws {
        let session = try await world.session(on: name)
        let blocks = world.branches[name] ?? []
        let length = Int.random(in: 0...blocks.count, using: &world.random)
        let isExtension = length >= world.main.count && blocks.prefix(world.main.count) == world.main[...]
        let isReplacing = Bool.random(using: &world.random)
        guard isExtension || isReplacing else {
            await expectError(.conflict) { _ = try await world.log.commit(session, length: UInt64(length)) }
            return
        }
        let fork = world.log.fork
        let result = try await world.log.commit(session, length: UInt64(length), replacing: isReplacing)
        world.main = Array(blocks.prefix(length))
        #expect(result.length == UInt64(length), "seed \(world.seed), step \(step)")
        #expect(world.log.fork == fork + (isExtension ? 0 : 1), "seed \(world.seed), step \(step)")
    }

    private func delete(_ name: String, in world: inout World) async throws {
        guard world.branches.removeValue(forKey: name) != nil else {
            return _ = await expectError(.notFound) { try await world.log.deleteBranch(name) }
        }
        try await world.log.deleteBranch(name)
        if let session = world.open.removeValue(forKey: name) { await session.close() }
    }

    /// Begins a branch anew, on the log, on another branch or on a snapshot.
    private func begin(_ name: String, in world: inout World) async throws {
        if world.branches[name] != nil { try await delete(name, in: &world) }
        var (source, blocks) = (world.log, world.main)
        if let snapshot = world.snapshots.randomElement(using: &world.random), Bool.random(using: &world.random) {
            (source, blocks) = snapshot
        } else if let other = world.open.keys.sorted().first, let session = world.open[other] {
            (source, blocks) = (session, world.branches[other] ?? [])
        }
        let length = Int.random(in: 0...blocks.count, using: &world.random)
        world.open[name] = try await source.branch(name, checkout: UInt64(length))
        world.branches[name] = Array(blocks.prefix(length))
    }

    private func check(_ world: World, _ step: Int) async throws {
        try expect(world.log, world.main, "main, seed \(world.seed), step \(step)")
        #expect(world.log.contiguousLength == UInt64(world.main.count), "seed \(world.seed), step \(step)")
        for (name, session) in world.open {
            try expect(session, world.branches[name] ?? [], "\(name), seed \(world.seed), step \(step)")
        }
        for snapshot in world.snapshots {
            try expect(snapshot.session, snapshot.blocks, "snapshot, seed \(world.seed), step \(step)")
        }
        #expect(try world.log.branches() == world.branches.keys.sorted(), "seed \(world.seed), step \(step)")
    }

    private func expect(_ session: Hypercore, _ blocks: [[UInt8]], _ words: String) throws {
        #expect(session.length == UInt64(blocks.count), "\(words)")
        #expect(try (0..<session.length).map { try session.read($0) } == blocks, "\(words)")
    }

    /// Without branches and snapshots, only the log's own blocks are left.
    private func empty(_ world: inout World) async throws {
        for name in world.branches.keys.sorted() { try await world.log.deleteBranch(name) }
        try await world.reopen()
        await world.store.registry.finishSweeping()
        try expect(world.log, world.main, "main, seed \(world.seed), at the end")
        let stored = try world.store.recordCount(of: "blocks")
        #expect(stored == world.main.count, "seed \(world.seed): swept down to what the log holds")
        let fresh = try await TestStore().writable()
        try await fresh.append(contentsOf: world.main)
        #expect(try world.log.treeHash() == fresh.treeHash(), "seed \(world.seed)")
    }
}
