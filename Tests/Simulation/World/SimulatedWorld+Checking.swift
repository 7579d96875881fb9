import Corestore
import Hypercore
import Replication

extension SimulatedWorld {
    /// What must hold at every moment: nothing is anywhere but what the writer has signed, in its place and in its fork; and
    /// nobody keeps more for a peer than the limits say.
    func check() throws {
        for node in nodes {
            for (log, session) in node.logs.enumerated() {
                guard let session, isReadable(session) else { continue }
                let (fork, length) = (Int(session.fork), Int(session.length))
                guard try truths[log].contains(fork: fork, length: length, { try session.read(UInt64($0)) }) else {
                    throw violation(
                        "\(truths[log].name) at \(node.name) is none that was written: fork \(fork), length \(length)")
                }
                for peer in session.peers {
                    guard let status = peer.status else { continue }
                    let limits = node.options.replicationLimits
                    guard status.requestCount <= limits.requestsToPeer,
                        status.waitingRequestCount <= limits.requestsFromPeer
                    else { throw violation("\(node.name) keeps too much for \(peer): \(status)") }
                }
            }
        }
    }

    /// Whether the session is open, and its log not ended by a conflict.
    private func isReadable(_ session: Hypercore) -> Bool {
        do {
            return try session.conflict() == nil
        } catch {
            return false
        }
    }

    /// What must hold once the faults have ended and some time has passed: every copy is whole, and nobody waits.
    func checkWhole() throws {
        for node in nodes.indices {
            for log in truths.indices where !truths[log].isForked {
                guard let copy = nodes[node].logs[log], let original = nodes[writer(of: log)].logs[log] else {
                    continue
                }
                guard copy.fork == original.fork, copy.length == original.length,
                    try copy.treeHash() == original.treeHash()
                else {
                    throw violation(
                        "\(truths[log].name) at \(nodes[node].name) is not that of its writer: \(copy.length) blocks in fork \(copy.fork), there \(original.length) in \(original.fork)"
                    )
                }
                guard nodes[node].following[log] == nil || copy.contiguousLength == copy.length else {
                    throw violation(
                        "\(truths[log].name) at \(nodes[node].name) has only \(copy.contiguousLength) of \(copy.length) blocks"
                    )
                }
            }
        }
    }
}
