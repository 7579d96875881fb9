import SecretStream
import TestSupport
import Testing

@testable import struct SecretStream.FrameAssembler

@Suite struct FramingTests {
    /// Frames of all small lengths, cut into pieces of all sizes.
    @Test func framesComeOutHoweverTheBytesAreCut() {
        let payloads = (1...40).map { length in (0..<length).map { UInt8(truncatingIfNeeded: length &* 31 &+ $0) } }
        let raw = payloads.flatMap { Frames.make($0) }
        for size in 1...raw.count {
            var assembler = FrameAssembler()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: raw.count, by: size) {
                assembler.takeAll(of: Array(raw[start..<min(start + size, raw.count)]), into: &found)
            }
            #expect(found == payloads, "cut into pieces of \(size)")
        }
    }

    @Test(arguments: [70_000, 300_000, 1 << 20])
    func longFrameIsGatheredFromManyPieces(byteCount: Int) {
        let payload = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let raw = Frames.make(payload) + Frames.make([1, 2, 3])
        for size in [999, 65_536, byteCount] {
            var assembler = FrameAssembler()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: raw.count, by: size) {
                assembler.takeAll(of: Array(raw[start..<min(start + size, raw.count)]), into: &found)
            }
            #expect(found == [payload, [1, 2, 3]])
        }
    }

    @Test(arguments: [0, 1, 16])
    func frameTooShortForAMessageEndsTheStream(byteCount: Int) {
        var pair = StreamPair.opened()
        pair.deliver(Frames.make([], claiming: byteCount), to: .responder)
        #expect(pair.events(of: .responder).failures == [.invalidFrameLength])
    }

    @Test func handshakeFrameOfAnotherLengthIsRefusedByItsLengthAlone() {
        for byteCount in [0, 1, 31, 33, 1000, StreamOptions.largestFrameByteCount] {
            var pair = StreamPair()
            pair.deliver(Frames.make([], claiming: byteCount), to: .responder)
            #expect(pair.events(of: .responder).failures == [.invalidFrameLength], "\(byteCount) bytes")
        }
    }

    @Test func headerOfAnotherLengthIsRefusedByItsLengthAlone() {
        for byteCount in [0, 17, 55, 57, StreamOptions.largestFrameByteCount] {
            var pair = StreamPair()
            pair.deliver(pair.initiator.takeOutput(), to: .responder)
            let answer = pair.responder.takeOutput()
            pair.deliver(answer, to: .initiator)
            pair.deliver(Frames.make([], claiming: byteCount), to: .initiator)
            #expect(pair.events(of: .initiator).failures == [.invalidFrameLength], "\(byteCount) bytes")
            #expect(pair.events(of: .initiator).handshakes.count == 1)
        }
    }

    @Test func frameAboveTheLimitIsRefusedByItsLengthAlone() throws {
        var options = StreamOptions()
        options.maximumFrameByteCount = 1017
        var pair = StreamPair.opened(options: options)
        try pair.initiator.send([UInt8](repeating: 1, count: 1000), now: pair.now)
        pair.exchange()
        #expect(pair.events(of: .responder).messages.count == 1)
        try pair.initiator.send([UInt8](repeating: 1, count: 1001), now: pair.now)
        pair.deliver(Array(pair.initiator.takeOutput().prefix(3)), to: .responder)
        #expect(pair.events(of: .responder).failures == [.tooLarge])
    }

    @Test func longestMessageGoesThroughAndALongerOneIsNotSent() throws {
        #expect(SecretStreamMachine.maximumMessageByteCount == (1 << 24) - 1 - 17)
        var pair = StreamPair.opened()
        let longest = [UInt8](repeating: 0x5a, count: SecretStreamMachine.maximumMessageByteCount)
        let error = #expect(throws: SecretStreamError.self) { try pair.initiator.send(longest + [0], now: pair.now) }
        #expect(error?.code == .tooLarge)
        #expect(pair.initiator.outputByteCount == 0)
        try pair.initiator.send(longest, now: pair.now)
        pair.exchange()
        #expect(pair.events(of: .responder).messages == [longest])
    }

    @Test func truncatedFrameIsAwaitedAndCompletedLater() throws {
        var pair = StreamPair.opened()
        try pair.initiator.send([1, 2, 3], now: pair.now)
        let frame = pair.initiator.takeOutput()
        for end in 0..<frame.count {
            pair.deliver(Array(frame[end..<end + 1]), to: .responder)
            #expect(pair.events(of: .responder) == (end + 1 < frame.count ? [] : [.message([1, 2, 3])]))
        }
    }
}

extension FrameAssembler {
    fileprivate mutating func takeAll(of input: [UInt8], into found: inout [[UInt8]]) {
        var offset = 0
        while payloadByteCount(in: input.span.bytes, from: &offset) != nil {
            switch payload(in: input.span.bytes, from: &offset) {
            case .inInput(let range): found.append(Array(input[range]))
            case .gathered:
                let frame = takeGathered()
                found.append(frame)
                recycle(frame)
            case nil: return
            }
        }
    }
}
