public import Hypercore

/// A watch on the logs that a store opens; see ``Corestore/watch(_:)``.
public final class StoreWatch: Sendable {
    private let stop: @Sendable () -> Void

    init(stop: @escaping @Sendable () -> Void) {
        self.stop = stop
    }

    /// Ends the watch: no call begins after this. Ending again does nothing.
    public func end() { stop() }
}

extension Corestore {
    /// Calls `body` with a weak session on every log that is opened from now on in the whole store, through this session or
    /// another, or because a peer asked for it.
    ///
    /// The session does not keep its log open and does not make it wanted: it is closed when nobody else has the log open,
    /// and its `events` end with it.
    ///
    /// ```swift
    /// let watch = try store.watch { log in
    ///     Task { for await event in log.events { print(log.key, event) } }
    /// }
    /// defer { watch.end() }
    /// ```
    ///
    /// - Parameter body: called on the thread that opens the log, before whoever opens it has it, outside all locks. Keep
    ///   it short.
    /// - Returns: what ends the watch. It goes on if that is dropped, until this session is closed.
    /// - Throws: ``CorestoreError``: `.closed`.
    @discardableResult
    public func watch(_ body: @escaping @Sendable (Hypercore) -> Void) throws(CorestoreError) -> StoreWatch {
        try requireOpen()
        let registry = root.registry
        let id = registry.onOpening(body)
        guard let ending = endings.add({ registry.endOpeningWatch(id) }) else {
            registry.endOpeningWatch(id)
            throw .sessionClosed
        }
        return StoreWatch { [endings] in
            registry.endOpeningWatch(id)
            endings.remove(ending)
        }
    }
}

// MARK: - Finding peers

extension Corestore {
    /// Says that peers are being looked for, or connected to: until that ends, `Hypercore.update()` of all logs of the store
    /// waits for somebody to come who has a longer one, in place of saying at once that nobody has.
    ///
    /// ```swift
    /// let search = try store.findingPeers()
    /// try await connectToEverybody()
    /// search.end()
    /// ```
    ///
    /// It ends when what is returned is ended or dropped, and when this session is closed.
    ///
    /// - Throws: ``CorestoreError``: `.closed`.
    public func findingPeers() throws(CorestoreError) -> FindingPeers {
        try requireOpen()
        let search = root.registry.findingPeers()
        endings.add(search)
        return search
    }
}
