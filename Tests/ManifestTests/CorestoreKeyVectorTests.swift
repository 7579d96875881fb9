import CompactEncoding
import Crypto
import Manifest
import TestSupport
import Testing

/// `corestore.json`: from a store's primary key to the manifests and keys of its named cores (PROTOCOL §9).
@Suite struct CorestoreKeyVectorTests {
    @Test func aNamedCoreHasTheKeyOfItsManifest() throws {
        let document: Document = try Vectors.load("corestore")
        #expect(!document.named.isEmpty)
        for core in document.named {
            let keyPair = KeyPair(
                seed: SecretBytes(
                    copying: BLAKE2b.hash(
                        Namespaces.corestore.array + core.namespace.bytes + Array(core.name.utf8),
                        key: document.primaryKey.bytes32
                    ).array))
            #expect(keyPair.publicKey.bytes == core.publicKey.bytes32, "\(core.namespacePath)/\(core.name)")
            #expect(keyPair.secretKey == SecretBytes(copying: core.secretKey.bytes))

            let manifest = try CoreManifest(
                version: CoreManifest.Version(rawValue: document.manifestVersion),
                signers: [ManifestSigner(publicKey: keyPair.publicKey)])
            #expect(manifest == CoreManifest(singleSigner: keyPair.publicKey))
            #expect(manifest.key.bytes == core.key.bytes32)
            #expect(manifest.key.discoveryKey.bytes == core.discoveryKey.bytes32)
            #expect(manifest.key.text == core.id)
        }
    }

    private struct Document: Decodable {
        let primaryKey: Hex
        let manifestVersion: UInt8
        let named: [Core]
    }

    private struct Core: Decodable {
        let namespacePath: String
        let namespace: Hex
        let name: String
        let publicKey: Hex
        let secretKey: Hex
        let key: Hex
        let discoveryKey: Hex
        let id: String
    }
}
