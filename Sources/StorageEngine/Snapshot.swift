/// A consistent view of all tables, which lives as long as the closure that it is handed to.
public struct Snapshot: ~Escapable {
    @usableFromInline let reader: any SnapshotReader

    /// Wraps a backend's view; called by engines.
    @_lifetime(immortal)
    public init(_ reader: any SnapshotReader) {
        self.reader = reader
    }
}

extension Snapshot {
    /// Calls `body` with the value of `key`, borrowed from the engine, or with `nil` where there is none.
    @inlinable
    @inline(__always)
    public borrowing func withValue<Value>(
        _ table: Table, key: RawSpan, _ body: (RawSpan) throws -> Value
    ) throws -> Value? {
        var found: Value?
        var failure: (any Error)?
        try reader.withValue(table, key: key) { value in
            do {
                found = try body(value)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return found
    }

    /// Copies the value of `key`; `nil` where there is none.
    public borrowing func copy(_ table: Table, key: RawSpan) throws -> [UInt8]? {
        try withValue(table, key: key) { value in
            unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }
        }
    }

    /// Whether `key` has a value.
    public borrowing func contains(_ table: Table, key: RawSpan) throws -> Bool {
        try reader.contains(table, key: key)
    }

    /// Visits keys and values in order until `body` says stop.
    ///
    /// - Parameters:
    ///   - table: whose keys.
    ///   - range: where to begin and to end.
    ///   - order: `.ascending` from the lower bound, or `.descending` from the upper one.
    ///   - body: gets a key and its value, both borrowed.
    @inlinable
    public borrowing func scan(
        _ table: Table, _ range: KeyRange, order: ScanOrder = .ascending,
        _ body: (_ key: RawSpan, _ value: RawSpan) throws -> ScanStep
    ) throws {
        var failure: (any Error)?
        try reader.scan(table, range, order: order) { key, value in
            do {
                return try body(key, value)
            } catch {
                failure = error
                return .stop
            }
        }
        if let failure { throw failure }
    }
}

/// Keys from `lower` on and before `upper`; `nil` leaves that end open.
public struct KeyRange: Sendable, Equatable {
    /// The first key that belongs to the range.
    public var lower: [UInt8]?
    /// The first key past the range.
    public var upper: [UInt8]?

    /// Names a range by its ends.
    public init(lower: [UInt8]? = nil, upper: [UInt8]? = nil) {
        self.lower = lower
        self.upper = upper
    }

    /// All keys that begin with `prefix`.
    public init(prefix: [UInt8]) {
        lower = prefix
        // The first key past all of them is the prefix with its last byte below 0xff raised by one.
        var successor = prefix
        while successor.last == 0xff { successor.removeLast() }
        if let last = successor.popLast() {
            successor.append(last + 1)
            upper = successor
        }
    }
}

extension KeyRange {
    /// Whether `key` lies in the range.
    func contains(_ key: [UInt8]) -> Bool {
        if let lower, key.lexicographicallyPrecedes(lower) { return false }
        if let upper { return key.lexicographicallyPrecedes(upper) }
        return true
    }
}

/// The direction of a scan.
public enum ScanOrder: Sendable {
    /// From the lowest key up.
    case ascending
    /// From the highest key down.
    case descending
}

/// Whether a scan goes on.
public enum ScanStep: Sendable {
    /// Go on to the next key.
    case next
    /// Visit no more keys.
    case stop
}

/// A backend's side of ``Snapshot``.
public protocol SnapshotReader {
    /// Calls `body` once with the value of `key`, or not at all where there is none.
    func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError)

    /// Whether `key` has a value. An engine that has to prepare values before they can be read does not do so here.
    func contains(_ table: Table, key: RawSpan) throws(StorageError) -> Bool

    /// Visits the keys of `range` and their values in `order` until `body` says stop.
    func scan(
        _ table: Table, _ range: KeyRange, order: ScanOrder,
        _ body: (_ key: RawSpan, _ value: RawSpan) -> ScanStep
    ) throws(StorageError)
}

extension SnapshotReader {
    /// Whether `key` has a value, by looking for it.
    public func contains(_ table: Table, key: RawSpan) throws(StorageError) -> Bool {
        var isThere = false
        try withValue(table, key: key) { _ in isThere = true }
        return isThere
    }
}
