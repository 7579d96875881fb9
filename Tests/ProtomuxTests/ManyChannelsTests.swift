import CompactEncoding
import Testing

@testable import Protomux

@Suite("Many channels") struct ManyChannelsTests {
    @Test func whatNobodyWantsIsRejectedHoweverMuchOfItThereIs() throws {
        var pair = Conversation()
        for number in 0..<10 { try pair.a.open("foo#\(number)") }
        try pair.settle()
        #expect(pair.a.told() == (1...10).map { "closed \($0) rejected" })
        #expect(pair.a.multiplexer.isAtRest && pair.b.multiplexer.isAtRest)
    }

    @Test func whatIsOpenedAndClosedAtOnceLeavesNothing() throws {
        var pair = Conversation()
        for number in 0..<10 { pair.a.multiplexer.close(try pair.a.open("foo#\(number)")) }
        try pair.settle()
        #expect(pair.a.told().isEmpty && pair.b.told().isEmpty)
        #expect(pair.a.multiplexer.isAtRest && pair.b.multiplexer.isAtRest)
        #expect(try pair.a.open("next").localID <= 10)
    }

    @Test func whatIsOpenedSentOnAndClosedInOneBatchIsStillHeard() throws {
        var pair = Conversation()
        try pair.a.open("foo")
        pair.b.multiplexer.cork()
        let b = try pair.b.open("foo")
        try pair.b.send("hello", on: b)
        pair.b.multiplexer.close(b)
        pair.b.multiplexer.uncork()
        try pair.deliverToA()
        #expect(pair.a.told() == ["opened 1 ", "1: 0 hello", "closed 1 closedByRemote"])
        try pair.settle()
        #expect(pair.b.told().isEmpty)
        #expect(pair.a.multiplexer.isAtRest && pair.b.multiplexer.isAtRest)
    }

    /// 32 MiB in one cork: batches of the reference's 8 MiB, none of which is longer than a frame may be.
    @Test func aHugeCorkLeavesInFramesOfEightMebibytes() throws {
        var pair = Conversation()
        let a = try pair.a.open("mega")
        try pair.b.open("mega")
        try pair.settle()
        pair.b.events = []
        let megabyte = [UInt8](repeating: 7, count: 1 << 20)
        pair.a.multiplexer.cork()
        for _ in 0..<32 { try pair.a.multiplexer.send(megabyte, type: 0, on: a) }
        pair.a.multiplexer.uncork()
        let frames = pair.a.multiplexer.takeFrames()
        #expect(frames.count == 4 && frames.allSatisfy { $0.count > 8_000_000 && $0.count < 1 << 24 })
        for frame in frames { try pair.b.multiplexer.receive(frame, into: &pair.b.events) }
        #expect(pair.b.events.count == 32)
        for event in pair.b.events {
            guard case .message(_, 0, let body) = event else {
                Issue.record("\(event)")
                continue
            }
            #expect(body.count == 1 << 20)
        }
    }

    @Test func numbersAreUsedAgainForEver() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "foo")
        for round in 0..<500 {
            let a = try pair.a.open("foo", handshake: "\(round)")
            try pair.deliverToB()
            let b = try pair.b.open("foo")
            try pair.settle()
            #expect(a.localID == 1 && b.localID == 1)
            if round.isMultiple(of: 2) { pair.a.multiplexer.close(a) } else { pair.b.multiplexer.close(b) }
            try pair.settle()
            #expect(pair.a.multiplexer.isAtRest && pair.b.multiplexer.isAtRest)
        }
    }

    @Test func theRequestTellsTheHandshakeThatWaits() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "foo")
        try pair.a.open("foo", id: [1], handshake: "hello")
        try pair.deliverToB()
        #expect(pair.b.requests.map(\.handshake) == [Array("hello".utf8)])
    }
}
