import CompactEncoding
import Crypto
import TestSupport
import Testing

@Suite struct KeyTextTests {
    @Test func everyFormOfAKeyIsRead() throws {
        for seed in 1...100 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let key = CoreKey(try #require(Bytes32(random.bytes(32))))
            #expect(key.text.count == 52)
            for text in [key.text, key.bytes.hex, key.bytes.hex.uppercased()] {
                for form in [text, "pear://\(text)", "pear://\(text)/", "pear://\(text)/a/b?c=d"] {
                    #expect(try CoreKey(text: form) == key, "\(form)")
                }
            }
            #expect(try CoreKey(text: key.text[...]) == key)
        }
    }

    @Test func anythingElseIsRefusedAndNotRepeated() {
        let text = CoreKey(.zero).text
        for bad in [
            "", " ", text + "y", String(text.dropLast()), text.uppercased().replacing("Y", with: "L"), " " + text,
            "pear:/" + text, "http://" + text, "pear://", "pear:///" + text, String(repeating: "g", count: 64),
            String(repeating: "é", count: 26), String(repeating: "0", count: 52), "pear://pear://" + text,
        ] {
            let error = #expect(throws: CryptoError.self, "\(bad)") { try CoreKey(text: bad) }
            #expect(error?.code == .invalidKeyText)
            if bad.count > 20 { #expect(error?.description.contains(bad) == false) }
        }
    }

    @Test func discoveryKeysDifferFromKeysAndFromEachOther() throws {
        let keys = (0..<50).map { _ in CoreKey(KeyPair().publicKey.bytes) }
        let discoveryKeys = keys.map(\.discoveryKey)
        #expect(Set(discoveryKeys.map(\.bytes) + keys.map(\.bytes)).count == 100)
        #expect(discoveryKeys.sorted().map(\.bytes) == discoveryKeys.map(\.bytes).sorted())
        #expect("\(discoveryKeys[0])" == discoveryKeys[0].bytes.hex)
    }
}
