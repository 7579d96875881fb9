import CompactEncoding
import Replication
import TestSupport
import Testing

/// `merkle-proofs.json`: the answers of a peer to hundreds of requests.
@Suite struct AnswerVectorTests {
    @Test func everyRecordedAnswerReadsAndWritesTheSame() throws {
        let document: Document = try Vectors.load("merkle-proofs")
        let answers = document.cores.flatMap(\.proofs).compactMap(\.data)
        #expect(answers.count > 100)
        for answer in answers {
            let message = try #require(
                try WireMessage.decode(type: WireMessage.Kind.data.rawValue, body: answer.bytes[...]))
            #expect(message.encodedBody == answer.bytes)
        }
    }

    private struct Document: Decodable {
        let cores: [Core]
    }

    private struct Core: Decodable {
        let proofs: [Answer]
    }

    private struct Answer: Decodable {
        let data: Hex?
    }
}
