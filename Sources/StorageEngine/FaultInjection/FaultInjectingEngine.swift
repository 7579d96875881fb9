import Synchronization

/// An engine that fails on demand, around one that works: for testing what is built on engines.
///
/// ```swift
/// let engine = FaultInjectingEngine(MemoryEngine(tables: schema))
/// engine.inject(.init(.commit, ordinal: 2, .afterTakingEffect))
/// ```
public final class FaultInjectingEngine: StorageEngine {
    private let engine: any StorageEngine
    private let plan = Mutex(FaultPlan())
    private let doubt = Mutex<HistoryDoubt?>(nil)

    /// Wraps `engine`; without faults, everything goes through to it.
    public init(_ engine: any StorageEngine) {
        self.engine = engine
    }

    /// The wrapped engine's longest key, in bytes.
    public var maximumKeyLength: Int { engine.maximumKeyLength }
    /// The wrapped engine's bound on transactions, in bytes.
    public var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    /// Makes an operation fail. Faults add up.
    public func inject(_ fault: Fault) { plan.withLock { $0.arm(fault) } }

    /// Takes back all faults.
    public func heal() { plan.withLock { $0.disarm() } }

    /// Makes the engine doubt what it holds, until the doubt is settled.
    public func raise(_ doubt: HistoryDoubt) { self.doubt.withLock { $0 = doubt } }

    /// How many of `operation` there have been, those that failed included.
    public func count(of operation: Operation) -> Int { plan.withLock { $0.count(of: operation) } }
}

extension FaultInjectingEngine {
    /// Reads from the wrapped engine.
    public func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        let faults = [strike(.read)]
        try faults.throwAny(.beforeTakingEffect)
        try engine.withSnapshot(body)
        try faults.throwAny(.afterTakingEffect)
    }

    /// Writes to the wrapped engine; a commit that fails before it takes effect is undone after `body` has run.
    public func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        let faults = [strike(.commit), durability == .full ? strike(.sync) : nil]
        try engine.write(durability: durability) { transaction throws(StorageError) in
            try body(WriteTransaction(FaultInjectingWriter(transaction.writer, self)))
            try faults.throwAny(.beforeTakingEffect)
        }
        try faults.throwAny(.afterTakingEffect)
    }

    /// Syncs the wrapped engine.
    public func sync() throws(StorageError) {
        let faults = [strike(.sync)]
        try faults.throwAny(.beforeTakingEffect)
        try engine.sync()
        try faults.throwAny(.afterTakingEffect)
    }

    /// Closes the wrapped engine.
    public func close() throws(StorageError) { try engine.close() }

    fileprivate func strike(_ operation: Operation) -> Fault? { plan.withLock { $0.strike(operation) } }
}

extension FaultInjectingEngine: DoubtingEngine {
    /// The doubt that was raised, or that of the wrapped engine.
    public var historyDoubt: HistoryDoubt? {
        doubt.withLock { $0 } ?? (engine as? any DoubtingEngine)?.historyDoubt
    }

    /// Settles the doubt; fails as a ``Operation/sync`` does.
    public func settleHistoryDoubt() throws(StorageError) {
        let faults = [strike(.sync)]
        try faults.throwAny(.beforeTakingEffect)
        doubt.withLock { $0 = nil }
        try (engine as? any DoubtingEngine)?.settleHistoryDoubt()
        try faults.throwAny(.afterTakingEffect)
    }
}

extension [FaultInjectingEngine.Fault?] {
    fileprivate func throwAny(_ moment: FaultInjectingEngine.Moment) throws(StorageError) {
        for case let fault? in self where fault.moment == moment { throw fault.error }
    }
}

/// The open transaction of a ``FaultInjectingEngine``.
private final class FaultInjectingWriter: TransactionWriter {
    private let writer: any TransactionWriter
    private let engine: FaultInjectingEngine

    init(_ writer: any TransactionWriter, _ engine: FaultInjectingEngine) {
        self.writer = writer
        self.engine = engine
    }

    func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
        try writer.withValue(table, key: key, body)
    }

    func scan(
        _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
    ) throws(StorageError) {
        try writer.scan(table, range, order: order, body)
    }

    func put(_ table: Table, key: RawSpan, value: RawSpan) throws(StorageError) {
        let faults = [engine.strike(.write)]
        try faults.throwAny(.beforeTakingEffect)
        try writer.put(table, key: key, value: value)
        try faults.throwAny(.afterTakingEffect)
    }

    func delete(_ table: Table, key: RawSpan) throws(StorageError) {
        let faults = [engine.strike(.write)]
        try faults.throwAny(.beforeTakingEffect)
        try writer.delete(table, key: key)
        try faults.throwAny(.afterTakingEffect)
    }

    func delete(_ table: Table, _ range: KeyRange) throws(StorageError) {
        let faults = [engine.strike(.write)]
        try faults.throwAny(.beforeTakingEffect)
        try writer.delete(table, range)
        try faults.throwAny(.afterTakingEffect)
    }
}
