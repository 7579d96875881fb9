import CompactEncoding
import Protomux
import Testing

@Suite("Pairing") struct PairingTests {
    @Test func anOpenThatNobodyOffersIsRejectedAtOnce() throws {
        var pair = Conversation()
        try pair.a.open("chat")
        try pair.settle()
        #expect(pair.b.told().isEmpty)
        #expect(pair.a.told() == ["closed 1 rejected"])
        #expect(try pair.a.open("chat").localID == 1)
    }

    @Test func anOfferOfOneIdCoversNoOther() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "chat", id: [1])
        try pair.a.open("chat", id: [1])
        try pair.a.open("chat", id: [2])
        try pair.a.open("chat")
        try pair.settle()
        #expect(pair.b.told() == ["asked chat 01"])
        #expect(pair.a.told() == ["closed 2 rejected", "closed 3 rejected"])
    }

    @Test func anOfferOfAnyIdCoversAllAndAsksOnce() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "chat")
        pair.b.multiplexer.pair(protocol: "chat", id: [1])
        try pair.a.open("chat", id: [1])
        try pair.a.open("chat", id: [2])
        try pair.a.open("chat")
        try pair.settle()
        #expect(pair.b.told() == ["asked chat 01", "asked chat 02", "asked chat -"])
        pair.b.multiplexer.unpair(protocol: "chat")
        try pair.a.open("chat", id: [3])
        try pair.settle()
        #expect(pair.a.told() == ["closed 4 rejected"])
    }

    @Test func aRejectedRequestIsOver() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "chat")
        let a = try pair.a.open("chat")
        try pair.a.send("dropped", on: a)
        try pair.deliverToB()
        let request = try #require(pair.b.requests.first)
        #expect(pair.b.multiplexer.isWaiting(request))
        pair.b.multiplexer.reject(request)
        pair.b.multiplexer.reject(request)
        #expect(pair.b.written() == ["000201"])
        #expect(!pair.b.multiplexer.isWaiting(request))

        // The number is free for the next open, which the old request does not name.
        try pair.a.receive("00 02 01")
        try pair.a.open("chat")
        try pair.deliverToB()
        pair.b.multiplexer.reject(request)
        #expect(pair.b.written().isEmpty)
    }

    @Test func anyOfSeveralRequestsMayBeRejected() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "chat")
        for index in 1...20 { try pair.a.open("chat", handshake: "\(index)") }
        try pair.deliverToB()
        let requests = pair.b.requests
        for index in 0..<20 where index % 7 != 3 { pair.b.multiplexer.reject(requests[index]) }
        _ = pair.b.told()
        for _ in 0..<4 { try pair.b.open("chat") }
        #expect(pair.b.told() == ["opened 1 4", "opened 2 11", "opened 3 18"])
        pair.a.multiplexer.pair(protocol: "chat")
        try pair.settle()
        #expect(pair.a.multiplexer.channels.map(\.localID) == [4, 11, 18])
    }

    @Test func readingPausesWhileAnUnansweredOpenHoldsMuch() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "chat")
        let a = try pair.a.open("chat")
        try pair.deliverToB()
        #expect(!pair.b.multiplexer.shouldPauseReading)
        try pair.a.multiplexer.send([UInt8](repeating: 1, count: 32 * 1_024), type: 0, on: a)
        try pair.deliverToB()
        #expect(pair.b.multiplexer.shouldPauseReading)
        try pair.b.open("chat")
        #expect(!pair.b.multiplexer.shouldPauseReading)
    }

    @Test func whatIsTakenUpInTheSameBatchIsAnsweredInOrder() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "chat")
        pair.a.multiplexer.cork()
        let a = try pair.a.open("chat", handshake: "x")
        try pair.a.send("in the batch", on: a)
        pair.a.multiplexer.uncork()
        try pair.deliverToB()
        #expect(pair.b.told() == ["asked chat -"])
        try pair.b.open("chat")
        #expect(pair.b.told() == ["opened 1 x", "1: 0 in the batch"])
    }
}
