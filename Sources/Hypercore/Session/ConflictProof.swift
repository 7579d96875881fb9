public import Crypto
import HypercoreStorage

/// The proof that there are two signed histories of a log, which is frozen by it: whoever signs the log has broken the
/// promise that there is only one.
///
/// It convinces anybody who knows the log's key, without a connection:
///
/// ```swift
/// let ours = try RemoteProof(verifying: conflict.ours, of: log.key)
/// let theirs = try RemoteProof(verifying: conflict.theirs, of: log.key)
/// ```
///
/// Neither of the two is the right one by itself. The peer that sent the other history need not be at fault.
public struct ConflictProof: Hashable, Sendable {
    /// The fork of both histories.
    public let fork: UInt64
    /// A length that both have, and at which their trees differ.
    public let length: UInt64
    /// The proof of the history that is stored here (PROTOCOL §10).
    public let ours: [UInt8]
    /// The proof of the other one.
    public let theirs: [UInt8]
    /// The key of the peer that sent it.
    public let remotePublicKey: PublicKey

    init(_ record: ConflictRecord) {
        fork = record.fork
        length = record.length
        ours = record.ours
        theirs = record.theirs
        remotePublicKey = record.remotePublicKey
    }
}

extension Hypercore {
    /// The proof that there are two signed histories of the log; `nil` where none is known.
    ///
    /// Such a log is frozen for good: what is stored can be read, and nothing is appended, downloaded or served. When the
    /// conflict is found, the sessions that are open end with ``HypercoreError/Code/frozen``; the log can be opened again
    /// to see what there is, or be purged.
    ///
    /// - Throws: `.closed`, `.damaged`, `.storage`.
    public func conflict() throws -> ConflictProof? {
        try requireOpen()
        do {
            return try core.conflict()
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }
}
