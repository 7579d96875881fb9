import CompactEncoding
import Foundation
import Protomux
import TestSupport
import Testing

@Suite struct ProtomuxVectorTests {
    private struct Recorded: Decodable {
        let id: Hex
        let fromA: [Hex]
        let fromB: [Hex]
        let received: [[Value]]
    }

    private enum Value: Decodable, Equatable {
        case text(String)
        case number(UInt64)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(UInt64.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    private let recorded: Recorded

    init() throws {
        recorded = try Vectors.load("protomux")
    }

    /// Replays the recorded conversation. Each side is handed the recorded frames of the other and must itself write the
    /// recorded ones; both must be told what was recorded.
    @Test func theRecordedConversationIsSpokenByteForByte() throws {
        var a = Multiplexer()
        var b = Multiplexer()
        var names: [String: [ChannelID: String]] = ["a": [:], "b": [:]]
        var received: [[Value]] = []
        var fromA: [[UInt8]] = []
        var fromB: [[UInt8]] = []

        func open(_ side: String, _ mux: inout Multiplexer, _ name: String, _ id: [UInt8]?, _ greeting: String?) throws
            -> ChannelID
        {
            var handshake = ByteWriter()
            if let greeting { handshake.string(greeting) }
            var events: [Multiplexer.Event] = []
            let channel = try mux.open(protocol: name, id: id, handshake: handshake.bytes, into: &events)
            #expect(events.isEmpty)
            names[side]?[channel] = name
            return channel
        }
        func deliver(_ side: String, _ mux: inout Multiplexer, _ frames: ArraySlice<Hex>) throws {
            var events: [Multiplexer.Event] = []
            for frame in frames { try mux.receive(frame.bytes, into: &events) }
            for event in events {
                guard let entry = try entry(event, side: side, names: names[side] ?? [:]) else { continue }
                received.append(entry)
            }
        }
        func string(_ text: String) -> (inout ByteWriter) -> Void { { $0.string(text) } }
        func number(_ value: UInt64) -> (inout ByteWriter) -> Void { { $0.uint(value) } }

        let firstOfA = try open("a", &a, "first", nil, "hi from a")
        _ = try open("b", &b, "first", nil, "hi from b")
        try deliver("b", &b, recorded.fromA[0..<1])
        try deliver("a", &a, recorded.fromB[0..<1])

        try a.send(type: 0, on: firstOfA, string("hello"))
        try a.send(type: 1, on: firstOfA, number(70_000))
        a.cork()
        try a.send(type: 0, on: firstOfA, string("one"))
        try a.send(type: 0, on: firstOfA, string("two"))
        let secondOfA = try open("a", &a, "second", recorded.id.bytes, "x")
        try a.send(type: 1, on: firstOfA, number(3))
        a.uncork()
        _ = try open("b", &b, "second", recorded.id.bytes, "y")
        try deliver("b", &b, recorded.fromA[1..<4])
        try deliver("a", &a, recorded.fromB[1..<2])

        a.cork()
        try a.send(type: 0, on: secondOfA, string("in second"))
        try a.send(type: 0, on: firstOfA, string("in first"))
        try a.send(type: 1, on: secondOfA, number(9))
        a.uncork()
        let rejected = try open("a", &a, "rejected", nil, nil)
        b.cork()
        try deliver("b", &b, recorded.fromA[4..<6])
        b.uncork()
        try deliver("a", &a, recorded.fromB[2..<3])
        #expect(!a.channels.contains(rejected))
        a.close(secondOfA)
        try deliver("b", &b, recorded.fromA[6..<7])

        fromA += a.takeFrames()
        fromB += b.takeFrames()
        #expect(fromA.map(\.hex) == recorded.fromA.map(\.bytes.hex))
        #expect(fromB.map(\.hex) == recorded.fromB.map(\.bytes.hex))
        #expect(received == recorded.received)
        #expect(b.channels.count == 1)
    }

    private func entry(
        _ event: Multiplexer.Event, side: String, names: [ChannelID: String]
    ) throws -> [Value]? {
        switch event {
        case .opened(let channel, let handshake):
            let bytes = Array(handshake)
            var reader = ByteReader(bytes.span.bytes)
            return [.text(side), .text(try #require(names[channel])), .text("open"), .text(try reader.string())]
        case .message(let channel, let type, let body):
            let bytes = Array(body)
            var reader = ByteReader(bytes.span.bytes)
            let value: Value = type == 0 ? .text(try reader.string()) : .number(try reader.uint())
            return [.text(side), .text(try #require(names[channel])), .number(type), value]
        case .closed, .pairRequested:
            return nil
        }
    }

    // MARK: - Recorded replication

    private struct Transcripts: Decodable {
        struct Transcript: Decodable {
            let name: String
            let frames: [[String]]
        }
        let transcripts: [Transcript]
    }

    /// Every recorded replication is understood from either end, to the last message, by one who opens what was opened there.
    @Test func recordedReplicationsAreUnderstood() throws {
        let transcripts: Transcripts = try Vectors.load("replication-transcripts")
        for transcript in transcripts.transcripts {
            for (writer, reader) in [("initiator", "responder"), ("responder", "initiator")] {
                var side = Side()
                side.multiplexer.pair(protocol: "hypercore/alpha")
                for id in opened(by: reader, in: transcript) { try side.open("hypercore/alpha", id: id) }
                _ = side.told()
                for frame in transcript.frames where frame[0] == writer {
                    try side.receive(frame[1])
                }
                let told = side.told()
                #expect(told.contains { $0.hasPrefix("opened") }, "\(transcript.name), \(writer)")
                #expect(told.contains { $0.contains(": 0 ") }, "\(transcript.name), \(writer): no sync")
                #expect(told.count >= transcript.frames.count { $0[0] == writer }, "\(transcript.name), \(writer)")
            }
        }
    }

    private func opened(by writer: String, in transcript: Transcripts.Transcript) -> [[UInt8]?] {
        var side = Side()
        side.multiplexer.pair(protocol: "hypercore/alpha")
        // Reads as far as the first answer to something that this side has not said.
        for frame in transcript.frames where frame[0] == writer {
            guard (try? side.receive(frame[1])) != nil else { break }
        }
        return side.requests.map(\.id)
    }
}
