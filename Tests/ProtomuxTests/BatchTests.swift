import CompactEncoding
import Protomux
import TestSupport
import Testing

@Suite("Batches") struct BatchTests {
    /// A side with one channel that it has opened, and nothing written.
    private func opened(_ limits: Multiplexer.Limits = .init()) throws -> (Side, ChannelID) {
        var side = Side(limits: limits)
        let channel = try side.open("c")
        _ = side.written()
        return (side, channel)
    }

    @Test func corkedMessagesLeaveAsOneFrame() throws {
        var (side, channel) = try opened()
        side.multiplexer.cork()
        try side.send("a", on: channel)
        try side.send("bc", type: 300, on: channel)
        #expect(side.written().isEmpty)
        side.multiplexer.uncork()
        #expect(side.written() == ["0000 01 02 00 61 05 fd2c01 6263".filter { $0 != " " }])
    }

    @Test func onlyTheOutermostUncorkEndsTheBatch() throws {
        var (side, channel) = try opened()
        side.multiplexer.cork()
        side.multiplexer.cork()
        try side.send("a", on: channel)
        side.multiplexer.uncork()
        #expect(!side.multiplexer.hasFrames && side.multiplexer.pendingByteCount > 0)
        try side.send("b", on: channel)
        side.multiplexer.uncork()
        #expect(side.written() == ["000001020061020062"])
    }

    @Test func anEmptyBatchIsNotWritten() throws {
        var (side, channel) = try opened()
        side.multiplexer.cork()
        side.multiplexer.uncork()
        #expect(side.written().isEmpty)
        try side.send("a", on: channel)
        #expect(side.written() == ["010061"])
    }

    @Test func controlMessagesTravelInBatches() throws {
        var (side, channel) = try opened()
        side.multiplexer.cork()
        try side.send("a", on: channel)
        side.multiplexer.close(channel)
        try side.open("d")
        side.multiplexer.uncork()
        #expect(side.written() == ["0000 01 020061 00 00 020301 05 01 02 01 64 00".filter { $0 != " " }])
    }

    /// The same bytes whether a body is handed over or written in place, whatever was expected of its length.
    @Test func theLengthBeforeABodyIsTheShortestOne() throws {
        let lengths = [0, 1, 251, 252, 253, 254, 255, 65_533, 65_534, 65_535, 65_536, 70_000]
        for length in lengths {
            let body = [UInt8](repeating: 0xab, count: length)
            var expected = ByteWriter()
            expected.raw([0, 0, 1])
            expected.buffer([9] + body)
            expected.buffer([9])
            for hint in [0, length, 100, 300, 100_000] {
                var (side, channel) = try opened()
                side.multiplexer.cork()
                try side.multiplexer.send(type: 9, on: channel, expectedLength: hint) { $0.raw(body) }
                try side.multiplexer.send([], type: 9, on: channel)
                side.multiplexer.uncork()
                #expect(side.multiplexer.takeFrames() == [expected.bytes], "\(length) bytes, \(hint) expected")
            }
        }
    }

    @Test func aBatchIsEndedBeforeItPassesTheLargestFrame() throws {
        var limits = Multiplexer.Limits()
        limits.largestFrame = 100
        for length in 0...94 {
            var (side, channel) = try opened(limits)
            var receiver = Side(limits: limits)
            try receiver.open("c")
            try receiver.receive("00 01 01 01 63 00")
            _ = receiver.told()
            side.multiplexer.cork()
            let bodies = (0..<8).map { [UInt8](repeating: UInt8(ascii: "a") + $0, count: length) }
            for body in bodies { try side.multiplexer.send(body, type: 0, on: channel) }
            side.multiplexer.uncork()
            let frames = side.multiplexer.takeFrames()
            #expect(frames.allSatisfy { $0.count <= 100 })
            // As full as they can be: no message of the next frame would have fitted.
            for frame in frames.dropLast() { #expect(frame.count + 2 + length > 100) }
            for frame in frames { try receiver.multiplexer.receive(frame, into: &receiver.events) }
            #expect(receiver.told() == bodies.map { "1: 0 \(String(decoding: $0, as: UTF8.self))" })
        }
    }

    @Test func aSplitBatchNamesTheChannelAgain() throws {
        var limits = Multiplexer.Limits()
        limits.largestFrame = 64
        var (side, first) = try opened(limits)
        let second = try side.open("d")
        _ = side.written()
        side.multiplexer.cork()
        try side.multiplexer.send([UInt8](repeating: 1, count: 50), type: 0, on: first)
        try side.multiplexer.send([UInt8](repeating: 2, count: 8), type: 0, on: second)
        try side.multiplexer.send([3], type: 0, on: second)
        side.multiplexer.uncork()
        #expect(
            side.written() == [
                "0000013300" + String(repeating: "01", count: 50),
                "0000020900" + String(repeating: "02", count: 8) + "020003",
            ])
    }

