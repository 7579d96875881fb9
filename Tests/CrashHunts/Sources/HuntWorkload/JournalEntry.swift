/// One line of what a writer tells while it works: what it is about to do, and what it may count on from then on if the
/// store keeps its word.
public enum JournalEntry: Hashable, Sendable {
    /// The store was opened, for this session.
    case opened(session: Int)
    /// A log of this name was made or found.
    case created(core: String, name: String)
    /// A change is about to be made: from now on, the store may hold it.
    case began(OperationID, Change)
    /// A change was acknowledged: from now on, the store must hold it.
    case acknowledged(OperationID, Change)
    /// The store said that it did not do what was begun, for a reason that can be expected: somebody else was faster.
    case declined(OperationID)
    /// An operation failed for another reason.
    case failed(OperationID, message: String)
    /// A peer has got this head, with a signature that it verified.
    case told(core: String, fork: UInt64, length: UInt64, treeHash: String)
    /// The store was closed.
    case closed(session: Int)
}

/// A change to one log. An operation that changes several logs is told as several changes.
public enum Change: Hashable, Sendable {
    /// Blocks `firstPart` and following of the operation; they end at `length`, which is known once they are appended.
    case append(core: String, firstPart: Int, count: Int, length: UInt64?)
    /// The log is cut.
    case truncate(core: String, length: UInt64)
    /// Blocks are forgotten.
    case clear(core: String, Range<UInt64>)
    /// Blocks of somebody else's log are downloaded and stored.
    case store(core: String, Range<UInt64>)
    /// The operation's number is kept as user data.
    case keep(core: String, key: String)
    /// The log is removed.
    case purge(core: String)

    /// The key of the log.
    public var core: String {
        switch self {
        case .append(let core, _, _, _), .truncate(let core, _), .clear(let core, _), .store(let core, _),
            .keep(let core, _), .purge(let core):
            core
        }
    }
}

// MARK: - As lines

extension JournalEntry {
    /// The entry as one line, without its end.
    public var line: String {
        switch self {
        case .opened(let session): "opened \(session)"
        case .created(let core, let name): "created \(core) \(name)"
        case .began(let operation, let change): "began \(operation.rawValue) \(change.line)"
        case .acknowledged(let operation, let change): "acknowledged \(operation.rawValue) \(change.line)"
        case .declined(let operation): "declined \(operation.rawValue)"
        case .failed(let operation, let message): "failed \(operation.rawValue) \(onOneLine(message))"
        case .told(let core, let fork, let length, let treeHash): "told \(core) \(fork) \(length) \(treeHash)"
        case .closed(let session): "closed \(session)"
        }
    }

    /// Reads a line; `nil` where it is none of these.
    public init?(line: some StringProtocol) {
        var words = Words(String(line))
        switch words.next() {
        case "opened":
            guard let session = words.number(), words.isAtEnd else { return nil }
            self = .opened(session: Int(session))
        case "created":
            guard let core = words.next(), let name = words.next(), words.isAtEnd else { return nil }
            self = .created(core: core, name: name)
        case "began":
            guard let operation = words.operation(), let change = Change(from: &words) else { return nil }
            self = .began(operation, change)
        case "acknowledged":
            guard let operation = words.operation(), let change = Change(from: &words) else { return nil }
            self = .acknowledged(operation, change)
        case "declined":
            guard let operation = words.operation(), words.isAtEnd else { return nil }
            self = .declined(operation)
        case "failed":
            guard let operation = words.operation() else { return nil }
            self = .failed(operation, message: words.rest)
        case "told":
            guard let core = words.next(), let fork = words.number(), let length = words.number(),
                let treeHash = words.next(), words.isAtEnd
            else { return nil }
            self = .told(core: core, fork: fork, length: length, treeHash: treeHash)
        case "closed":
            guard let session = words.number(), words.isAtEnd else { return nil }
            self = .closed(session: Int(session))
        default:
            return nil
        }
    }
}

extension Change {
    fileprivate var line: String {
        switch self {
        case .append(let core, let firstPart, let count, let length):
            "append \(core) \(firstPart) \(count)" + (length.map { " \($0)" } ?? "")
        case .truncate(let core, let length): "truncate \(core) \(length)"
        case .clear(let core, let range): "clear \(core) \(range.lowerBound) \(range.upperBound)"
        case .store(let core, let range): "store \(core) \(range.lowerBound) \(range.upperBound)"
        case .keep(let core, let key): "keep \(core) \(key)"
        case .purge(let core): "purge \(core)"
        }
    }

    fileprivate init?(from words: inout Words) {
        guard let kind = words.next(), let core = words.next() else { return nil }
        switch kind {
        case "append":
            guard let firstPart = words.number(), let count = words.number() else { return nil }
            let isDone = !words.isAtEnd
            let length = words.number()
            if isDone, length == nil { return nil }
            self = .append(core: core, firstPart: Int(firstPart), count: Int(count), length: length)
        case "truncate":
            guard let length = words.number() else { return nil }
            self = .truncate(core: core, length: length)
        case "clear":
            guard let range = words.range() else { return nil }
            self = .clear(core: core, range)
        case "store":
            guard let range = words.range() else { return nil }
            self = .store(core: core, range)
        case "keep":
            guard let key = words.next() else { return nil }
            self = .keep(core: core, key: key)
        case "purge":
            self = .purge(core: core)
        default:
            return nil
        }
        guard words.isAtEnd else { return nil }
    }
}

/// The words of a line, one after the other.
private struct Words {
    private var words: ArraySlice<Substring>

    init(_ line: String) {
        words = line.split(separator: " " as Character, omittingEmptySubsequences: false)[...]
    }

    var isAtEnd: Bool { words.isEmpty }
    var rest: String { words.joined(separator: " ") }

    mutating func next() -> String? { words.popFirst().map { String($0) } }
    mutating func number() -> UInt64? { words.popFirst().flatMap { UInt64($0) } }
    mutating func operation() -> OperationID? { number().map { OperationID(rawValue: $0) } }

    mutating func range() -> Range<UInt64>? {
        guard let lower = number(), let upper = number(), lower <= upper else { return nil }
        return lower..<upper
    }
}

/// A message on one line.
private func onOneLine(_ message: String) -> String {
    String(message.map { $0.isNewline ? " " : $0 })
}
