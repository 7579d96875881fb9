public import CompactEncoding
public import MerkleTree

/// Asks for parts of a tree, its blocks and the manifest (PROTOCOL §7, message 1).
public struct RequestMessage: Hashable, Sendable {
    /// How soon a request is wanted answered, compared with others.
    public struct Priority: RawRepresentable, Hashable, Comparable, Sendable {
        /// The number on the wire; a peer may send any.
        public var rawValue: UInt64

        /// Wraps a number.
        public init(rawValue: UInt64) {
            self.rawValue = rawValue
        }

        /// In turn.
        public static let normal = Priority(rawValue: 0)
        /// Somebody waits for this block.
        public static let explicitGet = Priority(rawValue: 1)
        /// Before all others.
        public static let veryHigh = Priority(rawValue: 2)

        public static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
    }

    /// Names the request in its answer; 0 for one that is not tracked.
    public var id: UInt64
    /// The fork of the tree that is asked about.
    public var fork: UInt64
    /// What is to be proven.
    public var parts: ProofRequest
    /// Whether the manifest is asked for.
    public var wantsManifest: Bool
    /// How soon it is wanted.
    public var priority: Priority

    /// Creates a message.
    public init(
        id: UInt64, fork: UInt64, parts: ProofRequest = ProofRequest(), wantsManifest: Bool = false,
        priority: Priority = .normal
    ) {
        self.id = id
        self.fork = fork
        self.parts = parts
        self.wantsManifest = wantsManifest
        self.priority = priority
    }
}

extension RequestMessage {
    private struct Flags: OptionSet {
        let rawValue: UInt64
        static let block = Flags(rawValue: 1)
        static let hash = Flags(rawValue: 2)
        static let seek = Flags(rawValue: 4)
        static let upgrade = Flags(rawValue: 8)
        static let manifest = Flags(rawValue: 16)
        static let priority = Flags(rawValue: 32)
    }

    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        let flags = Flags(rawValue: try reader.uint())
        id = try reader.uint()
        fork = try reader.uint()
        parts = ProofRequest()
        if flags.contains(.block) {
            parts.block = ProofRequest.Node(index: try reader.uint(), nodes: try reader.uint())
        }
        if flags.contains(.hash) {
            parts.hash = ProofRequest.Node(index: try reader.uint(), nodes: try reader.uint())
        }
        if flags.contains(.seek) {
            parts.seek = ProofRequest.Seek(bytes: try reader.uint(), padding: try reader.uint())
        }
        if flags.contains(.upgrade) {
            parts.upgrade = ProofRequest.Upgrade(start: try reader.uint(), length: try reader.uint())
        }
        wantsManifest = flags.contains(.manifest)
        priority = flags.contains(.priority) ? Priority(rawValue: try reader.uint()) : .normal
    }

    /// Appends the message's body.
    public func encode(into writer: inout ByteWriter) {
        writer.uint(flags.rawValue)
        writer.uint(id)
        writer.uint(fork)
        if let block = parts.block { block.encode(into: &writer) }
        if let hash = parts.hash { hash.encode(into: &writer) }
        if let seek = parts.seek {
            writer.uint(seek.bytes)
            writer.uint(seek.padding)
        }
        if let upgrade = parts.upgrade {
            writer.uint(upgrade.start)
            writer.uint(upgrade.length)
        }
        if priority != .normal { writer.uint(priority.rawValue) }
    }

    private var flags: Flags {
        var flags: Flags = []
        if parts.block != nil { flags.insert(.block) }
        if parts.hash != nil { flags.insert(.hash) }
        if parts.seek != nil { flags.insert(.seek) }
        if parts.upgrade != nil { flags.insert(.upgrade) }
        if wantsManifest { flags.insert(.manifest) }
        if priority != .normal { flags.insert(.priority) }
        return flags
    }
}

extension ProofRequest.Node {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.uint(index)
        writer.uint(nodes)
    }
}

/// Takes back a request (PROTOCOL §7, message 2).
public struct CancelMessage: Hashable, Sendable {
    /// The id of the request.
    public var request: UInt64

    /// Creates a message.
    public init(request: UInt64) {
        self.request = request
    }

    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        self.init(request: try reader.uint())
    }

    /// Appends the message's body.
    public func encode(into writer: inout ByteWriter) {
        writer.uint(request)
    }
}