    @Test func aBatchIsEndedOnceItIsAsLongAsTheReferenceMakesThem() throws {
        var limits = Multiplexer.Limits()
        limits.batchFlushThreshold = 20
        var (side, channel) = try opened(limits)
        side.multiplexer.cork()
        for length in [16, 1, 1] {
            try side.multiplexer.send([UInt8](repeating: 0, count: length - 1), type: 0, on: channel)
        }
        side.multiplexer.uncork()
        #expect(side.multiplexer.takeFrames().map(\.count) == [20, 7])
    }

    @Test func aMessageThatFitsInNoFrameIsRefusedAlone() throws {
        var limits = Multiplexer.Limits()
        limits.largestFrame = 100
        var (side, channel) = try opened(limits)
        expectRefusal(.frameTooLarge(length: 101, limit: 100)) {
            try side.multiplexer.send([UInt8](repeating: 0, count: 99), type: 0, on: channel)
        }
        try side.multiplexer.send([UInt8](repeating: 0, count: 98), type: 0, on: channel)
        #expect(side.multiplexer.takeFrames().map(\.count) == [100])

        side.multiplexer.cork()
        expectRefusal(.frameTooLarge(length: 101, limit: 100)) {
            try side.multiplexer.send([UInt8](repeating: 0, count: 96), type: 0, on: channel)
        }
        try side.send("a", on: channel)
        expectRefusal(.frameTooLarge(length: 101, limit: 100)) {
            try side.multiplexer.send([UInt8](repeating: 0, count: 96), type: 0, on: channel)
        }
        try side.send("b", on: channel)
        side.multiplexer.uncork()
        #expect(side.written() == ["000001020061020062"])
    }

    @Test func framesAreHandedOutOnceEvenIfTheTransportFails() throws {
        struct Full: Error {}
        var (side, channel) = try opened()
        for text in ["a", "b", "c"] { try side.send(text, on: channel) }
        side.multiplexer.cork()
        try side.send("d", on: channel)
        var seen: [[UInt8]] = []
        #expect(throws: Full.self) {
            try side.multiplexer.drainFrames { (frame) throws(Full) in
                seen.append([UInt8](copying: frame))
                if seen.count == 2 { throw Full() }
            }
        }
        #expect(seen.map(\.hex) == ["010061", "010062"])
        #expect(side.written() == ["010063"])
        side.multiplexer.uncork()
        #expect(side.written() == ["0000010200" + "64"])
        #expect(side.multiplexer.pendingByteCount == 0)
    }

    @Test func bodiesOfABatchAreSlicesOfItsFrame() throws {
        var side = Side()
        try side.open("c")
        try side.receive("00 01 01 01 63 00")
        _ = side.told()
        let frame: [UInt8] = [0, 0, 1, 2, 0, 0x61, 3, 1, 0x62, 0x63]
        try side.multiplexer.receive(frame, into: &side.events)
        let bounds = side.events.map { event in
            guard case .message(_, _, let body) = event else { return 0..<0 }
            return body.startIndex..<body.endIndex
        }
        #expect(bounds == [5..<6, 8..<10])
    }

    @Test func batchesWithinBatchesAreReadToTheirLimit() throws {
        func nested(_ depth: Int, _ inner: [UInt8]) -> [UInt8] {
            var message = inner
            for _ in 0..<depth { message = [0, 0, UInt8(message.count)] + message }
            return [0] + message
        }
        var side = Side()
        try side.open("c")
        // An open of "c" inside `depth` batches: each is type 0, channel 0, length, message.
        let open: [UInt8] = [1, 1, 1, 0x63, 0]
        var copy = side
        try side.multiplexer.receive(nested(4, open), into: &side.events)
        #expect(side.told() == ["opened 1 "])
        expectRefusal(.batchTooDeep(limit: 4)) {
            try copy.multiplexer.receive(nested(5, open), into: &copy.events)
        }
    }
}
