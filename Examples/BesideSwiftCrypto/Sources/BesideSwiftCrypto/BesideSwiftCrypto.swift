import Crypto
import Hypercore
import HypercoreCrypto

/// Signs with a key pair of ours and verifies with swift-crypto: both have a module called Crypto in one program.
@main
struct BesideSwiftCrypto {
    static func main() throws {
        let message = Array("hello".utf8)
        let ours = KeyPair()
        let signature = ours.sign(message)

        let theirs = try Curve25519.Signing.PublicKey(rawRepresentation: ours.publicKey.bytes.array)
        print("swift-crypto accepts our signature:", theirs.isValidSignature(signature.array, for: message))
        print("and a log still has keys of ours:", CoreKey.self, type(of: \Hypercore.key))
    }
}
