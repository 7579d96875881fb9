import Protomux

/// One end of a conversation: a multiplexer, and what it has heard.
struct End {
    private(set) var heard: [String] = []
    private var multiplexer = Multiplexer()
    private var channel: ChannelID?

    /// Opens the channel that both ends talk on; each may send at once, without waiting for the other.
    mutating func open(_ name: String, as nickname: String) throws {
        var events: [Multiplexer.Event] = []
        channel = try multiplexer.open(protocol: name, handshake: Array(nickname.utf8), into: &events)
        handle(events)
    }

    /// Says something to the other end; it leaves with the next frames.
    mutating func say(_ text: String) throws {
        guard let channel else { return }
        try multiplexer.send(Array(text.utf8), type: 0, on: channel)
    }

    /// Takes what is to be written: each frame is one message of the stream between the two.
    mutating func frames() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        multiplexer.drainFrames { frames.append($0.withUnsafeBytes(Array.init)) }
        return frames
    }

    /// Reads one message of the stream.
    mutating func receive(_ frame: [UInt8]) throws {
        var events: [Multiplexer.Event] = []
        try multiplexer.receive(frame, into: &events)
        handle(events)
    }

    private mutating func handle(_ events: [Multiplexer.Event]) {
        for event in events {
            switch event {
            case .opened(_, let handshake): heard.append("\(String(decoding: handshake, as: UTF8.self)) is here")
            case .message(_, _, let body): heard.append(String(decoding: body, as: UTF8.self))
            case .closed: heard.append("the channel is closed")
            // Both open the channel themselves; what else the other side opens, nobody has asked for.
            case .pairRequested(let request): multiplexer.reject(request)
            }
        }
    }
}
