import Protomux
import Replication
import Synchronization

extension Core {
    /// Registers an extension; `nil` where the core or the session has ended.
    func register(
        _ name: String, of tie: SessionTie, _ inbox: Inbox<CoreExtension.Message>
    ) -> ExtensionTable.ID? {
        state.withLock { state in
            // A session that ends takes away what it registered, under this lock and after it is marked as over.
            guard !state.isClosed, !tie.isCut else { return nil }
            return state.extensions.add(name, of: ObjectIdentifier(tie), inbox)
        }
    }

    func unregister(_ id: ExtensionTable.ID) {
        for wake in state.withLock({ $0.extensions.remove(id) }) { wake() }
    }

    func unregisterExtensions(of tie: SessionTie) {
        for wake in state.withLock({ $0.extensions.removeAll(of: ObjectIdentifier(tie)) }) { wake() }
    }

    /// Queues a message for one peer.
    func send(
        _ payload: [UInt8], named name: String, by id: ExtensionTable.ID, to channel: PeerChannel
    ) throws(HypercoreError) {
        try state.withLock { (state) throws(HypercoreError) in
            try requireRegistered(id, state)
            guard state.peers[channel.peer] === channel else {
                throw HypercoreError(.notAvailable, key: key, "the peer does not replicate the log any more")
            }
            try queue(payload, named: name, on: channel, &state)
        }
    }

    /// Queues a message for all peers whose streams are not too far behind.
    ///
    /// - Returns: the streams that have something to send.
    func broadcast(
        _ payload: [UInt8], named name: String, by id: ExtensionTable.ID
    ) throws(HypercoreError) -> [ReplicationStream] {
        try state.withLock { (state) throws(HypercoreError) in
            try requireRegistered(id, state)
            var streams: [ReplicationStream] = []
            for channel in state.peers.values where !channel.stream.isBacklogged {
                try queue(payload, named: name, on: channel, &state)
                streams.append(channel.stream)
            }
            return streams
        }
    }

    private func requireRegistered(_ id: ExtensionTable.ID, _ state: borrowing CoreState) throws(HypercoreError) {
        guard state.extensions.contains(id) else {
            throw HypercoreError(.closed, key: key, "the extension is closed")
        }
    }

    private func queue(
        _ payload: [UInt8], named name: String, on channel: PeerChannel, _ state: inout CoreState
    ) throws(HypercoreError) {
        do throws(ProtomuxError) {
            try channel.stream.enqueue(ExtensionMessage(name: name, payload: payload[...]), on: channel)
            state.machine?.replicator.extensionSent(to: channel.peer)
        } catch {
            throw HypercoreError(.tooLarge, key: key, "the message cannot be sent: \(error)")
        }
    }
}
