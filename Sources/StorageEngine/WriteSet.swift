/// Writes that are applied together or not at all, as data.
///
/// A write set is prepared anywhere, without a transaction and without a lock on the store, and handed to a
/// ``GroupWriter``. It states what it expects to find (``expect(_:key:_:)``); where that does not hold when its turn
/// comes, it is refused alone with `.conflict`, before anything of it was applied. Because it is data, a group can be
/// applied again after the file had to grow without any caller's code running twice.
///
/// ```swift
/// var set = WriteSet()
/// set.expect(heads, key: core, .prefix(fork))
/// set.put(blocks, key: key, value: block)
/// try await writer.commit(set)
/// ```
public struct WriteSet: Sendable {
    /// Bytes of a set: short ones are copied into its arena, long ones stay where the caller has them.
    enum Bytes {
        case arena(Range<Int>)
        case shared(Place)
    }

    /// Where in a list of the set something is.
    typealias Place = Int

    /// What is to be done, as plain numbers: what has references stands in lists beside it, because looking at the hundreds of
    /// operations of a large set would otherwise cost more counting of references than it does anything else.
    enum Operation {
        case put(table: Place, key: Range<Int>, value: Bytes)
        case merge(table: Place, key: Range<Int>, operand: Bytes, MergeRule)
        case delete(table: Place, key: Range<Int>)
        case deleteRange(table: Place, range: Place)
        case seal(table: Place, key: Range<Int>, seal: Place)
    }

    struct Expected: Sendable {
        let table: Table
        let key: Range<Int>
        let expectation: Expectation
    }

    /// Values of at least this many bytes are shared with the caller, and shorter ones copied.
    public static let sharingThreshold = 512

    private(set) var arena: [UInt8] = []
    private(set) var operations: [Operation] = []
    /// The tables that the operations are about, in no particular order.
    private(set) var tables: [Table] = []
    private(set) var shared: [ArraySlice<UInt8>] = []
    private(set) var ranges: [KeyRange] = []
    private(set) var seals: [any Seal] = []
    private(set) var expectations: [Expected] = []

    /// What each write and expectation counts besides its bytes: about what it occupies in memory.
    static let overhead = 64

    /// What the set counts against the bounds of queue and transaction: the bytes of its keys and values, and 64 for
    /// each write and expectation.
    public private(set) var byteCount = 0

    /// Creates a set that does nothing.
    public init() {}

    /// The shortest and the longest key that the set writes; checked when it is queued, so that a key that no engine
    /// takes fails this set and not the group around it.
    private(set) var keyLengths: ClosedRange<Int>?

    /// Whether the set writes nothing.
    public var isEmpty: Bool { operations.isEmpty }

    /// How many writes the set makes: the records that it puts, changes or removes.
    public var operationCount: Int { operations.count }
}

extension WriteSet {
    /// Stores `value` under `key`. A long value is shared with the caller and not copied.
    public mutating func put(_ table: Table, key: RawSpan, value: ArraySlice<UInt8>) {
        operations.append(.put(table: place(of: table), key: internKey(key), value: intern(value)))
    }

    /// Stores a copy of `value` under `key`.
    public mutating func put(_ table: Table, key: RawSpan, value: RawSpan) {
        operations.append(.put(table: place(of: table), key: internKey(key), value: .arena(intern(value))))
    }

    /// Combines `operand` with what is stored under `key` when the set is applied.
    public mutating func merge(_ table: Table, key: RawSpan, operand: ArraySlice<UInt8>, _ rule: MergeRule) {
        operations.append(.merge(table: place(of: table), key: internKey(key), operand: intern(operand), rule))
    }

    /// Combines a copy of `operand` with what is stored under `key` when the set is applied.
    public mutating func merge(_ table: Table, key: RawSpan, operand: RawSpan, _ rule: MergeRule) {
        operations.append(
            .merge(table: place(of: table), key: internKey(key), operand: .arena(intern(operand)), rule))
    }

    /// Removes `key`.
    public mutating func delete(_ table: Table, key: RawSpan) {
        operations.append(.delete(table: place(of: table), key: internKey(key)))
    }

    /// Removes all keys of `range`.
    public mutating func delete(_ table: Table, _ range: KeyRange) {
        byteCount += Self.overhead + (range.lower?.count ?? 0) + (range.upper?.count ?? 0)
        operations.append(.deleteRange(table: place(of: table), range: ranges.count))
        ranges.append(range)
    }

