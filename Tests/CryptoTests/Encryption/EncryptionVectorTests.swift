import CompactEncoding
import Crypto
import TestSupport
import Testing

/// `encryption.json`, both ways.
@Suite struct EncryptionVectorTests {
    private static let cases: Result<[Vector], any Error> = Result {
        try Vectors.load("encryption", as: Document.self).cases
    }

    @Test func theKeysAreDerived() throws {
        for vector in try Self.cases.get() {
            let keys = try vector.keys
            #expect(keys.block == SecretBytes(copying: vector.blockKey.bytes), "compat: \(vector.compat)")
            #expect(keys.blinding == SecretBytes(copying: vector.blindingKey.bytes), "compat: \(vector.compat)")
        }
    }

    @Test func aGivenBlockKeyIsTakenAsItIs() throws {
        for vector in try Self.cases.get() {
            #expect(try BlockKeys(blockKey: SecretBytes(copying: vector.blockKey.bytes)) == vector.keys)
        }
    }

    @Test func everyBlockEncryptsToItsStoredBytes() throws {
        for vector in try Self.cases.get() {
            #expect(vector.padding == BlockCipher.paddingByteLength)
            let cipher = BlockCipher(try vector.keys)
            for (index, plain) in vector.plain.enumerated() {
                let stored = cipher.encrypt(
                    plain.bytes.span.bytes, index: UInt64(index), fork: vector.forksAtEncryption[index])
                #expect(stored == vector.stored[index].bytes, "compat: \(vector.compat), block \(index)")
            }
        }
    }

    @Test func everyStoredBlockDecryptsWithoutItsFork() throws {
        for vector in try Self.cases.get() {
            let cipher = BlockCipher(try vector.keys)
            for (index, stored) in vector.stored.enumerated() {
                #expect(
                    try cipher.decrypt(stored.bytes.span.bytes, index: UInt64(index)) == vector.plain[index].bytes,
                    "compat: \(vector.compat), block \(index)")
            }
        }
    }

    @Test func everyStoredBlockDecryptsInTheMiddleOfAFrame() throws {
        for vector in try Self.cases.get() {
            let cipher = BlockCipher(try vector.keys)
            for (index, stored) in vector.stored.enumerated() {
                let frame = [1, 2, 3] + stored.bytes + [4, 5]
                var block = frame[3..<(3 + stored.bytes.count)]
                try cipher.decrypt(inPlace: &block, index: UInt64(index))
                #expect(Array(block) == vector.plain[index].bytes)
            }
        }
    }
}

extension EncryptionVectorTests {
    struct Document: Decodable {
        let cases: [Vector]
    }

    struct Vector: Decodable {
        let compat: Bool
        let key: Hex
        let encryptionKey: Hex
        let blockKey: Hex
        let blindingKey: Hex
        let padding: Int
        let plain: [Hex]
        let stored: [Hex]
        let forksAtEncryption: [UInt64]

        var keys: BlockKeys {
            get throws {
                try BlockKeys(
                    encryptionKey: SecretBytes(copying: encryptionKey.bytes), core: CoreKey(key.bytes32),
                    isCompat: compat)
            }
        }
    }
}
