extension FaultInjectingEngine {
    /// What an engine does that can fail.
    public enum Operation: String, Sendable, CaseIterable {
        /// A snapshot.
        case read
        /// One put, delete or range delete of a transaction.
        case write
        /// The commit of a transaction.
        case commit
        /// Bringing something to the disk: `sync()`, and the end of a `.full` transaction.
        case sync
    }

    /// Whether an operation that fails has done its work.
    public enum Moment: String, Sendable, CaseIterable {
        /// It fails and has changed nothing.
        case beforeTakingEffect
        /// It has done its work and fails all the same, as where the machine stops before it can answer.
        case afterTakingEffect
    }

    /// A failure to come.
    public struct Fault: Sendable {
        /// What fails.
        public let operation: Operation
        /// Which one fails, counted from when the fault was injected: 1 is the next.
        public let ordinal: Int
        /// Whether it has done its work.
        public let moment: Moment
        /// Whether all later ones fail too, as on a disk that has died.
        public let isLasting: Bool
        /// What is thrown.
        public let error: StorageError

        /// Describes a failure.
        public init(
            _ operation: Operation, ordinal: Int = 1, _ moment: Moment = .beforeTakingEffect, isLasting: Bool = false,
            error: StorageError = StorageError(.inputOutput, "injected fault")
        ) {
            precondition(ordinal >= 1, "the \(ordinal)th \(operation) from now on cannot fail")
            self.operation = operation
            self.ordinal = ordinal
            self.moment = moment
            self.isLasting = isLasting
            self.error = error
        }
    }
}

/// The faults that wait, and how often each operation has happened.
struct FaultPlan {
    private var armed: [(fault: FaultInjectingEngine.Fault, due: Int)] = []
    private var counts: [FaultInjectingEngine.Operation: Int] = [:]

    func count(of operation: FaultInjectingEngine.Operation) -> Int { counts[operation, default: 0] }

    mutating func arm(_ fault: FaultInjectingEngine.Fault) {
        armed.append((fault, due: count(of: fault.operation) + fault.ordinal))
    }

    mutating func disarm() { armed = [] }

    /// Counts an operation, and returns the fault that strikes it.
    mutating func strike(_ operation: FaultInjectingEngine.Operation) -> FaultInjectingEngine.Fault? {
        let count = counts[operation, default: 0] + 1
        counts[operation] = count
        return armed.first { fault, due in
            fault.operation == operation && (fault.isLasting ? count >= due : count == due)
        }?.fault
    }
}
