import HypercoreStorage
import Replication
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

/// What a peer was told is never beyond what was on disk when it was told: looked at from the wire, before and after
/// every commit, for every kind of message.
@Suite(.timeLimit(.minutes(5))) struct ToldHeadTests {
    /// A log whose peer asks around every commit.
    private struct Told {
        let faults: FaultInjectingEngine
        let ledger: HeadLedger
        let durability: Durability
        let origin: String
        var store: TestStore
        var log: Hypercore
        var peer: CuriousPeer
        var upgrades = 0

        init(_ durability: Durability, origin: String) async throws {
            (self.durability, self.origin) = (durability, origin)
            faults = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
            ledger = HeadLedger(faults)
            store = try TestStore(ledger, durability: durability)
            log = try await store.writable()
            try ledger.follow(log.core.stored)
            peer = CuriousPeer(of: store, ledger, origin)
            ledger.aroundCommits { [peer] in peer.ask() }
        }

        /// Closes the store and opens it again: what a failed commit has left is what the log is then.
        mutating func reopen() async throws {
            peer.ask()
            upgrades += peer.heard.upgrades
            peer.close()
            store.registry.close()
            await store.writer?.close()
            store = try TestStore(ledger, durability: durability)
            log = try await store.writable()
            try ledger.follow(log.core.stored)
            peer = CuriousPeer(of: store, ledger, origin)
            ledger.aroundCommits { [peer] in peer.ask() }
        }

        /// One change; whether it went well.
        func change(_ body: () async throws -> Void) async throws -> Bool {
            defer { peer.ask() }
            do {
                try await body()
                return true
            } catch let error as HypercoreError where error.code == .storage || error.code == .conflict {
                return false
            }
        }
    }

    @Test(arguments: Durability.allCases)
    func `appends and truncations are told when they are on disk, not before`(durability: Durability) async throws {
        let told = try await Told(durability, origin: "\(durability)")
        for round in 1...5 as ClosedRange<UInt64> {
            try await told.log.append(contentsOf: numberedBlocks(0..<3))
            told.peer.listen()
            #expect(told.peer.heard.length == told.log.length && told.peer.heard.fork == round - 1)
            try await told.log.truncate(to: round)
            told.peer.listen()
            #expect(told.peer.heard.length == round && told.peer.heard.fork == round)
        }
        told.peer.ask()
        #expect(told.peer.heard.upgrades > 0)
        for kind in [.sync, .range, .data, .noData] as [WireMessage.Kind] {
            #expect(told.peer.heard.counts[kind, default: 0] > 0, "\(kind) was never heard")
        }
        told.peer.close()
    }

    @Test(arguments: Durability.allCases, FaultInjectingEngine.Moment.allCases)
    func `a change that fails was told to nobody`(
        durability: Durability, moment: FaultInjectingEngine.Moment
    ) async throws {
        var told = try await Told(durability, origin: "\(durability), \(moment)")
        try await told.log.append(contentsOf: numberedBlocks(0..<3))
        for operation in 0..<2 {
            told.faults.inject(.init(.commit, moment))
            let (log, length) = (told.log, told.log.length)
            let succeeds = try await told.change {
                if operation == 0 { try await log.append([9]) } else { try await log.truncate(to: 1) }
            }
            #expect(!succeeds && told.peer.heard.length == length && told.peer.heard.fork == 0)
            try await told.reopen()
            let isStored = moment == .afterTakingEffect
            #expect(told.log.length == (isStored ? [4, 1][operation] : 3))
        }
        told.peer.close()
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `whatever is done to a log and goes wrong, nothing is told too early`(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        var told = try await Told(seed % 2 == 0 ? .full : .relaxed, origin: "seed \(seed)")
        for _ in 0..<40 {
            if Int.random(in: 0..<6, using: &generator) == 0 {
                let moment = FaultInjectingEngine.Moment.allCases.randomElement(using: &generator)!
                told.faults.inject(.init(.commit, ordinal: .random(in: 1...2, using: &generator), moment))
            }
            let (log, count) = (told.log, Int.random(in: 1...4, using: &generator))
            let succeeds: Bool
            switch Int.random(in: 0..<5, using: &generator) {
            case 0...2:
                succeeds = try await told.change {
                    // Several at once share a commit.
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<count { group.addTask { try await log.append([UInt8(count)]) } }
                        try await group.waitForAll()
                    }
                }
            case 3:
                let length = UInt64.random(in: 0...log.length, using: &generator)
                succeeds = try await told.change { try await log.truncate(to: length) }
            default:
                let start = UInt64.random(in: 0...log.length, using: &generator)
                succeeds = try await told.change { try await log.clear(start..<start + 2) }
            }
            if !succeeds || Int.random(in: 0..<8, using: &generator) == 0 { try await told.reopen() }
        }
        told.faults.heal()
        try await told.reopen()
        try await told.log.append([0])
        told.peer.ask()
        #expect(told.peer.heard.length == told.log.length && told.peer.heard.fork == told.log.fork, "seed \(seed)")
        #expect(told.upgrades > 0, "seed \(seed)")
        told.peer.close()
    }
}
