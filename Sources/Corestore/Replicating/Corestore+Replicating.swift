public import Crypto
public import Hypercore
public import SecretStream

extension Corestore {
    /// Replicates over `stream`: all logs that are wanted now or later, and the stored ones that the other side asks for.
    ///
    /// Keys are never exchanged; the other side gets the logs whose keys it knows. The whole store is replicated, through
    /// whichever of its sessions this is called. Beside the logs the stream may carry channels of an application's own
    /// (`ReplicationStream`). Handing over the same stream again changes nothing; that of a closed store is closed.
    public func replicate(on stream: ReplicationStream) {
        guard isOpen else { return stream.close() }
        root.registry.replicate(on: stream)
    }

    /// Makes a stream that replicates the store, to be carried by a transport of yours; see ``replicate(on:)``.
    ///
    /// ```swift
    /// let stream = try store.replicate(as: .initiator)
    /// stream.start(on: transport)
    /// ```
    ///
    /// - Parameters:
    ///   - role: who speaks first, and what it knows. Of the two sides one is the initiator.
    ///   - keyPair: what this side is known by to the other; a fresh one is as good where nobody checks.
    ///   - configuration: times and bounds.
    /// - Throws: ``CorestoreError``: `.closed`.
    public func replicate(
        as role: StreamRole, keyPair: KeyPair = KeyPair(),
        configuration: ReplicationStream.Configuration = ReplicationStream.Configuration()
    ) throws(CorestoreError) -> ReplicationStream {
        try requireOpen()
        let stream = ReplicationStream(role: role, keyPair: keyPair, configuration: configuration)
        replicate(on: stream)
        return stream
    }
}
