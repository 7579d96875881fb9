import CompactEncoding
import Crypto
import TestSupport
import Testing

/// All of `crypto.json`.
@Suite struct CryptoVectorTests {
    let vectors: CryptoVectors

    init() throws {
        vectors = try Vectors.load("crypto")
    }

    @Test func namespaces() {
        for (name, expected) in vectors.namespaces where name != "custom" {
            #expect(Namespaces.derive(name, count: expected.count) == expected.map(\.bytes32), "\(name)")
        }
        let log = [
            Namespaces.Log.tree, Namespaces.Log.replicateInitiator, Namespaces.Log.replicateResponder,
            Namespaces.Log.manifest, Namespaces.Log.defaultNamespace, Namespaces.Log.defaultEncryption,
        ]
        #expect(log == vectors.namespaces["hypercore"]?.map(\.bytes32))
        #expect([Namespaces.corestore] == vectors.namespaces["corestore"]?.map(\.bytes32))
        let stream = [Namespaces.Stream.initiator, Namespaces.Stream.responder, Namespaces.Stream.send]
        #expect(stream == vectors.namespaces["hyperswarm/secret-stream"]?.map(\.bytes32))
    }

    @Test func keyPairs() throws {
        #expect(!vectors.keyPairs.isEmpty)
        for recorded in vectors.keyPairs {
            let secretKey = SecretBytes(copying: recorded.secretKey.bytes)
            for keyPair in [
                KeyPair(seed: SecretBytes(copying: recorded.seed.bytes)), try KeyPair(secretKey: secretKey),
            ] {
                #expect(keyPair.publicKey.bytes == recorded.publicKey.bytes32)
                #expect(keyPair.secretKey == secretKey)
                #expect(keyPair.seed == SecretBytes(copying: recorded.seed.bytes))
            }
        }
    }

    @Test func signatures() throws {
        #expect(!vectors.signatures.isEmpty)
        for recorded in vectors.signatures {
            let message = recorded.message.bytes
            let keyPair = try KeyPair(secretKey: SecretBytes(copying: recorded.secretKey.bytes))
            let publicKey = PublicKey(recorded.publicKey.bytes32)
            #expect(keyPair.sign(message) == recorded.signature.bytes64)
            #expect(publicKey.verifies(recorded.signature.bytes64, of: message))

            #expect(!publicKey.verifies(recorded.signature.bytes64, of: message + [0]))
            #expect(!KeyPair().publicKey.verifies(recorded.signature.bytes64, of: message))
            for position in 0..<64 {
                var altered = recorded.signature.bytes
                altered[position] ^= 1
                #expect(!publicKey.verifies(try #require(Bytes64(altered)), of: message), "byte \(position)")
            }
        }
    }

    @Test func leaves() {
        #expect(!vectors.leaf.isEmpty)
        for recorded in vectors.leaf {
            // A long block is not in the file, but follows from its index as all do.
            let block = Vectors.block(recorded.seedIndex, size: recorded.size)
            #expect(recorded.block.map { $0.bytes == block } ?? (recorded.size > 1000))
            #expect(BLAKE2bTreeHashing().leaf(block.span.bytes) == recorded.hash.bytes32)
        }
    }

    @Test func parents() {
        #expect(!vectors.parent.isEmpty)
        let hashing: any TreeHashing = BLAKE2bTreeHashing()
        for recorded in vectors.parent {
            let index = (recorded.left.index + recorded.right.index) / 2
            let parent = hashing.parent(index: index, recorded.left.node, recorded.right.node)
            let expected = TreeNode(
                index: index, size: recorded.left.size + recorded.right.size, hash: recorded.hash.bytes32)
            #expect(parent == expected)
        }
    }

    @Test func trees() {
        #expect(!vectors.tree.isEmpty)
        for recorded in vectors.tree {
            #expect(BLAKE2bTreeHashing().tree(recorded.roots.map(\.node)) == recorded.hash.bytes32)
        }
    }

    @Test func discoveryKeys() {
        #expect(!vectors.discoveryKeys.isEmpty)
        for recorded in vectors.discoveryKeys {
            #expect(CoreKey(recorded.key.bytes32).discoveryKey.bytes == recorded.discoveryKey.bytes32)
        }
    }

    @Test func identifiers() throws {
        #expect(!vectors.ids.isEmpty)
        for recorded in vectors.ids {
            let key = CoreKey(recorded.key.bytes32)
            #expect(key.text == recorded.z32)
            #expect("\(key)" == recorded.z32)
            #expect(try CoreKey(text: recorded.z32) == key)
        }
    }

    @Test func hashes() {
        #expect(!vectors.hashes.isEmpty)
        for recorded in vectors.hashes {
            let message = Array(recorded.utf8.utf8)
            #expect(BLAKE2b.hash(message) == recorded.blake2b256.bytes32)
            #expect(BLAKE2b.hash(message.span.bytes) == recorded.blake2b256.bytes32)
        }
    }

    @Test func texts() throws {
        #expect(!vectors.texts.isEmpty)
        for recorded in vectors.texts {
            guard let key = recorded.key else {
                let error = #expect(throws: CryptoError.self) { try CoreKey(text: recorded.text) }
                #expect(error?.code == .invalidKeyText)
                continue
            }
            #expect(try CoreKey(text: recorded.text).bytes == key.bytes32, "\(recorded.text)")
        }
    }
}

struct CryptoVectors: Decodable {
    struct RecordedKeyPair: Decodable { let seed, publicKey, secretKey: Hex }
    struct RecordedSignature: Decodable { let publicKey, secretKey, message, signature: Hex }
    struct Leaf: Decodable {
        let size: Int
        let block: Hex?
        let seedIndex: UInt64
        let hash: Hex
    }
    struct Node: Decodable {
        let index, size: UInt64
        let hash: Hex

        var node: TreeNode { TreeNode(index: index, size: size, hash: hash.bytes32) }
    }
    struct Parent: Decodable {
        let left, right: Node
        let hash: Hex
    }
    struct Tree: Decodable {
        let roots: [Node]
        let hash: Hex
    }
    struct Discovery: Decodable { let key, discoveryKey: Hex }
    struct Identifier: Decodable {
        let key: Hex
        let z32: String
    }
    struct Hash: Decodable {
        let utf8: String
        let blake2b256: Hex
    }
    struct Text: Decodable {
        let text: String
        let key: Hex?
    }

    let namespaces: [String: [Hex]]
    let keyPairs: [RecordedKeyPair]
    let signatures: [RecordedSignature]
    let leaf: [Leaf]
    let parent: [Parent]
    let tree: [Tree]
    let discoveryKeys: [Discovery]
    let ids: [Identifier]
    let hashes: [Hash]
    let texts: [Text]
}
