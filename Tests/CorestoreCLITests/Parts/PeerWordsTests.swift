import Crypto
import Testing

@testable import CorestoreCLI

@Suite struct PeerWordsTests {
    private static let key = String(repeating: "y", count: 52)

    @Test func tellsKeysFromThePeerInAnyOrder() throws {
        let link = "pear://\(Self.key)"
        for words in [[Self.key, "[::1]:4000", link], ["[::1]:4000", link, Self.key]] {
            let words = try PeerWords(words)
            #expect("\(try #require(words.peer))" == "[::1]:4000")
            #expect(words.keys.map(\.text) == [Self.key, Self.key])
        }
        #expect(try PeerWords([]).peer == nil)
    }

    @Test(arguments: [["a:1", "b:2"], ["localhost"], ["localhost:0"], ["localhost:65536"], [":1"], ["nonsense"], [""]])
    func refusesWhatIsNeitherOrTooMuch(words: [String]) {
        #expect(throws: (any Error).self) { try PeerWords(words) }
    }
}
