import Replication
import TestSupport
import Testing

/// What two sides say to each other when they meet and nobody wants anything: no more than there is to say.
@Suite struct MeetingTests {
    /// Messages of a side, by kind, where there were any.
    private typealias Said = [WireMessage.Kind: UInt64]

    /// What the second of two sides says and hears until nothing more comes.
    private func meeting(_ first: TestCore, _ second: TestCore, seed: UInt64) throws -> (sent: Said, received: Said) {
        var network = Network([first, second], seed: seed)
        network.connect(0, 1)
        try network.run()
        network.expectSettled()
        let counters = network.cores[1].statistics
        func said(_ counts: MessageCounts) -> Said {
            var said: Said = [:]
            for kind in WireMessage.Kind.allCases where counts[kind] > 0 { said[kind] = counts[kind] }
            return said
        }
        return (said(counters.sent), said(counters.received))
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func anEmptyCopyLearnsOfALongerLogWithOneRequest(seed: UInt64) throws {
        let world = try World(count: 5)
        let whole = try meeting(world.writer(), world.reader(), seed: seed)
        #expect(whole.sent == [.sync: 2, .request: 1], "seed \(seed)")
        #expect(whole.received == [.sync: 2, .data: 1, .range: 1], "seed \(seed)")
        let parts = try meeting(world.holder("parts") { $0 == 1 || $0 == 3 }, world.reader(), seed: seed)
        #expect(parts.sent == [.sync: 2, .request: 1], "seed \(seed)")
        #expect(parts.received == [.sync: 2, .data: 1], "seed \(seed)")
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func thoseOfOneLengthSayOnlyHowTheyStand(seed: UInt64) throws {
        let world = try World(count: 5)
        let parts = try meeting(
            world.holder("some") { $0 == 1 || $0 == 3 }, world.holder("others") { $0 == 2 || $0 == 3 }, seed: seed)
        #expect(parts.sent == [.sync: 1] && parts.received == [.sync: 1], "seed \(seed)")
        let whole = try meeting(world.writer(), world.holder("whole") { _ in true }, seed: seed)
        #expect(whole.sent == [.sync: 1, .range: 1] && whole.received == [.sync: 1, .range: 1], "seed \(seed)")
        let empty = try meeting(world.reader(), world.reader("second"), seed: seed)
        #expect(empty.sent == [.sync: 1] && empty.received == [.sync: 1], "seed \(seed)")
    }
}
