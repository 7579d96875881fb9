import Crypto
import Manifest
import MerkleTree
import Testing

extension KeyPair {
    /// The key pair of a seed of one repeated byte.
    static func seeded(_ byte: UInt8) -> KeyPair {
        KeyPair(seed: SecretBytes(copying: [UInt8](repeating: byte, count: 32)))
    }
}

/// Expects `body` to refuse with this code.
func expectRefusal<Value>(
    _ code: ManifestError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws(ManifestError) -> Value
) {
    do {
        _ = try body()
        Issue.record("nothing was refused", sourceLocation: sourceLocation)
    } catch {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    }
}

extension TreeAuthority {
    /// Whether ``verify(_:of:hashing:)`` finds nothing wrong.
    func accepts(_ signature: [UInt8]?, of head: TreeHead) -> Bool {
        do {
            try verify(signature, of: head)
            return true
        } catch {
            return false
        }
    }
}

/// A tree of small blocks, whose nodes are all held.
struct TestTree {
    let head: TreeHead
    let nodes: [UInt64: TreeNode]

    init(length: UInt64, fork: UInt64 = 0) throws {
        var head = TreeHead(fork: fork)
        let appended = try head.append(
            (0..<length).map { index in
                TreeLeaf(hash: BLAKE2b.hash([UInt8(truncatingIfNeeded: index)]), size: index)
            })
        self.head = head
        nodes = Dictionary(uniqueKeysWithValues: appended.map { ($0.index, $0) })
    }
}
