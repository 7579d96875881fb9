import Foundation
import SecretStream
import TestSupport
import Testing

@testable import Hypercore

/// Random runs of whole stores over a simulated network. `COREST_SEEDS=5000 swift test --filter SimulationTests` is the hunt.
@Suite(.timeLimit(.minutes(60))) struct SimulationTests {
    private static var seeds: ClosedRange<UInt64> {
        let count = ProcessInfo.processInfo.environment["COREST_SEEDS"].flatMap { UInt64($0) }
        return 1...max(1, count ?? 12)
    }

    @Test func `whatever happens to the network, every copy ends as the log is`() async throws {
        for seed in Self.seeds {
            let world = SimulatedWorld(seed: seed)
            try await populate(world)
            for _ in 0..<60 {
                try await disturb(world)
                world.advance(by: .milliseconds(world.random(0..<300)))
                try world.check()
            }
            try await heal(world)
        }
    }

    @Test func `peers that say anything at all keep no copy from the log, and put nothing into it`() async throws {
        for seed in Self.seeds {
            let world = SimulatedWorld(seed: seed)
            var hostile: [ScriptedPeer] = []
            try await populate(world)
            for round in 0..<40 {
                if round % 8 == 0 {
                    let peer = ScriptedPeer(.responder, of: TestStore.key())
                    world.connect(world.nodes[world.random(0..<world.nodes.count)], to: peer)
                    hostile.append(peer)
                }
                try await disturb(world)
                for peer in hostile { peer.send(world.anyMessage()) }
                world.advance(by: .milliseconds(world.random(0..<300)))
                try world.check()
            }
            try await heal(world)
        }
    }

    @Test func `the same seed leads to the same run`() async throws {
        var ends: [[UInt64]] = []
        for _ in 0..<2 {
            let world = SimulatedWorld(seed: 7)
            try await populate(world)
            for _ in 0..<25 {
                try await disturb(world)
                world.advance(by: .milliseconds(50))
            }
            ends.append(world.nodes.flatMap { [$0.log.length, $0.log.fork, $0.log.contiguousLength] })
        }
        #expect(ends[0] == ends[1])
    }

    private func populate(_ world: SimulatedWorld) async throws {
        for _ in 0..<world.random(3..<6) { try await world.addNode() }
        for node in world.nodes.dropFirst() where world.random(0..<3) > 0 { try world.follow(node) }
        try await world.append()
    }

    /// One thing that happens.
    private func disturb(_ world: SimulatedWorld) async throws {
        let node = world.nodes[world.random(1..<world.nodes.count)]
        switch world.random(0..<20) {
        case 0..<7: try await world.append()
        case 7: try await world.truncate()
        case 8..<14:
            let other = world.nodes[world.random(0..<world.nodes.count)]
            guard other !== node, world.links.count < 12 else { return }
            world.connect(node, other, byteLimit: world.random(0..<3) == 0 ? world.random(0..<20_000) : .max)
        case 14, 15:
            if !world.links.isEmpty { world.cut(world.links[world.random(0..<world.links.count)]) }
        case 16: try await world.restart(node)
        case 17: try world.follow(node)
        case 18:
            let length = Int(node.log.length)
            if length > 0 { try await node.log.clear(UInt64(world.random(0..<length))..<UInt64(length)) }
        default: world.advance(by: .seconds(world.random(0..<60)))
        }
    }

    /// The network is whole again, the faults end, and after a while every copy is complete.
    private func heal(_ world: SimulatedWorld) async throws {
        world.cutAll()
        for node in world.nodes.dropFirst() {
            world.unfollow(node)
            try world.follow(node)
            world.connect(node, world.writer)
        }
        world.advance(by: .seconds(180))
        try world.check()
        for node in world.nodes { try world.checkComplete(node) }
    }
}
