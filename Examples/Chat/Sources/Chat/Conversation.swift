import CompactEncoding
import Crypto
import Foundation
import Hypercore

/// What goes on in a room from when we enter it until we leave.
struct Conversation: Sendable {
    let room: Room
    private let name: String
    /// Where members tell each other of members.
    private let introductions: CoreExtension

    /// Enters a room. To be done before anybody is connected to: who comes introduces themselves at once.
    init(in room: Room, as name: String) throws {
        self.room = room
        self.name = name
        introductions = try room.log.extension(named: "chat/members")
    }

    /// Shows what was said and what is said, and says what is typed, until `/quit` or the end of the input.
    func run() async throws {
        let shown = try await showHistory()
        try await withThrowingTaskGroup { group in
            for (member, length) in shown {
                group.addTask { await untilFailing { try await show(member, from: length) } }
            }
            group.addTask { await untilFailing { try await introduceMembers() } }
            group.addTask { await untilFailing { try await meetMembers() } }
            for await line in Terminal.lines() {
                if line == "/quit" { break }
                try await room.own.append(Message(time: .now, name: name, text: line))
            }
            group.cancelAll()
        }
    }

    /// Tells why something ended, unless we left.
    private func untilFailing(_ work: () async throws -> Void) async {
        do { try await work() } catch is CancellationError {} catch { Terminal.print("* \(error)") }
    }
}

// MARK: - Showing

extension Conversation {
    /// Shows what is stored, in the order of time.
    ///
    /// - Returns: the logs of others, and how much of each was shown.
    private func showHistory() async throws -> [(MessageLog, UInt64)] {
        var history: [Message] = []
        var shown: [(MessageLog, UInt64)] = []
        for member in try room.members() {
            let log = try await room.open(member)
            let length = log.log.contiguousLength
            history += (0..<length).compactMap { try? log.read($0) }
            if member != room.own.log.key { shown.append((log, length)) }
        }
        for message in history.sorted(by: { $0.time < $1.time }) { Terminal.print(message.line) }
        return shown
    }

    /// Shows what a member says, as it comes. What is no message is passed over.
    private func show(_ member: MessageLog, from start: UInt64) async throws {
        for try await block in member.log.blocks(start: start, .live) {
            if let message = try? member.codec.decode(block) { Terminal.print(message.line) }
        }
    }
}

// MARK: - Meeting

extension Conversation {
    /// Tells each peer that comes of all members that we know, ourselves among them.
    private func introduceMembers() async throws {
        // Asked for first, so that nobody comes unseen between the two.
        let events = room.log.events
        var met: Set<RemotePeer> = []
        try await introduceMembers(toPeersBeside: &met)
        for await case .peerAdded in events { try await introduceMembers(toPeersBeside: &met) }
    }

    private func introduceMembers(toPeersBeside met: inout Set<RemotePeer>) async throws {
        let peers = Set(room.log.peers)
        for peer in peers.subtracting(met) {
            for member in try room.members() {
                // Who is gone again will be introduced to when they come back.
                try? await introductions.send(member.bytes.array, to: peer)
            }
        }
        met = peers
    }

    /// Follows whom others tell us of, and passes it on.
    private func meetMembers() async throws {
        try await withThrowingTaskGroup { group in
            for await introduction in introductions.messages {
                guard let key = Bytes32(introduction.payload).map(CoreKey.init), try await room.admit(key) else {
                    continue
                }
                try introductions.broadcast(introduction.payload)
                let member = try await room.open(key)
                group.addTask { await untilFailing { try await show(member, from: 0) } }
            }
        }
    }
}
