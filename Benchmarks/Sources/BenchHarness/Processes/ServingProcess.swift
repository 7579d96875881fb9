/// The other process of a figure that replicates: it serves the filled store of a contender.
public struct ServingProcess {
    private let child: ChildProcess
    /// What the server announced: its port, and what else its side needs.
    public let announcement: String

    /// Starts the server of `side` and waits until it listens.
    public init(_ side: Side, _ workload: Workload, from directory: String) throws {
        child = try ChildProcess(arguments: [
            "serve", "--figure", workload.figure.rawValue, "--size", workload.size.rawValue, "--side", side.rawValue,
            "--source", directory,
        ])
        guard let line = child.readLine() else {
            try child.finish()
            throw Failure.noAnnouncement
        }
        announcement = line
    }

    /// Ends the server.
    public func finish() throws {
        try child.finish()
    }

    /// What goes wrong with a server, beside what it says itself.
    public enum Failure: Error, CustomStringConvertible {
        /// It ended, or said something else, before it told where it listens.
        case noAnnouncement

        public var description: String { "the serving process did not tell where it listens" }
    }
}
