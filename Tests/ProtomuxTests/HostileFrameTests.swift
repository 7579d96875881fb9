import CompactEncoding
import Foundation
import Protomux
import TestSupport
import Testing

@Suite("Hostile frames") struct HostileFrameTests {
    /// A side that has opened channel 1, which the other side has opened as its 1.
    private func connected(_ limits: Multiplexer.Limits = .init()) throws -> Side {
        var side = Side(limits: limits)
        try side.open("c")
        try side.receive("00 01 01 01 63 00")
        _ = (side.told(), side.written())
        return side
    }

    // MARK: The rules on numbers

    @Test(arguments: [
        "00 01 01 01 64 00", "00 01 03 01 64 00", "00 01 00 01 64 00", "00 01 ff ffffffffffff1f00 01 64 00",
    ])
    func anOpenOfATakenSkippedOrZeroNumberEndsTheStream(open: String) throws {
        var side = try connected()
        let error = try #require(#expect(throws: ProtomuxError.self) { try side.receive(open) })
        guard case .invalidOpen = error.code else {
            Issue.record("ended by \(error)")
            return
        }
        #expect(throws: error) { try side.receive("01 00") }
        #expect(throws: error) { try side.open("late") }
    }

    @Test func anyFreeNumberMayBeReused() throws {
        var side = Side()
        side.multiplexer.pair(protocol: "d")
        for open in ["00 01 01 01 64 00", "00 01 02 01 64 00", "00 01 03 01 64 00"] { try side.receive(open) }
        for request in side.requests.prefix(2) { side.multiplexer.reject(request) }
        try side.receive("00 01 01 01 64 00")
        try side.receive("00 01 02 01 64 00")
        try side.receive("00 01 04 01 64 00")
        #expect(side.told().count == 6)
    }

    @Test(arguments: [0, 1, 2, 300] as [UInt64])
    func aRejectOfWhatIsNotOutstandingEndsTheStream(id: UInt64) throws {
        var side = try connected()
        var frame = ByteWriter()
        frame.raw([0, 2])
        frame.uint(id)
        expectRefusal(.unexpectedReject(localID: id)) {
            try side.multiplexer.receive(frame.bytes, into: &side.events)
        }
    }

    @Test(arguments: [
        "00 04 01", "00 7f", "00 03 00", "00 03 02", "00 03 fdffff", "02 00 61", "fdffff 05", "", "00 00 00",
    ])
    func whatIsUnknownIsIgnored(frame: String) throws {
        var side = try connected()
        try side.receive(frame)
        #expect(side.told().isEmpty && side.written().isEmpty)
        try side.receive("01 00 61")
        #expect(side.told() == ["1: 0 a"])
    }

    @Test(arguments: [
        "00", "01", "05", "00 00", "00 00 01 05 00", "00 00 01 00", "00 01", "00 01 02", "00 01 02 05 61",
        "00 01 02 01 64", "00 01 02 01 ff 00", "00 01 02 01 64 05 01", "00 02", "00 03", "fd 01",
        "ff ffffffffffffffff 00",
    ])
    func whatIsCutOffOrNoEncodingEndsTheStream(frame: String) throws {
        var side = try connected()
        let error = #expect(throws: ProtomuxError.self) { try side.receive(frame) }
        guard case .malformedFrame = error?.code else {
            Issue.record("ended by \(String(describing: error))")
            return
        }
    }

    @Test func whatCameBeforeTheOffendingPartIsReported() throws {
        var side = try connected()
        #expect(throws: ProtomuxError.self) { try side.receive("00 00 01 02 00 61 7f 00") }
        #expect(side.told() == ["1: 0 a"])
    }

    // MARK: Bounds

    @Test func namesIdsAndHandshakesAreBounded() throws {
        var limits = Multiplexer.Limits()
        limits.protocolNameLength = 3
        limits.idLength = 2
        limits.handshakeLength = 4
        func open(_ name: String, _ id: [UInt8], _ handshake: String, in side: inout Side) throws {
            var frame = ByteWriter()
            frame.raw([0, 1, 1])
            frame.string(name)
            frame.buffer(id)
            frame.raw(handshake.utf8)
            try side.multiplexer.receive(frame.bytes, into: &side.events)
        }
        for local in [true, false] {
            func attempt(_ name: String, _ id: [UInt8], _ handshake: String) throws {
                var side = Side(limits: limits)
                side.multiplexer.pair(protocol: "abc")
                if local {
                    try side.open(name, id: id, handshake: handshake)
                } else {
                    try open(name, id, handshake, in: &side)
                }
            }
            try attempt("abc", [1, 2], "1234")
            expectRefusal(.protocolNameTooLong(length: 4, limit: 3)) { try attempt("abcd", [], "") }
            expectRefusal(.protocolNameTooLong(length: 4, limit: 3)) { try attempt("\u{e9}\u{e9}", [], "") }
            expectRefusal(.idTooLong(length: 3, limit: 2)) { try attempt("abc", [1, 2, 3], "") }
            expectRefusal(.handshakeTooLong(length: 5, limit: 4)) { try attempt("abc", [], "12345") }
        }
    }

