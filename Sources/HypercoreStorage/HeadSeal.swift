import MerkleTree
public import StorageEngine
import Synchronization

/// A head that gets its signature when its group is committed, so that a core which was appended to many times in one
/// group is signed once.
public final class HeadSeal: Seal {
    private let head: HeadRecord
    private let sign: @Sendable (HeadRecord) throws -> [UInt8]
    private let sealed = Mutex<HeadRecord?>(nil)

    public let prefix: [UInt8]

    /// Prepares to seal `head`.
    ///
    /// - Parameters:
    ///   - head: the head without its signature.
    ///   - sign: makes the signature, from keys in memory: it runs on the committing thread and must not wait.
    public init(_ head: HeadRecord, sign: @escaping @Sendable (HeadRecord) throws -> [UInt8]) {
        self.head = head
        self.sign = sign
        prefix = head.content
    }

    public var estimatedByteCount: Int { 192 + 40 * head.tree.roots.count }

    /// The head with its signature; `nil` unless it was this one of its group that was made.
    public var result: HeadRecord? { sealed.withLock { $0 } }

    /// Signs the head, once: where the group is applied again, because the file had to grow or another log of the group
    /// could not be signed, the signature is the same.
    public func makeValue() throws(StorageError) -> [UInt8] {
        if let made = result { return made.encoded() }
        var signed = head
        do {
            signed.signature = try sign(head)
        } catch {
            throw StorageError(.invalidArgument, "the head at length \(head.length) was not signed: \(error)")
        }
        let made = signed
        sealed.withLock { $0 = made }
        return made.encoded()
    }
}
