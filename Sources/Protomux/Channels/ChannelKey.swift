/// What two opens must have in common to become one channel: the protocol's name and the channel's id.
///
/// Both are compared byte by byte. `String` would call two names equal that a peer tells apart, because it compares
/// what a reader sees and not what was sent.
struct ChannelKey: Hashable, Sendable {
    let name: [UInt8]
    /// Empty where the open carries no id: the wire does not tell the two apart (PROTOCOL §1).
    let id: [UInt8]

    init(_ name: String, id: [UInt8]?) {
        self.name = Array(name.utf8)
        self.id = id ?? []
    }

    /// The same protocol with any id.
    var withoutID: ChannelKey { ChannelKey(name: name, id: []) }

    private init(name: [UInt8], id: [UInt8]) {
        self.name = name
        self.id = id
    }
}
