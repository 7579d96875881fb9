/// One way to do the work of the figures: the floor, or swift-corestore.
///
/// Every call runs in a process of its own, so that the memory of one run is not that of another.
public protocol Contender: Sendable {
    /// Fills a store at `directory` with all blocks of `workload`. Not measured.
    func fill(_ workload: Workload, at directory: String) async throws

    /// Does the work once. Starts `meter` when everything that is not measured is done, and stops it when the work is.
    ///
    /// - Returns: what proves that the work was done, the same for every contender: the tree hash of the blocks that
    ///   were written, or the digest of those that were read.
    func run(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) async throws -> String

    /// Serves the filled store at `directory` over loopback TCP until the process ends; calls `announce` with the port
    /// (and the key where the other side needs one) once it listens.
    func serve(_ workload: Workload, from directory: String, announce: (String) throws -> Void) async throws
}

/// Where a run finds what it works on.
public struct RunPlace: Sendable {
    /// An empty directory of the run's own.
    public let scratch: String
    /// The store that ``Contender/fill(_:at:)`` filled; `nil` where the figure starts from nothing.
    public let source: String?

    /// Names the directories of a run.
    public init(scratch: String, source: String?) {
        self.scratch = scratch
        self.source = source
    }

    /// The filled store of a figure that needs one.
    public var requiredSource: String {
        guard let source else { preconditionFailure("the figure begins with a filled store, and none was given") }
        return source
    }
}

/// Who does the work.
public enum Side: String, CaseIterable, Sendable {
    /// The bare calls that the work cannot do without.
    case floor
    /// swift-corestore.
    case ours
}
