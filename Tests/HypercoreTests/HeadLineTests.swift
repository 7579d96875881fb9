import Testing

@testable import Hypercore

@Suite struct HeadLineTests {
    private let session = WaitScope()

    private func change(_ step: HeadStep, byteCount: Int = 1, needsPlace: Bool = true) -> HeadChange {
        HeadChange(
            step: step, byteCount: byteCount,
            making: needsPlace ? .atPlace { _ in { _, _ in } } : .anywhere { _, _ in })
    }

    private func append(_ count: UInt64, needsPlace: Bool = true) -> HeadChange {
        change(.append(blockCount: count), needsPlace: needsPlace)
    }

    private func join(_ line: inout HeadLine, _ change: HeadChange) -> (ticket: TurnTicket, place: LogPlace) {
        line.join(change, room: nil, session: ObjectIdentifier(session))
    }

    @Test func `each is promised the place after all that are ahead`() {
        var line = HeadLine()
        #expect(line.realign(on: LogPlace(fork: 2, length: 10)).isEmpty && line.isEmpty)
        #expect(join(&line, append(3)).place == LogPlace(fork: 2, length: 10))
        #expect(join(&line, append(1, needsPlace: false)).place == LogPlace(fork: 2, length: 13))
        #expect(join(&line, change(.truncate(to: 5, fork: nil))).place == LogPlace(fork: 2, length: 14))
        #expect(join(&line, append(1)).place == LogPlace(fork: 3, length: 5))
        #expect(join(&line, change(.truncate(to: 0, fork: 9))).place == LogPlace(fork: 3, length: 6))
        #expect(join(&line, append(1)).place == LogPlace(fork: 9, length: 0))
        #expect(line.count == 6)
    }

    @Test func `turns are had in the order of joining, whatever is prepared first`() {
        var line = HeadLine()
        let tickets = (0..<3).map { _ in join(&line, append(1)).ticket }
        line.prepared(tickets[2]) { _, _ in }
        line.prepared(tickets[1]) { _, _ in }
        #expect(!line.isReady && line.popReady(byteLimit: 10).isEmpty)
        line.prepared(tickets[0]) { _, _ in }
        for ticket in tickets { #expect(line.popReady(byteLimit: 1).first?.ticket === ticket) }
        #expect(line.isEmpty)
        #expect(line.realign(on: LogPlace(fork: 0, length: 3)).isEmpty)
        #expect(join(&line, append(1)).place == LogPlace(fork: 0, length: 3))
    }

    @Test func `who leaves takes the promises behind it along, and what needs no place stays`() {
        var line = HeadLine()
        let first = join(&line, append(1)).ticket
        let leaving = join(&line, append(5)).ticket
        let behind = join(&line, append(1)).ticket
        let anywhere = join(&line, append(1, needsPlace: false)).ticket
        let last = join(&line, append(1)).ticket
        #expect(line.remove { $0.ticket === leaving }.count == 1)
        #expect(line.remove { $0.ticket === leaving }.isEmpty)
        let stale = line.realign(on: LogPlace(fork: 0, length: 0))
        #expect(stale.count == 2 && stale[0] === behind && stale[1] === last)
        // Preparing what is no longer in line does nothing.
        line.prepared(behind) { _, _ in }
        line.prepared(first) { _, _ in }
        #expect(
            line.popReady(byteLimit: 1).first?.ticket === first
                && line.popReady(byteLimit: 1).first?.ticket === anywhere && line.isEmpty)
    }

    @Test func `a log that ends elsewhere than was promised sends all promises away, and once`() {
        var line = HeadLine()
        let tickets = (0..<3).map { _ in join(&line, append(1)).ticket }
        let elsewhere = LogPlace(fork: 0, length: 7)
        let stale = line.realign(on: elsewhere)
        #expect(zip(stale, tickets).allSatisfy { $0 === $1 } && stale.count == 3)
        #expect(line.realign(on: elsewhere).isEmpty && line.isEmpty)
        #expect(join(&line, append(1)).place == elsewhere)
    }

    @Test func `what is signed together is bounded in bytes, but for one change that is larger`() {
        var line = HeadLine()
        for byteCount in [50, 4, 3, 3, 1] {
            _ = join(&line, change(.append(blockCount: 1), byteCount: byteCount, needsPlace: false))
        }
        #expect(line.popReady(byteLimit: 10).map(\.byteCount) == [50])
        #expect(line.popReady(byteLimit: 10).map(\.byteCount) == [4, 3, 3])
        #expect(line.popReady(byteLimit: 10).map(\.byteCount) == [1])
        #expect(line.popReady(byteLimit: 10).isEmpty)
    }
}
