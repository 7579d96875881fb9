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
    /// Whether a peer has refused it, so that only paths are asked for from now on, which no padding makes impossible.
    var wasRefused = false
}

/// A longer log that is waited for.
struct UpdateWant {
    let token: WantToken
    /// Whether it goes on waiting where no peer has a longer log.
    let waits: Bool
}
