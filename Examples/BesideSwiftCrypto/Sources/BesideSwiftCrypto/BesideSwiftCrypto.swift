import Crypto
import Hypercore
import SwiftCrypto

/// Signs with one library's keys and verifies with the other's: both have `Crypto` in one program.
@main
struct BesideSwiftCrypto {
    static func main() throws {
        let message = Array("hello".utf8)
        let ours = KeyPair()
        let signature = ours.sign(message)

        let theirs = try SwiftCrypto.Curve25519.Signing.PublicKey(rawRepresentation: ours.publicKey.bytes.array)
        print("swift-crypto accepts our signature:", theirs.isValidSignature(signature.array, for: message))
        print("the largest block:", Hypercore.maximumBlockByteCount, "bytes")
    }
}
