/// Applies a group of write sets to one transaction: each whole, or refused alone.
///
/// ``apply(to:)`` may be called several times, because the engine runs a transaction again where the file had to grow
/// and the group is applied again without the sets whose seal could not be made. Each call begins from nothing.
struct GroupApplication {
    /// Why sets are left out of the transaction, by their place in the group.
    private(set) var refusals: [Int: StorageError] = [:]
    private(set) var recordsPut: UInt64 = 0
    private(set) var bytesPut: UInt64 = 0

    private let group: [GroupQueue.Entry]
    /// Sets that are left out of every further attempt, because a seal of theirs could not be made.
    private var unsealable: [Int: StorageError] = [:]
    private var seals = PendingSeals()

    init(_ group: [GroupQueue.Entry]) {
        self.group = group
    }

    /// How many sets are left out of further attempts. Where it has grown, an attempt failed because of a seal, and the
    /// next one goes on without the sets at fault.
    var unsealableCount: Int { unsealable.count }

    /// Applies every set whose expectations hold, in order, and makes the seals at the end.
    mutating func apply(to transaction: borrowing WriteTransaction) throws(StorageError) {
        refusals = unsealable
        recordsPut = 0
        bytesPut = 0
        seals = PendingSeals()
        for index in group.indices where refusals[index] == nil {
            guard case .set(let set) = group[index].work else { continue }
            if let conflict = try conflict(of: set, in: transaction) {
                refusals[index] = conflict
            } else {
                try apply(set, index: index, to: transaction)
            }
        }
        try makeSeals(in: transaction)
    }
}

// MARK: - Expectations

extension GroupApplication {
    private mutating func conflict(
        of set: WriteSet, in transaction: borrowing WriteTransaction
    ) throws(StorageError) -> StorageError? {
        for expected in set.expectations where try !holds(expected, of: set, in: transaction) {
            return StorageError(
                .conflict,
                "another write came first: in table \(expected.table.name), key \(set.hexadecimal(expected.key)), "
                    + "\(expected.expectation) no longer holds; nothing of this write was applied")
        }
        return nil
    }

    private mutating func holds(
        _ expected: WriteSet.Expected, of set: WriteSet, in transaction: borrowing WriteTransaction
    ) throws(StorageError) -> Bool {
        if !seals.isEmpty {
            let key = PendingSeals.Key(table: expected.table, bytes: set.copy(expected.key))
            if let pending = seals[key] {
                switch expected.expectation {
                case .absent: return false
                case .prefix(let bytes) where bytes.count <= pending.seal.prefix.count:
                    return pending.seal.prefix.starts(with: bytes)
                // The seal tells fewer bytes in advance than are asked for, so it has to be made now.
                case .prefix: try settle(key, in: transaction)
                }
            }
        }
        var holds = expected.expectation == .absent
        try transaction.withValue(expected.table, key: set.bytes(expected.key)) { value in
            guard case .prefix(let bytes) = expected.expectation else { return holds = false }
            holds = value.starts(with: bytes.span.bytes)
        }
        return holds
    }
}

// MARK: - Operations

extension GroupApplication {
    private mutating func apply(
        _ set: WriteSet, index: Int, to transaction: borrowing WriteTransaction
    ) throws(StorageError) {
        for operation in set.operations {
            switch operation {
            case .put(let table, let key, let value):
                forgetSeal(set.tables[table], set, key)
                try put(set.tables[table], set.bytes(key), set, value, in: transaction)
            case .merge(let table, let key, let operand, let rule):
                try merge(set.tables[table], set, key, operand, rule, in: transaction)
            case .delete(let table, let key):
                forgetSeal(set.tables[table], set, key)
                try transaction.delete(set.tables[table], key: set.bytes(key))
            case .deleteRange(let table, let range):
                if !seals.isEmpty { seals.remove(set.tables[table], set.ranges[range]) }
                try transaction.delete(set.tables[table], set.ranges[range])
            case .seal(let table, let key, let seal):
                let key = PendingSeals.Key(table: set.tables[table], bytes: set.copy(key))
                seals.replace(key, with: set.seals[seal], of: index)
            }
        }
    }

    private mutating func put(
        _ table: Table, _ key: RawSpan, _ set: WriteSet, _ value: WriteSet.Bytes,
        in transaction: borrowing WriteTransaction
    ) throws(StorageError) {
        switch value {
        case .arena(let range): try put(table, key, set.bytes(range), in: transaction)
        case .shared(let place):
            let value = set.shared[place]
            try put(table, key, value.span.bytes, in: transaction)
        }
    }

    private mutating func put(
        _ table: Table, _ key: RawSpan, _ value: RawSpan, in transaction: borrowing WriteTransaction
    ) throws(StorageError) {
        try transaction.put(table, key: key, value: value)
        recordsPut += 1
        bytesPut += UInt64(key.byteCount + value.byteCount)
    }

    private mutating func merge(
        _ table: Table, _ set: WriteSet, _ key: Range<Int>, _ operand: WriteSet.Bytes, _ rule: MergeRule,
        in transaction: borrowing WriteTransaction
    ) throws(StorageError) {
        if !seals.isEmpty { try settle(PendingSeals.Key(table: table, bytes: set.copy(key)), in: transaction) }
        var value: [UInt8] = []
        try transaction.withValue(table, key: set.bytes(key)) { stored in
            value = stored.withUnsafeBytes { [UInt8]($0) }
        }
        // Combined with nothing, the operand of these rules is itself.
        if value.isEmpty, rule != .bitwiseAndNot {
            return try put(table, set.bytes(key), set, operand, in: transaction)
        }
        switch operand {
        case .arena(let range): rule.combine(&value, with: set.bytes(range))
        case .shared(let place):
            let operand = set.shared[place]
            rule.combine(&value, with: operand.span.bytes)
        }
        try put(table, set.bytes(key), value.span.bytes, in: transaction)
    }
}

// MARK: - Seals

extension GroupApplication {
    /// Forgets the seal under a key that a later write of the group replaces.
    private mutating func forgetSeal(_ table: Table, _ set: WriteSet, _ key: Range<Int>) {
        guard !seals.isEmpty else { return }
        seals.remove(PendingSeals.Key(table: table, bytes: set.copy(key)))
    }

    /// Makes the seal under `key` now, where there is one.
    private mutating func settle(
        _ key: PendingSeals.Key, in transaction: borrowing WriteTransaction
    ) throws(StorageError) {
        guard let pending = seals[key] else { return }
        switch makeValue(of: pending) {
        case .success(let value): try put(key.table, key.bytes.span.bytes, value.span.bytes, in: transaction)
        case .failure(let error): throw error
        }
        seals.remove(key)
    }

    /// Makes every seal; where some cannot be made, finds all of those before it gives up, so that one more attempt is
    /// enough.
    private mutating func makeSeals(in transaction: borrowing WriteTransaction) throws(StorageError) {
        var firstFailure: StorageError?
        for pending in seals.inOrder {
            let key = pending.key
            switch makeValue(of: pending) {
            case .success(let value): try put(key.table, key.bytes.span.bytes, value.span.bytes, in: transaction)
            case .failure(let error): firstFailure = firstFailure ?? error
            }
        }
        if let firstFailure { throw firstFailure }
    }

    private mutating func makeValue(of pending: PendingSeals.Pending) -> Result<[UInt8], StorageError> {
        do throws(StorageError) {
            return .success(try pending.seal.makeValue())
        } catch {
            for set in pending.sets { unsealable[set] = error }
            return .failure(error)
        }
    }
}
