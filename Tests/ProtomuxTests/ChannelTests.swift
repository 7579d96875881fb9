import CompactEncoding
import Protomux
import Testing

@Suite("Channels") struct ChannelTests {
    // MARK: Opening

    @Test func aChannelIsOpenWhenBothSidesHaveOpenedIt() throws {
        var pair = Conversation()
        let a = try pair.a.open("chat", handshake: "from a")
        let b = try pair.b.open("chat", handshake: "from b")
        #expect(!pair.a.multiplexer.isOpen(a))
        try pair.settle()
        #expect(pair.a.told() == ["opened 1 from b"])
        #expect(pair.b.told() == ["opened 1 from a"])
        #expect(pair.a.multiplexer.isOpen(a) && pair.b.multiplexer.isOpen(b))
    }

    @Test func messagesMayBeSentBeforeTheOtherSideHasOpened() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "chat")
        let a = try pair.a.open("chat", handshake: "hi")
        try pair.a.send("one", type: 7, on: a)
        try pair.a.send("", type: 300, on: a)
        try pair.deliverToB()
        #expect(pair.b.told() == ["asked chat -"])
        try pair.b.open("chat")
        #expect(pair.b.told() == ["opened 1 hi", "1: 7 one", "1: 300 "])
    }

    @Test func eachSideNumbersItsOwnChannels() throws {
        var pair = Conversation()
        try pair.b.open("other")
        pair.a.multiplexer.pair(protocol: "other")
        let a = try pair.a.open("chat")
        let b = try pair.b.open("chat")
        #expect(a.localID == 1 && b.localID == 2)
        try pair.settle()
        try pair.a.send("to b", on: a)
        try pair.b.send("to a", on: b)
        try pair.settle()
        #expect(pair.a.told() == ["asked other -", "opened 1 ", "1: 0 to a"])
        #expect(pair.b.told() == ["opened 2 ", "2: 0 to b"])
    }

    @Test func idsTellChannelsOfOneProtocolApart() throws {
        var pair = Conversation()
        for id: [UInt8]? in [nil, [1], [2]] { try pair.a.open("chat", id: id, handshake: "\(id ?? [])") }
        for id: [UInt8]? in [[2], [], [1]] { try pair.b.open("chat", id: id, handshake: "\(id ?? [])") }
        try pair.settle()
        #expect(pair.a.told() == ["opened 3 [2]", "opened 1 []", "opened 2 [1]"])
        #expect(pair.b.told() == ["opened 2 []", "opened 3 [1]", "opened 1 [2]"])
    }

    @Test func opensOfTheSameNameMatchInOrder() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "chat")
        for index in 1...3 { try pair.a.open("chat", handshake: "a\(index)") }
        try pair.deliverToB()
        #expect(pair.b.told().count == 3)
        for index in 1...4 { try pair.b.open("chat", handshake: "b\(index)") }
        #expect(pair.b.told() == ["opened 1 a1", "opened 2 a2", "opened 3 a3"])
        #expect(pair.b.multiplexer.channelCount(protocol: "chat") == 4)
        pair.a.multiplexer.pair(protocol: "chat")
        try pair.settle()
        #expect(pair.a.told() == ["opened 1 b1", "opened 2 b2", "opened 3 b3", "asked chat -"])
    }

    @Test func namesAreComparedByTheirBytes() throws {
        // The two look alike and are equal as Swift strings.
        var pair = Conversation()
        try pair.a.open("caf\u{e9}")
        try pair.b.open("cafe\u{301}")
        try pair.settle()
        #expect(pair.a.told() == ["closed 1 rejected"])
        #expect(pair.b.told() == ["closed 1 rejected"])
    }

    @Test func anAliasMatchesAChannelThatIsAlreadyOpenedHere() throws {
        var pair = Conversation()
        let a = try pair.a.open("hypercore/alpha", id: [1], aliases: ["hypercore"])
        try pair.b.open("hypercore", id: [1], aliases: ["hypercore/alpha"], handshake: "old")
        try pair.settle()
        #expect(pair.a.told() == ["opened 1 old"])
        #expect(pair.b.told() == ["opened 1 "])
        #expect(pair.a.multiplexer.channelCount(protocol: "hypercore", id: [1]) == 1)

        // Another id is not covered, and with the channel its alias is gone.
        try pair.b.open("hypercore", id: [2])
        try pair.settle()
        #expect(pair.b.told() == ["closed 2 rejected"])
        pair.a.multiplexer.close(a)
        try pair.settle()
        try pair.b.open("hypercore", id: [1])
        try pair.settle()
        #expect(pair.b.told() == ["closed 1 closedByRemote", "closed 1 rejected"])
    }

    // MARK: Numbers

    @Test func numbersAreReusedLastFreedFirst() throws {
        var pair = Conversation()
        var channels: [ChannelID] = []
        for name in ["a", "b", "c", "d"] {
            channels.append(try pair.a.open(name))
            try pair.b.open(name)
        }
        try pair.settle()
        for index in [1, 3, 0] { pair.a.multiplexer.close(channels[index]) }
        #expect(try pair.a.open("e").localID == 1)
        #expect(try pair.a.open("f").localID == 4)
        #expect(try pair.a.open("g").localID == 2)
        #expect(try pair.a.open("h").localID == 5)
        try pair.settle()
    }

    @Test func aNameOutlivesItsChannelWithoutNamingAnother() throws {
        var pair = Conversation()
        let old = try pair.a.open("one")
        try pair.b.open("one")
        try pair.settle()
        pair.a.multiplexer.close(old)
        let new = try pair.a.open("two")
        #expect(new.localID == old.localID && new != old)
        _ = pair.a.written()
        #expect(try !pair.a.multiplexer.send([1], type: 0, on: old))
        pair.a.multiplexer.close(old)
        #expect(!pair.a.multiplexer.isOpen(old) && pair.a.written().isEmpty)
        #expect(pair.a.multiplexer.channels == [new])
    }

    // MARK: Closing

    @Test func aCloseGetsNoReply() throws {
        var pair = Conversation()
        let a = try pair.a.open("chat")
        let b = try pair.b.open("chat")
        try pair.settle()
        _ = (pair.a.told(), pair.b.told())
        pair.a.multiplexer.close(a)
        try pair.deliverToB()
        #expect(pair.b.told() == ["closed 1 closedByRemote"])
        #expect(pair.b.written().isEmpty && !pair.b.multiplexer.isOpen(b))
        #expect(pair.a.told().isEmpty)
    }

    @Test func closesThatCrossAreIgnored() throws {
        var pair = Conversation()
        let a = try pair.a.open("chat")
        let b = try pair.b.open("chat")
        try pair.settle()
        _ = (pair.a.told(), pair.b.told())
        try pair.b.send("late", on: b)
        pair.a.multiplexer.close(a)
        pair.b.multiplexer.close(b)
        try pair.settle()
        #expect(pair.a.told().isEmpty && pair.b.told().isEmpty)
        #expect(try pair.a.open("next").localID == 1)
        #expect(try pair.b.open("next").localID == 1)
        try pair.settle()
        #expect(pair.a.told() == ["opened 1 "] && pair.b.told() == ["opened 1 "])
    }

    @Test func aNumberClosedBeforeTheAnswerStaysTakenUntilTheAnswer() throws {
        var pair = Conversation()
        let a = try pair.a.open("chat")
        pair.a.multiplexer.close(a)
        #expect(try pair.a.open("other").localID == 2)
        _ = pair.a.written()

        // The open that crossed is not reported, and frees the number.
        try pair.b.open("chat")
        try pair.deliverToA()
        #expect(pair.a.told().isEmpty)
        #expect(try pair.a.open("third").localID == 1)
    }

    @Test func aRejectFreesTheNumberOfAClosedChannelSilently() throws {
        var side = Side()
        let channel = try side.open("chat")
        side.multiplexer.close(channel)
        try side.receive("00 02 01")
        #expect(side.told().isEmpty)
        #expect(try side.open("next").localID == 1)
    }

    @Test func theCloseIsSaidAgainToOneWhoAnswersAfterIt() throws {
        // The reference overlooks the first close while it is still making up its mind.
        var side = Side()
        let channel = try side.open("chat")
        side.multiplexer.close(channel)
        #expect(side.written() == ["000101046368617400", "000301"])
        try side.receive("00 01 01 04 63686174 00")
        #expect(side.written() == ["000301"])
        try side.receive("01 00 2a")
        #expect(side.told().isEmpty)
    }

    @Test func whatIsClosedBeforeItIsAnsweredIsAnsweredWithANo() throws {
        var pair = Conversation()
        pair.b.multiplexer.pair(protocol: "chat")
        let a = try pair.a.open("chat")
        pair.a.multiplexer.close(a)
        try pair.settle()
        let request = try #require(pair.b.requests.first)
        #expect(!pair.b.multiplexer.isWaiting(request))
        #expect(try pair.a.open("next").localID == 1)

        // Taking it up now is a new open, offered to the other side like any.
        try pair.b.open("chat")
        pair.a.multiplexer.pair(protocol: "chat")
        try pair.deliverToA()
        #expect(pair.a.told() == ["asked chat -"])
    }

    @Test func shuttingDownClosesEverything() throws {
        var pair = Conversation()
        let open = try pair.a.open("open")
        try pair.b.open("open")
        try pair.settle()
        try pair.a.open("opening")
        pair.a.multiplexer.close(try pair.a.open("closing"))
        _ = pair.a.told()
        pair.a.multiplexer.shutDown(into: &pair.a.events)
        #expect(pair.a.told() == ["closed 1 streamEnded", "closed 2 streamEnded"])
        #expect(try !pair.a.multiplexer.send([1], type: 0, on: open))
        pair.a.multiplexer.close(open)
        #expect(pair.a.multiplexer.channels.isEmpty)
        expectRefusal(.streamEnded) { try pair.a.open("late") }
        expectRefusal(.streamEnded) { try pair.a.receive("01 00") }
        pair.a.multiplexer.shutDown(into: &pair.a.events)
        #expect(pair.a.told().isEmpty)
    }
}
