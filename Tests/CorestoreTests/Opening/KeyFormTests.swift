import CompactEncoding
import Corestore
import Crypto
import Hypercore
import Manifest
import Testing

/// How a log is asked for: by keys in any form, and what is said to what is none.
@Suite(.timeLimit(.minutes(5))) struct KeyFormTests {
    @Test func `a key is taken in every form that it is written in`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log")
        let (key, hex) = (log.key, log.key.bytes.hex)
        let texts = [
            key.text, hex, hex.uppercased(), "pear://" + key.text, "pear://\(hex)/", "pear://\(key.text)/a/b?c",
        ]
        for text in texts {
            #expect(try await store.get(key: text).key == key, "\(text)")
            #expect(try await store.get(.key(text)).isWritable)
        }
        #expect(try await store.get(key: key.bytes.array).key == key)
        #expect(try await store.get(.key(key.bytes.array)).key == key)
        let discoveryKey = key.discoveryKey
        for text in [discoveryKey.description, CoreKey(discoveryKey.bytes).text] {
            #expect(try await store.get(.discoveryKey(text)).key == key)
        }
        #expect(try await store.get(.discoveryKey(discoveryKey.bytes.array)).key == key)
        try await store.close()
    }

    @Test(arguments: [
        "", "log", "hypercore://", "pear://", "pear:///", "http://" + String(repeating: "y", count: 52),
        "hypercore://" + String(repeating: "y", count: 52), String(repeating: "y", count: 51),
        String(repeating: "0", count: 63), String(repeating: "g", count: 64), String(repeating: "l", count: 52),
        " " + String(repeating: "y", count: 52),
    ])
    func `what is no key is refused, and nothing is made`(text: String) async throws {
        let store = try await Corestore.inMemory()
        await expectError(.invalidArgument, "z-base-32") { _ = try await store.get(key: text) }
        await expectError(.invalidArgument) { _ = try await store.get(.discoveryKey(text)) }
        #expect(try await store.listed().isEmpty)
        try await store.close()
    }

    @Test(arguments: [0, 1, 31, 33, 64]) func `a key of bytes has 32 of them`(count: Int) async throws {
        let store = try await Corestore.inMemory()
        let bytes = [UInt8](repeating: 1, count: count)
        await expectError(.invalidArgument, "\(count)") { _ = try await store.get(key: bytes) }
        await expectError(.invalidArgument, "\(count)") { _ = try await store.get(.discoveryKey(bytes)) }
        try await store.close()
    }

    @Test func `a log is opened with values in place of blocks`() async throws {
        let store = try await Corestore.inMemory()
        let words = try await store.get(.name("words"), as: .utf8)
        try await words.append("hello")
        #expect(try await store.get(.key(words.log.key), as: .utf8).get(0) == "hello")
        #expect(try await store.get(name: "words").read(0) == Array("hello".utf8))
        try await store.close()
    }

    @Test func `one who is first and one who comes later meet, whichever knows more of the log`() async throws {
        let store = try await Corestore.inMemory()
        let keyPair = KeyPair()
        let manifest = CoreManifest(singleSigner: keyPair.publicKey)
        await expectError(.notFound) { _ = try await store.get(discoveryKey: manifest.key.discoveryKey) }
        let reader = try await store.get(key: manifest.key)
        #expect(reader.manifest == nil && !reader.isWritable)
        let writer = try await store.get(.key(manifest.key).with(manifest).signed(by: keyPair))
        #expect(reader.manifest == manifest && reader.isWritable)
        try await writer.append([1])
        #expect(try reader.read(0) == [1])
        #expect(try await store.get(discoveryKey: manifest.key.discoveryKey).length == 1)
        try await store.close()
    }
}
