import Crypto
import MerkleTree
import TestSupport
import Testing

@Suite struct MutatedProofVectorTests {
    @Test func `no recorded answer is accepted with anything changed`() throws {
        let seed: UInt64 = 4
        var random = SeededGenerator(seed: seed)
        var count = 0
        for core in try ProofVectors.load() {
            let tree = core.tree
            var seen = Set<RecordedCore.Exchange>()
            for exchange in core.proofs where seen.insert(exchange).inserted {
                guard let data = exchange.data else { continue }
                let proof = try DataMessage(decoding: data.bytes).proof
                let requester = try core.requester(for: exchange.request.proofRequest, of: tree)
                for mutant in proof.mutants(using: &random) {
                    count += 1
                    if refusal(of: mutant.proof, by: requester, core) == nil {
                        Issue.record(
                            "\(mutant.change) was accepted: seed \(seed), \(core.length) blocks, \(exchange.request)")
                    }
                }
            }
        }
        #expect(count > 10_000, "so few mutants leave much untried")
    }

    @Test func `surplus nodes of an upgrade change nothing`() throws {
        for core in try ProofVectors.load() {
            let tree = core.tree
            for exchange in core.proofs {
                guard let data = exchange.data else { continue }
                let proof = try DataMessage(decoding: data.bytes).proof
                guard proof.upgrade != nil else { continue }
                let requester = try core.requester(for: exchange.request.proofRequest, of: tree)
                let plain = try requester.head.verify(proof, reading: requester.nodes)
                let surplus = try requester.head.verify(proof.withSurplusNodes, reading: requester.nodes)
                #expect(try surplus.accept(ifSigned: core.isSigned) == plain.accept(ifSigned: core.isSigned))
            }
        }
    }

    /// Why a proof was refused; `nil` where it was not.
    private func refusal(of proof: Proof, by requester: Requester, _ core: RecordedCore) -> TreeError? {
        do {
            _ = try requester.head.verify(proof, reading: requester.nodes).accept(ifSigned: core.isSigned)
            return nil
        } catch let error as TreeError {
            return error
        } catch {
            Issue.record(error)
            return nil
        }
    }
}
