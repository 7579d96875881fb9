/// Gets blocks one after the other through a session, from what a stream shows of the log.
struct BlockCursor {
    let log: Hypercore
    /// What the stream shows; the log as it goes where it is `nil`.
    let view: SnapshotView?
    private let bounds: Range<UInt64>
    private let options: GetOptions
    private var readAhead: ReadAhead

    /// - Parameters:
    ///   - bounds: which blocks will be asked for.
    ///   - readAhead: how many blocks peers may be asked for ahead.
    init(
        log: Hypercore, view: SnapshotView?, bounds: Range<UInt64>, isDescending: Bool = false, readAhead: Int,
        options: GetOptions
    ) {
        self.log = log
        self.view = view
        self.bounds = bounds
        self.options = options
        self.readAhead = ReadAhead(blockCount: options.waits ? readAhead : 0, isDescending: isDescending)
    }

    mutating func block(_ index: UInt64) async throws -> [UInt8] {
        // Where everything is here nothing waits, and so nothing else would notice.
        try Task.checkCancellation()
        try log.requireOpen()
        readAhead.come(to: index, of: log, on: view, within: bounds)
        return try await log.block(index, on: view, options)
    }
}

extension Hypercore {
    /// Asks peers for the end of the log before a stream of all of it begins. Whoever appends knows it.
    func learnEnd(_ options: GetOptions) async throws {
        try requireOpen()
        guard view == nil, branch == nil, options.waits, !isWritable else { return }
        try await core.within(options.timeout, "no peer told the log's length") { [self] in
            _ = try await core.update(UpdateOptions(), in: waits)
        }
    }
}
