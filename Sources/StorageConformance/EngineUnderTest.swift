import StorageEngine
import Synchronization

/// An engine and what the checks do with it, in few words: keys and values are strings.
final class EngineUnderTest: Sendable {
    static let first = Table(ordinal: 0, name: "first", isWorthCompressing: true)
    static let second = Table(ordinal: 1, name: "second")

    private let open: @Sendable ([Table]) throws -> any StorageEngine
    private let current: Mutex<any StorageEngine>

    init(_ open: @escaping @Sendable ([Table]) throws -> any StorageEngine) throws {
        self.open = open
        current = Mutex(try open([Self.first, Self.second]))
    }

    var engine: any StorageEngine { current.withLock { $0 } }

    func close() throws { try engine.close() }

    /// Closes the engine and opens it again.
    func reopen() throws {
        try close()
        let reopened = try open([Self.first, Self.second])
        current.withLock { $0 = reopened }
    }
}

// MARK: - Writing

extension EngineUnderTest {
    func put(_ records: [String: String], in table: Table = first) throws {
        try engine.write(durability: .relaxed) { transaction throws(StorageError) in
            for (key, value) in records { try transaction.put(key, value, in: table) }
        }
    }

    func write(
        _ durability: Durability = .relaxed, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        try engine.write(durability: durability, body)
    }
}

extension WriteTransaction {
    borrowing func put(_ key: String, _ value: String, in table: Table = EngineUnderTest.first) throws(StorageError) {
        let (key, value) = (Array(key.utf8), Array(value.utf8))
        try put(table, key: key.span.bytes, value: value.span.bytes)
    }

    borrowing func delete(_ key: String, in table: Table = EngineUnderTest.first) throws(StorageError) {
        let key = Array(key.utf8)
        try delete(table, key: key.span.bytes)
    }

    borrowing func get(_ key: String, in table: Table = EngineUnderTest.first) throws(StorageError) -> String? {
        let key = Array(key.utf8)
        var value: String?
        try withValue(table, key: key.span.bytes) { value = String($0) }
        return value
    }
}

// MARK: - Reading

extension EngineUnderTest {
    func get(_ key: String, in table: Table = first) throws -> String? {
        try engine.read { snapshot in try snapshot.get(key, in: table) }
    }

    func keys(
        _ range: KeyRange = KeyRange(), _ order: ScanOrder = .ascending, in table: Table = first
    ) throws -> [String] {
        try engine.read { snapshot in try snapshot.keys(range, order, in: table) }
    }
}

extension Snapshot {
    borrowing func get(_ key: String, in table: Table = EngineUnderTest.first) throws -> String? {
        let key = Array(key.utf8)
        return try withValue(table, key: key.span.bytes) { String($0) }
    }

    borrowing func keys(
        _ range: KeyRange = KeyRange(), _ order: ScanOrder = .ascending, in table: Table = EngineUnderTest.first
    ) throws -> [String] {
        var keys: [String] = []
        try scan(table, range, order: order) { key, _ in
            keys.append(String(key))
            return .next
        }
        return keys
    }
}

extension KeyRange {
    init(_ lower: String?, _ upper: String?) {
        self.init(lower: lower.map { Array($0.utf8) }, upper: upper.map { Array($0.utf8) })
    }
}

extension String {
    init(_ bytes: RawSpan) {
        self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

// MARK: - Expecting

func expect<Value: Equatable>(_ actual: Value, _ expected: Value, _ what: @autoclosure () -> String) throws {
    guard actual != expected else { return }
    throw ConformanceFailure("\(what()): expected \(expected), got \(actual)")
}

func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard !condition else { return }
    throw ConformanceFailure(what())
}

/// Expects `body` to throw a ``StorageError`` with this code.
func expect(_ code: StorageError.Code, _ what: @autoclosure () -> String, from body: () async throws -> Void)
    async throws
{
    do {
        try await body()
    } catch let error as StorageError where error.code == code {
        return
    } catch {
        throw ConformanceFailure("\(what()): expected .\(code), got \(error)")
    }
    throw ConformanceFailure("\(what()): expected .\(code), and nothing was thrown")
}
