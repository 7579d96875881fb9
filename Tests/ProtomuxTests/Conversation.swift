import CompactEncoding
import Protomux
import Testing

/// One side of a conversation, with what it has been told.
struct Side {
    var multiplexer: Multiplexer
    var events: [Multiplexer.Event] = []

    init(limits: Multiplexer.Limits = .init()) {
        multiplexer = Multiplexer(limits: limits)
    }

    @discardableResult
    mutating func open(
        _ name: String, id: [UInt8]? = nil, aliases: [String] = [], handshake: String = ""
    ) throws -> ChannelID {
        try multiplexer.open(
            protocol: name, aliases: aliases, id: id, handshake: Array(handshake.utf8), into: &events)
    }

    mutating func send(_ text: String, type: UInt64 = 0, on channel: ChannelID) throws {
        try #require(try multiplexer.send(Array(text.utf8), type: type, on: channel))
    }

    mutating func receive(_ hex: String) throws {
        let frame = try #require([UInt8](hex: hex.filter { $0 != " " }))
        try multiplexer.receive(frame, into: &events)
    }

    /// What has been written since the last call, as hexadecimal digits.
    mutating func written() -> [String] { multiplexer.takeFrames().map(\.hex) }

    /// What has been told since the last call, in words.
    mutating func told() -> [String] {
        defer { events = [] }
        return events.map { event in
            switch event {
            case .opened(let channel, let handshake): "opened \(channel.localID) \(text(handshake))"
            case .message(let channel, let type, let body): "\(channel.localID): \(type) \(text(body))"
            case .closed(let channel, let why): "closed \(channel.localID) \(why)"
            case .pairRequested(let request): "asked \(request.protocolName) \(request.id?.hex ?? "-")"
            }
        }
    }

    /// The pair requests among what has been told.
    var requests: [PairRequest] {
        events.compactMap { event in
            if case .pairRequested(let request) = event { request } else { nil }
        }
    }
}

private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

/// Two sides with a wire between them.
struct Conversation {
    var a: Side
    var b: Side

    init(limits: Multiplexer.Limits = .init()) {
        a = Side(limits: limits)
        b = Side(limits: limits)
    }

    mutating func deliverToA() throws {
        for frame in b.multiplexer.takeFrames() { try a.multiplexer.receive(frame, into: &a.events) }
    }

    mutating func deliverToB() throws {
        for frame in a.multiplexer.takeFrames() { try b.multiplexer.receive(frame, into: &b.events) }
    }

    /// Carries frames both ways until neither side has any.
    mutating func settle() throws {
        while a.multiplexer.hasFrames || b.multiplexer.hasFrames {
            try deliverToB()
            try deliverToA()
        }
    }
}

/// Runs `body`, and expects it to end the stream for this reason.
func expectRefusal(
    _ code: ProtomuxError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    let error = #expect(throws: ProtomuxError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    #expect(error?.description.isEmpty == false, sourceLocation: sourceLocation)
}
