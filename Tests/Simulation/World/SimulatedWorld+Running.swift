import Corestore
import Hypercore
import Replication
import StorageEngine

extension SimulatedWorld {
    /// Runs a plan to its end.
    ///
    /// - Throws: ``Violation`` where something is that must not be.
    public func run(_ plan: Plan) async throws {
        do {
            try await pass(plan)
        } catch {
            // What is wrong is told first; whether the stores can be closed after that is not asked.
            try? await end()
            throw error
        }
        try await end()
    }

    private func pass(_ plan: Plan) async throws {
        try await populate(plan)
        for step in 0..<plan.steps {
            if plan.hasMaliciousPeers, step % 8 == 0 { attack(random(0..<nodes.count)) }
            let failing = plan.hasFailingDisks && chance(6) ? random(0..<nodes.count) : nil
            if let failing {
                nodes[failing].engine.inject(.init(.commit, ordinal: random(1..<3), .beforeTakingEffect))
            }
            do {
                try await disturb(plan)
            } catch let error as HypercoreError where failing != nil && error.code == .storage {
                // What the disk did not take was not acknowledged.
            }
            for peer in hostile { harass(with: peer) }
            advance(by: .milliseconds(random(0..<300)))
            if let failing { nodes[failing].engine.heal() }
            try check()
        }
        try await heal()
    }

    /// One thing that happens.
    private func disturb(_ plan: Plan) async throws {
        let (node, log) = (random(0..<nodes.count), random(0..<truths.count))
        switch random(0..<22) {
        case 0..<6: try await append(to: log)
        case 6: try await append(to: log, by: node)
        case 7: try await truncate(log)
        case 8..<13:
            let other = random(0..<nodes.count)
            guard other != node, links.count < 14 else { return }
            connect(node, other, byteLimit: chance(3) ? random(1..<20_000) : .max)
        case 13, 14: if !links.isEmpty { cut(links[random(0..<links.count)]) }
        case 15:
            cutAll(of: node)
            try await nodes[node].restart()
            note(nodes[node].store, "\(nodes[node].name), started again")
        case 16, 17: try await follow(log, at: node)
        case 18:
            // Not at the writer: nobody else may have the blocks.
            guard history(of: log, at: node) == nil, let session = nodes[node].logs[log], session.length > 0 else {
                return
            }
            let start = UInt64(random(0..<Int(session.length)))
            _ = try? await session.clear(start..<session.length)
        case 19:
            // The store is asked for the log only when somebody wants it, from now on.
            await nodes[node].logs[log]?.close()
            (nodes[node].logs[log], nodes[node].following[log]) = (nil, nil)
        case 20: if chance(2) { split() } else { rejoin() }
        default: advance(by: .seconds(random(0..<60)))
        }
    }

    private func harass(with peer: MaliciousPeer) {
        switch random(0..<6) {
        case 0: peer.say(frame: bytes(random(0..<30)))
        case 1 where !peer.overheard.isEmpty: peer.say(.data(peer.overheard[random(0..<peer.overheard.count)]))
        default: peer.say(anyMessage())
        }
    }

    /// The faults end; everybody follows every log and is joined to whoever writes it; some minutes pass.
    private func heal() async throws {
        cutAll()
        rejoin()
        hostile = []
        // Nobody signs an empty log: that it was cut down to nothing is learnt with the next block.
        for log in truths.indices where truths[log].blocks().isEmpty { try await append(to: log) }
        for node in nodes.indices {
            for log in truths.indices where !truths[log].isForked {
                // A download does not bring again what was cleared while it went on.
                nodes[node].following[log]?.cancel()
                nodes[node].following[log] = nil
                _ = try await session(of: log, at: node)
                try await follow(log, at: node)
            }
        }
        for node in nodes.indices {
            for writer in Set(truths.indices.map(writer)).sorted() where writer != node { connect(node, writer) }
        }
        advance(by: .seconds(300))
        try check()
        try checkWhole()
    }
}