    @Test func channelsAreBoundedOnBothSides() throws {
        var limits = Multiplexer.Limits()
        limits.channels = 3
        var side = Side(limits: limits)
        for id in 1...3 as ClosedRange<UInt8> {
            #expect(try side.open("c", id: [id]).localID == UInt64(id))
        }
        expectRefusal(.tooManyChannels(limit: 3)) { try side.open("c", id: [4]) }
        #expect(side.written().count == 3 && side.multiplexer.channels.count == 3)

        // Rejected at once or not, the numbers of the other side are as many.
        for id in 1...3 { try side.receive("00 01 0\(id) 01 64 00") }
        try side.receive("00 01 02 01 64 00")
        #expect(side.multiplexer.channels.count == 3)
        side.multiplexer.pair(protocol: "d")
        for id in 1...3 { try side.receive("00 01 0\(id) 01 64 00") }
        expectRefusal(.tooManyChannels(limit: 3)) { try side.receive("00 01 04 01 64 00") }
    }

    @Test func unansweredOpensAreBounded() throws {
        var limits = Multiplexer.Limits()
        limits.unpairedOpens = 2
        var side = Side(limits: limits)
        side.multiplexer.pair(protocol: "d")
        for id in 1...3 { try side.receive("00 01 0\(id) 01 64 00") }
        #expect(side.requests.count == 2)
        #expect(side.written() == ["000203"])
        side.multiplexer.reject(side.requests[0])
        try side.receive("00 01 01 01 64 00")
        #expect(side.requests.count == 3)
    }

    @Test func aChannelThatSendsTooMuchBeforeItIsAnsweredIsRejected() throws {
        var limits = Multiplexer.Limits()
        limits.bufferedBytesPerChannel = 3 * (Multiplexer.Limits.bufferedItemOverhead + 1)
        var side = Side(limits: limits)
        side.multiplexer.pair(protocol: "d")
        try side.receive("00 01 01 01 64 00")
        try side.receive("00 01 02 01 64 00")
        for _ in 0..<3 { try side.receive("01 00 61") }
        #expect(side.written().isEmpty)
        try side.receive("01 00 61")
        #expect(side.written() == ["000201"])
        #expect(!side.multiplexer.isWaiting(side.requests[0]) && side.multiplexer.isWaiting(side.requests[1]))
        try side.receive("01 00 61")
        #expect(!side.multiplexer.shouldPauseReading)
    }

    @Test func whatWaitsForAnswersIsBoundedInAll() throws {
        var limits = Multiplexer.Limits()
        limits.bufferedBytes = 4 * (Multiplexer.Limits.bufferedItemOverhead + 1)
        for messages in [false, true] {
            var side = Side(limits: limits)
            side.multiplexer.pair(protocol: "d")
            try side.receive("00 01 01 01 64 00")
            for id in 2...4 { try side.receive(messages ? "01 00 61" : "00 01 0\(id) 01 64 00") }
            expectRefusal(.tooManyBufferedBytes(limit: limits.bufferedBytes)) {
                try side.receive(messages ? "01 00 61" : "00 01 05 01 64 00")
            }
        }
    }

    @Test func framesAreBounded() throws {
        var limits = Multiplexer.Limits()
        limits.largestFrame = 64
        var side = try connected(limits)
        try side.multiplexer.receive([1, 0] + [UInt8](repeating: 0, count: 62), into: &side.events)
        expectRefusal(.frameTooLarge(length: 65, limit: 64)) {
            try side.multiplexer.receive([1, 0] + [UInt8](repeating: 0, count: 63), into: &side.events)
        }
    }

    // MARK: Noise

    @Test(arguments: 0..<20 as Range<UInt64>)
    func randomBytesNeverTrap(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var side = Side()
            side.multiplexer.pair(protocol: "")
            _ = try? side.open("", handshake: "x")
            for _ in 0..<20 {
                let length = Int.random(in: 0..<24, using: &generator)
                // Small values, so that numbers, lengths and types often make sense.
                let frame = (0..<length).map { _ in
                    generator.next() % 4 == 0
                        ? UInt8(truncatingIfNeeded: generator.next()) : UInt8(generator.next() % 5)
                }
                guard (try? side.multiplexer.receive(frame, into: &side.events)) != nil else { break }
            }
            if let request = side.requests.last { side.multiplexer.reject(request) }
            side.multiplexer.shutDown(into: &side.events)
            #expect(side.multiplexer.channels.isEmpty)
        }
    }

    private struct Frames: Decodable {
        let fromA: [Hex]
        let fromB: [Hex]
    }

    @Test func changedRecordedFramesNeverTrap() throws {
        let recorded: Frames = try Vectors.load("protomux")
        var refused = 0
        for frames in [recorded.fromA, recorded.fromB] {
            for (which, frame) in frames.enumerated() {
                for position in frame.bytes.indices {
                    for flip: UInt8 in [0x01, 0x02, 0x04, 0x80, 0xff] {
                        var side = Side()
                        side.multiplexer.pair(protocol: "first")
                        side.multiplexer.pair(protocol: "second")
                        try side.open("first")
                        for earlier in frames[..<which] {
                            try side.multiplexer.receive(earlier.bytes, into: &side.events)
                        }
                        var changed = frame.bytes
                        changed[position] ^= flip
                        let isRead = (try? side.multiplexer.receive(changed, into: &side.events)) != nil
                        let cut = Array(changed.prefix(position))
                        let isCutRead = (try? side.multiplexer.receive(cut, into: &side.events)) != nil
                        refused += isRead && isCutRead ? 0 : 1
                    }
                }
            }
        }
        #expect(refused > 100)
    }
}
