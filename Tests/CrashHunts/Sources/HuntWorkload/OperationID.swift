/// What names one operation of a hunt for good: which session of the writer, which of its tasks, the how manieth.
public struct OperationID: Hashable, Sendable {
    /// All three in one number: 16, 16 and 32 bits.
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    public init(session: Int, task: Int, number: Int) {
        precondition((0...0xffff).contains(session) && (0...0xffff).contains(task), "session \(session), task \(task)")
        rawValue = UInt64(session) << 48 | UInt64(task) << 32 | UInt64(UInt32(number))
    }

    /// Which session of the writer.
    public var session: Int { Int(rawValue >> 48) }
    /// Session and task: what did one thing after another.
    public var sequence: UInt64 { rawValue >> 32 }
    /// The how manieth of its task.
    public var number: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }
}

extension OperationID: CustomStringConvertible {
    public var description: String { "\(session).\(sequence & 0xffff).\(number)" }
}
