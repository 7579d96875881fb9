import Simulation
import Testing

/// A few runs of each kind; `swift run -c release simulate` has no end of them.
@Suite(.timeLimit(.minutes(10))) struct SimulationTests {
    private func run(_ seeds: ClosedRange<UInt64>, _ change: (inout SimulatedWorld.Plan) -> Void = { _ in })
        async throws
    {
        var plan = SimulatedWorld.Plan()
        change(&plan)
        for seed in seeds { try await SimulatedWorld(seed: seed).run(plan) }
    }

    @Test func `whatever happens to the network, every copy ends as its log is`() async throws {
        try await run(1...4)
    }

    @Test func `peers that say anything at all keep no copy from its log, and put nothing into it`() async throws {
        try await run(101...104) { $0.hasMaliciousPeers = true }
    }

    @Test func `what a disk does not take comes again`() async throws {
        try await run(201...204) { $0.hasFailingDisks = true }
    }

    @Test func `a log of two histories is no harm to the others`() async throws {
        try await run(301...304) { $0.hasConflict = true }
    }
}
