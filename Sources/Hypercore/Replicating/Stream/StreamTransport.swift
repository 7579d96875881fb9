/// What carries a ``ReplicationStream``: a socket, a pipe, a simulated link. The only I/O that replication knows.
///
/// A transport calls ``ReplicationStream/receive(_:)`` with what arrives, one call at a time, and
/// ``ReplicationStream/transportClosed(_:)`` once when nothing more will; the stream calls the methods here, from any
/// thread. None of them may block, and none may call back into the stream before it has returned.
public protocol StreamTransport: Sendable {
    /// Sends bytes, after all that were sent before.
    func write(_ bytes: [UInt8])

    /// Whether what was written so far has mostly left. While it is false, no blocks are uploaded; the transport calls
    /// ``ReplicationStream/transportDrained()`` when it turns true again.
    var isWritable: Bool { get }

    /// The stream's ``ReplicationStream/nextDeadline`` has moved: schedule ``ReplicationStream/tick()`` anew.
    func deadlineChanged()

    /// Closes the connection after what was written has left. Called once.
    func close()
}
