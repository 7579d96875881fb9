import MerkleTree

/// What the local side waits for.
struct Wants {
    /// What a token stands for.
    enum Kind {
        case block(UInt64)
        case range
        case seek
        case update
    }

    /// Single blocks, by index.
    var blocks: [UInt64: BlockWant] = [:]
    /// Those of them that are not being asked.
    var pending = PendingBlocks()
    var ranges: [RangeWant] = []
    var seeks: [SeekWant] = []
    var updates: [UpdateWant] = []
    /// Whether the log grew in this turn.
    var hasGrown = false

    private var kinds: [WantToken: Kind] = [:]
    private var nextToken: UInt64 = 0

    var count: Int { kinds.count }

    mutating func add(_ kind: Kind) -> WantToken {
        let token = WantToken(rawValue: nextToken)
        nextToken += 1
        kinds[token] = kind
        return token
    }

    mutating func remove(_ token: WantToken) -> Kind? {
        kinds.removeValue(forKey: token)
    }

    /// Lets ranges and seeks be gone through again from their beginnings: blocks and nodes that were here are gone.
    mutating func lookAgain() {
        for position in ranges.indices { ranges[position].stored = ranges[position].range.bounds.lowerBound }
        for position in seeks.indices {
            seeks[position].span = nil
            seeks[position].walkedLength = nil
        }
    }

    /// Drops everything, and returns what has not ended, the oldest first.
    mutating func removeAll() -> [WantToken] {
        let tokens = kinds.keys.sorted { $0.rawValue < $1.rawValue }
        let next = nextToken
        self = Wants()
        nextToken = next
        return tokens
    }

    /// Drops the seeks and updates that have ended.
    mutating func removeEnded() {
        let kinds = kinds
        seeks.removeAll { kinds[$0.token] == nil }
        updates.removeAll { kinds[$0.token] == nil }
    }
}

/// A block that is waited for.
struct BlockWant {
    var tokens: [WantToken]
    var priority: RequestMessage.Priority
    /// The request that was made for it. A block that was already on its way for a range has none.
    var asked: (peer: PeerID, request: UInt64)?
}

/// A range that is being fetched.
struct RangeWant {
    let token: WantToken
    let range: DownloadRange
    /// Every wanted block below is stored.
    var stored: UInt64
}

/// A byte offset that is looked for.
struct SeekWant {
    let token: WantToken
    let bytes: UInt64
    let padding: UInt64
    /// The blocks among which it is known to lie; `nil` if it lies past the end.
    var span: SeekSpan?
    /// The length of the tree that was last walked for it; `nil` if there has been an answer since.
    var walkedLength: UInt64?
    /// Whether a peer was asked and has not answered yet.
    var isAsked = false
}

/// A longer log that is waited for.
struct UpdateWant {
    let token: WantToken
    /// Whether it goes on waiting where no peer has a longer log.
    let waits: Bool
}
