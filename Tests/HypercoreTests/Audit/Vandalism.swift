import Bitfield
import HypercoreStorage
import Synchronization
import Testing

@testable import Hypercore
@testable import HypercoreStorage
@testable import StorageEngine

// What a disk, or a hand, does to the records of a log.

extension TestStore {
    /// Changes a record behind the log's back; `nil` stands for none.
    func vandalize(
        _ table: Table, _ key: [UInt8], sourceLocation: SourceLocation = #_sourceLocation,
        _ change: ([UInt8]?) -> [UInt8]?
    ) async throws {
        let value = try engine.read { snapshot in try snapshot.copy(table, key: key.span.bytes) }
        var set = WriteSet()
        if let changed = change(value) {
            set.put(table, key, record: changed)
        } else {
            set.removeRecord(table, key)
        }
        try await #require(writer, sourceLocation: sourceLocation).commit(set)
    }

    /// Changes a block.
    func vandalizeBlock(_ index: UInt64, of log: Hypercore, _ change: ([UInt8]?) -> [UInt8]?) async throws {
        let generation = log.core.durableHead.spans.generation(of: index)
        try await vandalize(Schema.blocks, LogKey(log.core.stored.number, generation, index: index).array, change)
    }

    /// Changes the record of the nodes that end at a leaf.
    func vandalizeNodes(_ leaf: UInt64, of log: Hypercore, _ change: ([UInt8]?) -> [UInt8]?) async throws {
        let generation = log.core.durableHead.spans.generation(of: leaf)
        try await vandalize(Schema.tree, LogKey(log.core.stored.number, generation, index: leaf).array, change)
    }

    /// The records of one table.
    func records(of table: String) throws -> Set<StoredRecord> {
        Set(try allRecords().filter { $0.table == table })
    }
}

/// Ways to damage a record.
enum Vandalism: CaseIterable {
    case removed, emptied, flipped, cut, lengthened

    func callAsFunction(_ value: [UInt8]?) -> [UInt8]? {
        guard var value, !value.isEmpty || self == .removed || self == .lengthened else { return value }
        switch self {
        case .removed: return nil
        case .emptied: return []
        case .flipped:
            // In the middle of a node's hash, or of a block.
            value[value.count / 2] ^= 0x10
            return value
        case .cut: return value.dropLast()
        case .lengthened: return value + [0xfe]
        }
    }
}

/// What an audit told.
final class AuditLog: Sendable {
    private let told = Mutex<[AuditEvent]>([])

    var events: [AuditEvent] { told.withLock { $0 } }
    var damage: [AuditDamage] { events.compactMap { if case .damage(let damage) = $0 { damage } else { nil } } }

    func note(_ event: AuditEvent) { told.withLock { $0.append(event) } }
}

extension Hypercore {
    /// Audits the log, and returns what it told as well.
    func audited(repairing: Bool = false) async throws -> (report: AuditReport, damage: [AuditDamage]) {
        let told = AuditLog()
        let report = try await audit(repairing: repairing) { told.note($0) }
        return (report, told.damage)
    }
}
