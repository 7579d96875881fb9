#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where a writer tells what was acknowledged.
public struct Journal: Sendable {
    private let take: @Sendable (JournalEntry) -> Void

    /// Hands each entry to `take`, on the thread that tells it.
    public init(_ take: @escaping @Sendable (JournalEntry) -> Void) {
        self.take = take
    }

    /// Writes each entry as a line.
    ///
    /// Each line is one `write`, so that what was told before the process was killed has left it, and so that a shim that
    /// records the writer's file calls can put it in order with them.
    ///
    /// - Parameter descriptor: a pipe or a file; a line is shorter than what a pipe takes as one.
    public init(descriptor: Int32) {
        self.init { entry in
            let line = Array((entry.line + "\n").utf8)
            let count = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            precondition(count == line.count, "the journal took \(count) of \(line.count) bytes")
        }
    }

    /// Tells one entry.
    public func tell(_ entry: JournalEntry) { take(entry) }
}
