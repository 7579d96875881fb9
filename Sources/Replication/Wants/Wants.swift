import MerkleTree

/// What the local side waits for.
struct Wants {
    /// What a token stands for.
    enum Kind {
        case block(UInt64)
        case node
        case range
        case seek
        case update
    }

    /// Single blocks, by index.
    var blocks: [UInt64: BlockWant] = [:]
    /// Those of them that are not being asked.
    var pending = PendingQueue()
    var nodes: [NodeWant] = []
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

    /// What a token stands for; `nil` where the want has ended.
    subscript(token: WantToken) -> Kind? { kinds[token] }

    mutating func remove(_ token: WantToken) -> Kind? {
        kinds.removeValue(forKey: token)
    }

    /// Whether a range wants a block.
    func isInRange(_ block: UInt64) -> Bool {
        ranges.contains { $0.range.first(in: block..<block &+ 1) != nil }
    }

    /// Lets ranges and seeks be gone through again from their beginnings: blocks and nodes that were here are gone.
    mutating func lookAgain() {
        for position in ranges.indices {
            ranges[position].stored = ranges[position].range.bounds.lowerBound
            ranges[position].storedCount = nil
        }
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

    /// Drops the nodes, seeks and updates that have ended.
    mutating func removeEnded() {
        let kinds = kinds
        nodes.removeAll { kinds[$0.token] == nil }
        seeks.removeAll { kinds[$0.token] == nil }
        updates.removeAll { kinds[$0.token] == nil }
    }
}

/// A block that is waited for.
struct BlockWant {
    var tokens: [WantToken]
    var priority: RequestMessage.Priority
}

/// A tree node that is waited for.
struct NodeWant {
    let token: WantToken
    let index: UInt64
    /// Whether a peer was asked and has not answered yet.
    var isAsked = false
    /// Whether there may be more nodes here than when it was last looked up.
    var isDue = true
}

/// A range that is being fetched.
struct RangeWant {
    let token: WantToken
    let range: DownloadRange
    /// Every wanted block below is stored.
    var stored: UInt64
    /// How many of its blocks are stored, from when somebody first asks; `nil` where they have to be counted anew.
    var storedCount: UInt64?
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
    /// Whether the last block of the longer log is asked for along with it.
    let fetchesLastBlock: Bool
}
