import CompactEncoding
import Crypto
import TestSupport
import Testing

@Suite struct KeyPairTests {
    @Test func signaturesVerifyUnderTheirOwnKeyAndMessageOnly() {
        for seed in 1...30 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let keyPair = KeyPair(seed: SecretBytes(copying: random.bytes(32)))
            let other = KeyPair(seed: SecretBytes(copying: random.bytes(32)))
            let message = random.bytes(Int.random(in: 0...300, using: &random))
            let signature = keyPair.sign(message)
            #expect(keyPair.publicKey.verifies(signature, of: message), "seed \(seed)")
            #expect(!other.publicKey.verifies(signature, of: message), "seed \(seed)")
            #expect(!keyPair.publicKey.verifies(other.sign(message), of: message), "seed \(seed)")
            #expect(!keyPair.publicKey.verifies(signature, of: message + [0]), "seed \(seed)")
            #expect(keyPair.sign(message) == signature, "a signature is the same each time")
        }
    }

    @Test func newKeyPairsDiffer() {
        #expect(KeyPair().publicKey != KeyPair().publicKey)
    }

    @Test(arguments: [0, 32, 63, 65, 128])
    func secretKeyOfAnotherLengthIsRefused(count: Int) {
        let error = #expect(throws: CryptoError.self) {
            try KeyPair(secretKey: SecretBytes(count: count) { _ in })
        }
        #expect(error?.code == .invalidLength)
    }

    @Test func secretKeyWithAnotherPublicKeyIsRefused() {
        let seed = [UInt8](repeating: 3, count: 32)
        let foreign = KeyPair().publicKey.bytes.array
        let error = #expect(throws: CryptoError.self) {
            try KeyPair(secretKey: SecretBytes(copying: seed + foreign))
        }
        #expect(error?.code == .keyMismatch)
    }

    @Test func pointsOfSmallOrderVerifyNothing() {
        let message = Array("anything".utf8)
        for last in [0x00, 0x80] as [UInt8] {
            for first in [0x00, 0x01] as [UInt8] {
                let point = [first] + [UInt8](repeating: 0, count: 30) + [last]
                let key = PublicKey(Bytes32(point) ?? .zero)
                let forged = Bytes64(low: key.bytes, high: .zero)
                #expect(!key.verifies(forged, of: message))
            }
        }
    }
}
