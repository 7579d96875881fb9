import CompactEncoding
import Crypto
import Manifest
import TestSupport
import Testing

/// `manifest.json`, both ways.
@Suite struct ManifestVectorTests {
    private static let document: Result<Document, any Error> = Result { try Vectors.load("manifest") }

    @Test func theNamespacesAreTheDefaultsOfTheLibrary() throws {
        let document = try Self.document.get()
        #expect(Namespaces.Log.defaultNamespace == document.namespace.bytes32)
        #expect(Namespaces.Log.manifest == document.manifestNamespace.bytes32)
    }

    @Test func everyManifestEncodesToItsBytes() throws {
        for vector in try Self.document.get().manifests {
            #expect(try vector.manifest.value.encoded == vector.encoded.bytes, "\(vector.name)")
        }
    }

    @Test func everyEncodingDecodesToItsManifest() throws {
        for vector in try Self.document.get().manifests {
            #expect(try CoreManifest(decoding: vector.encoded.bytes) == vector.manifest.value, "\(vector.name)")
        }
    }

    @Test func everyManifestGivesItsKeys() throws {
        for vector in try Self.document.get().manifests {
            let key = try vector.manifest.value.key
            #expect(key.bytes == vector.key.bytes32, "\(vector.name)")
            #expect(key.discoveryKey.bytes == vector.discoveryKey.bytes32, "\(vector.name)")
            #expect(key.text == vector.id, "\(vector.name)")
        }
    }

    @Test func everyPrefixOfAnEncodingIsRefused() throws {
        for vector in try Self.document.get().manifests {
            for length in 0..<vector.encoded.bytes.count {
                #expect(throws: CompactDecodingError.self, "\(vector.name), \(length) bytes") {
                    try CoreManifest(decoding: Array(vector.encoded.bytes.prefix(length)))
                }
            }
        }
    }

    @Test func bytesAfterAnEncodingAreIgnored() throws {
        for vector in try Self.document.get().manifests {
            let decoded = try CoreManifest(decoding: vector.encoded.bytes + [1, 2, 3])
            #expect(try decoded == vector.manifest.value, "\(vector.name)")
        }
    }

    @Test func anyChangedByteIsRefusedOrGivesAnotherKey() throws {
        for vector in try Self.document.get().manifests {
            for position in vector.encoded.bytes.indices {
                for bit in 0..<8 {
                    var bytes = vector.encoded.bytes
                    bytes[position] ^= 1 << UInt8(bit)
                    guard let changed = try? CoreManifest(decoding: bytes) else { continue }
                    // A flag that no version knows is ignored, and only then may the value be the same.
                    if changed.encoded == vector.encoded.bytes { #expect(isFlags(position, of: vector)) }
                    let sameKey = changed.key.bytes == vector.key.bytes32
                    #expect(sameKey == (changed.encoded == vector.encoded.bytes), "\(vector.name), byte \(position)")
                }
            }
        }
    }

    private func isFlags(_ position: Int, of vector: Vector) -> Bool {
        position == (vector.manifest.version == 0 ? 3 : 1)
    }
}

extension ManifestVectorTests {
    struct Document: Decodable {
        let namespace: Hex
        let manifestNamespace: Hex
        let manifests: [Vector]
    }

    struct Vector: Decodable {
        let name: String
        let manifest: ManifestDescription
        let encoded: Hex
        let key: Hex
        let discoveryKey: Hex
        let id: String
    }
}
