import CompactEncoding
import Crypto
import TestSupport
import Testing

@Suite struct BlockCipherTests {
    private let cipher: BlockCipher

    init() throws {
        cipher = BlockCipher(try BlockKeys(blockKey: SecretBytes(copying: [UInt8](repeating: 7, count: 32))))
    }

    @Test func everyLengthAndPlaceComesBack() throws {
        let seed: UInt64 = 0x626c_6f63
        var generator = SeededGenerator(seed: seed)
        for length in [0, 1, 7, 8, 63, 64, 65, 1000, 70_000] {
            let block = generator.bytes(length)
            let index = UInt64.random(in: 0...(1 << 52), using: &generator)
            let fork = UInt64.random(in: 0...9, using: &generator)
            let stored = cipher.encrypt(block.span.bytes, index: index, fork: fork)
            #expect(stored.count == length + BlockCipher.paddingByteLength)
            #expect(try cipher.decrypt(stored.span.bytes, index: index) == block, "seed \(seed), length \(length)")
        }
    }

    @Test func indexForkAndKeyEachChangeTheWholeBlock() throws {
        let block = [UInt8](repeating: 0, count: 64)
        let other = BlockCipher(try BlockKeys(blockKey: SecretBytes(copying: [UInt8](repeating: 8, count: 32))))
        let stored = [
            cipher.encrypt(block.span.bytes, index: 1, fork: 0), cipher.encrypt(block.span.bytes, index: 2, fork: 0),
            cipher.encrypt(block.span.bytes, index: 1, fork: 1), other.encrypt(block.span.bytes, index: 1, fork: 0),
        ]
        #expect(Set(stored.map { Array($0.prefix(8)) }).count == stored.count)
        #expect(Set(stored.map { Array($0.dropFirst(8)) }).count == stored.count)
    }

    @Test func aCopyIsDecryptedAndNotTheOriginal() throws {
        let plain: [UInt8] = [1, 2, 3]
        let stored = cipher.encrypt(plain.span.bytes, index: 0, fork: 0)
        var block = stored[...]
        try cipher.decrypt(inPlace: &block, index: 0)
        #expect(Array(block) == plain)
        #expect(try cipher.decrypt(stored.span.bytes, index: 0) == plain)
    }

    @Test func aBlockShorterThanItsPaddingIsRefusedAndLeftAlone() {
        for length in 0..<BlockCipher.paddingByteLength {
            let stored = [UInt8](repeating: 1, count: length)
            #expect(throws: CryptoError.self) { try cipher.decrypt(stored.span.bytes, index: 0) }
            var block = stored[...]
            #expect(throws: CryptoError.self) { try cipher.decrypt(inPlace: &block, index: 0) }
            #expect(Array(block) == stored)
        }
    }

    @Test(arguments: [0, 31, 33, 64])
    func aKeyOfAnotherLengthIsRefused(length: Int) {
        let key = SecretBytes(copying: [UInt8](repeating: 1, count: length))
        #expect(throws: CryptoError.self) { try BlockKeys(blockKey: key) }
        #expect(throws: CryptoError.self) {
            try BlockKeys(encryptionKey: key, core: CoreKey(.zero), isCompat: false)
        }
    }
}
