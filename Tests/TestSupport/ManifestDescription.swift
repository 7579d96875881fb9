import CompactEncoding
import Crypto
public import Manifest

/// A manifest as the vector files describe it.
public struct ManifestDescription: Decodable, Sendable {
    struct Signer: Decodable, Sendable {
        let signature: String
        let namespace: Hex
        let publicKey: Hex
    }

    struct Prologue: Decodable, Sendable {
        let hash: Hex
        let length: UInt64
    }

    /// The manifest's version.
    public let version: UInt8
    let hash: String
    let allowPatch: Bool
    let quorum: Int
    let signers: [Signer]
    let prologue: Prologue?
    let linked: [Hex]?
    let userData: Hex?

    /// The manifest that is described.
    public var value: CoreManifest {
        get throws {
            precondition(hash == "blake2b" && signers.allSatisfy { $0.signature == "ed25519" })
            return try CoreManifest(
                version: CoreManifest.Version(rawValue: version), allowPatch: allowPatch, quorum: quorum,
                signers: signers.map {
                    ManifestSigner(namespace: $0.namespace.bytes32, publicKey: PublicKey($0.publicKey.bytes32))
                },
                prologue: prologue.map { CoreManifest.Prologue(hash: $0.hash.bytes32, length: $0.length) },
                linked: linked?.map { CoreKey($0.bytes32) }, userData: userData?.bytes)
        }
    }
}
