import CompactEncoding
public import Crypto
public import Manifest
public import MerkleTree
import Replication

/// What a proof has proven that came without a connection, as in a push notification (PROTOCOL §10). It takes the log's key
/// and nothing stored.
///
/// ```swift
/// let proof = try RemoteProof(verifying: notification, of: key)
/// if proof.head.length > known { show(proof.block?.value) }
/// ```
public struct RemoteProof: Hashable, Sendable {
    /// The log's key.
    public let key: CoreKey
    /// Who may sign the log.
    public let manifest: CoreManifest
    /// The signed tree: the log's length, fork and roots when the proof was made.
    public let head: TreeHead
    /// The block that came with it, as it is stored and replicated.
    public let block: VerifiedProof.Block?

    /// Verifies a proof against the key of the log that it has to be of.
    ///
    /// As in the reference, nothing is proven of logs from before manifests and of those that nobody signs.
    ///
    /// - Parameters:
    ///   - bytes: the proof, as a peer or file gave it.
    ///   - key: the log's key.
    ///   - manifest: the log's manifest where it is known; else the one that came with the proof is taken, which the
    ///     key commits to.
    /// - Throws: `HypercoreError`: `.invalidProof` for bytes that are none, or hashes that do not add up; `.invalidManifest`
    ///   for another log's proof, or one without a manifest; `.invalidSignature`.
    public init(verifying bytes: [UInt8], of key: CoreKey, manifest: CoreManifest? = nil) throws {
        do {
            let proof = try FullyRemoteProof(decoding: bytes[...])
            guard let manifest = manifest ?? proof.data.manifest else {
                throw ManifestError(.foreignManifest, "the proof came without the log's manifest")
            }
            let verified = try proof.verify(by: TreeAuthority(key: key, manifest: manifest))
            self.key = key
            self.manifest = manifest
            head = verified.head
            block = verified.block
        } catch let error as CompactDecodingError {
            throw HypercoreError(.invalidProof, key: key, "the bytes are no proof: \(error)")
        } catch {
            throw HypercoreError.proving(error, key: key)
        }
    }

    /// The discovery key of the log that a proof says it is of, to find its key by.
    ///
    /// - Throws: `HypercoreError` with `.invalidProof` for bytes that are no proof.
    public static func discoveryKey(of bytes: [UInt8]) throws -> DiscoveryKey {
        do {
            return try FullyRemoteProof(decoding: bytes[...]).discoveryKey
        } catch {
            throw HypercoreError(.invalidProof, key: nil, "the bytes are no proof: \(error)")
        }
    }
}