    /// Stores under `key` a value that is made when the set's group is sealed; see ``Seal``.
    public mutating func put(_ table: Table, key: RawSpan, seal: any Seal) {
        byteCount += seal.estimatedByteCount
        operations.append(.seal(table: place(of: table), key: internKey(key), seal: seals.count))
        seals.append(seal)
    }

    /// States what must be stored under `key` before this set is applied.
    public mutating func expect(_ table: Table, key: RawSpan, _ expectation: Expectation) {
        expectations.append(Expected(table: table, key: internKey(key), expectation: expectation))
    }

    /// Makes room for so many more writes, and so many more bytes of keys and short values, so that neither has to be moved as
    /// the set grows.
    public mutating func reserve(operations count: Int, byteCount: Int) {
        operations.reserve(count)
        arena.reserve(byteCount)
    }

    private mutating func internKey(_ key: RawSpan) -> Range<Int> {
        if arena.capacity == 0 {
            // A set has a handful of short records more often than not; growing to that in steps would cost as much as
            // the rest.
            arena.reserveCapacity(256)
            operations.reserveCapacity(4)
            tables.reserveCapacity(4)
            expectations.reserveCapacity(2)
        }
        let length = key.byteCount
        keyLengths = min(length, keyLengths?.lowerBound ?? length)...max(length, keyLengths?.upperBound ?? length)
        byteCount += Self.overhead
        return intern(key)
    }

    /// Where a table is in the list; a set writes to a handful at most.
    private mutating func place(of table: Table) -> Place {
        if let place = tables.firstIndex(where: { $0.ordinal == table.ordinal }) { return place }
        tables.append(table)
        return tables.count - 1
    }

    private mutating func intern(_ bytes: RawSpan) -> Range<Int> {
        let start = arena.count
        unsafe bytes.withUnsafeBytes { unsafe arena.append(contentsOf: $0) }
        byteCount += bytes.byteCount
        return start..<arena.count
    }

    private mutating func intern(_ bytes: ArraySlice<UInt8>) -> Bytes {
        byteCount += bytes.count
        guard bytes.count < Self.sharingThreshold else {
            shared.append(bytes)
            return .shared(shared.count - 1)
        }
        let start = arena.count
        arena.append(contentsOf: bytes)
        return .arena(start..<arena.count)
    }
}

extension Array {
    /// Makes room for so many more elements, and for twice as many as before at least: a set that is composed in many steps would
    /// be moved in each of them otherwise.
    fileprivate mutating func reserve(_ count: Int) {
        guard self.count + count > capacity else { return }
        reserveCapacity(Swift.max(self.count + count, 2 * capacity))
    }
}

// MARK: - Reading a set

extension WriteSet {
    /// Bytes of the arena, borrowed.
    @_lifetime(borrow self)
    func bytes(_ range: Range<Int>) -> RawSpan {
        arena.span.bytes.extracting(range)
    }

    /// Bytes of the arena, copied.
    func copy(_ range: Range<Int>) -> [UInt8] {
        Array(arena[range])
    }

    /// Bytes of the arena for an error message.
    func hexadecimal(_ range: Range<Int>) -> String {
        arena[range].reduce(into: "") { text, byte in
            text += (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
        }
    }
}

/// What a write set expects to find under a key.
public enum Expectation: Sendable, Equatable {
    /// Nothing is stored there.
    case absent
    /// Something is stored there that begins with these bytes.
    case prefix([UInt8])
}

/// How an operand is combined with a stored value; a missing value is an empty one.
public enum MergeRule: Sendable, Equatable {
    /// The operand is appended to the value.
    case concatenate
    /// Each byte of the operand is or-ed into the value's, which grows as needed.
    case bitwiseOr
    /// The bits of the operand are cleared in the value.
    case bitwiseAndNot
}

/// A value that is made once for a whole group of write sets: the signed head of a log.
///
/// When several sets of one group put a seal under the same key, only the last accepted one is made and stored, so a
/// log that was appended to many times in one group is signed once. Until then, later sets of the group compare their
/// expectations with ``prefix``.
///
/// ``makeValue()`` runs on the committing thread inside the transaction, at most once for each time the group is
/// applied. It must be pure but for its own result: no locks that another thread may hold, no waiting, no I/O.
public protocol Seal: AnyObject, Sendable {
    /// The bytes that the made value begins with.
    var prefix: [UInt8] { get }
    /// About how many bytes the made value has; counted against the bounds of queue and transaction.
    var estimatedByteCount: Int { get }
    /// Makes the value.
    func makeValue() throws(StorageError) -> [UInt8]
}
