import Corestore
import Crypto
import Hypercore

/// A room: the logs of its members, of which one is our own and one, the host's, is the room's.
///
/// Members tell each other of logs by an extension on the host's log. Its messages pass only between peers who have proved
/// to know that log's key, so whoever was invited is heard, and nobody else.
struct Room: Sendable {
    /// How many logs we follow at most, whoever tells of more.
    static let memberLimit = 100

    let store: Corestore
    /// The host's log.
    let log: Hypercore
    /// Ours.
    let own: MessageLog

    /// The room's key, which is that of the host's log.
    var key: CoreKey { log.key }

    /// Opens a room of our own.
    static func hosted(in store: Corestore) async throws -> Room {
        let own = try await store.get(.name("chat"), as: .json(Message.self))
        return Room(store: store, log: own.log, own: own)
    }

    /// Opens a room that we were invited to.
    static func joined(_ key: CoreKey, in store: Corestore) async throws -> Room {
        Room(
            store: store, log: try await store.get(key: key),
            own: try await store.get(.name("chat"), as: .json(Message.self)))
    }

    /// The log of a member.
    func open(_ member: CoreKey) async throws -> MessageLog {
        try await store.get(.key(member), as: .json(Message.self))
    }
}

// MARK: - Who is a member

extension Room {
    private static let membersKey = "members"

    /// The members that we have heard of, in this process or an earlier one, the host and ourselves first.
    func members() throws -> [CoreKey] {
        let stored = try own.log.userData(Self.membersKey) ?? []
        let others = String(decoding: stored, as: UTF8.self).split(separator: " ").map { try? CoreKey(text: $0) }
        return ([log.key, own.log.key] + others.compactMap(\.self)).uniqued()
    }

    /// Remembers a member.
    ///
    /// - Returns: whether it is a new one.
    func admit(_ member: CoreKey) async throws -> Bool {
        let members = try members()
        guard !members.contains(member), members.count < Self.memberLimit else { return false }
        let text = (members + [member]).map(\.text).joined(separator: " ")
        try await own.log.setUserData(Array(text.utf8), for: Self.membersKey)
        return true
    }
}

extension Sequence where Element: Hashable {
    /// The elements in order, each once.
    func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
