import CompactEncoding
import Crypto
import MerkleTree
import Replication

// What a peer may say that follows no rule but that of the encoding.

extension SimulatedWorld {
    /// A message of any kind, with numbers at random and at the edges.
    func anyMessage() -> WireMessage {
        switch random(0..<10) {
        case 0, 1:
            return .sync(
                SyncMessage(
                    fork: fork, length: number, remoteLength: number, canUpgrade: chance, isUploading: chance,
                    isDownloading: chance, hasManifest: chance, allowsPush: chance))
        case 2, 3:
            return .request(
                RequestMessage(
                    id: UInt64(random(0..<40)), fork: fork,
                    parts: ProofRequest(
                        block: chance ? .init(index: number, nodes: number) : nil,
                        hash: chance ? .init(index: number, nodes: number) : nil,
                        seek: chance ? .init(bytes: number) : nil,
                        upgrade: chance ? .init(start: number, length: number) : nil),
                    wantsManifest: chance))
        case 4: return .cancel(CancelMessage(request: UInt64(random(0..<40))))
        case 5: return .noData(NoDataMessage(request: UInt64(random(0..<40))))
        case 6: return .want(WantMessage(start: number, length: number, isAny: chance))
        case 7: return .unwant(WantMessage(start: number, length: number, isAny: chance))
        case 8:
            let words = (0..<random(0..<70)).map { _ in UInt32(truncatingIfNeeded: random(0..<Int.max)) }
            return .bitfield(BitfieldMessage(start: number, words: words))
        default: return chance ? .range(RangeMessage(isDrop: chance, start: number, length: number)) : .data(data)
        }
    }

    /// An answer that nobody asked for, or one that does not fit.
    private var data: DataMessage {
        let node = TreeNode(index: number, size: number, hash: .zero)
        let block = Proof.Block(index: number, value: [1, 2, 3], nodes: chance ? [node] : [])
        let upgrade = Proof.Upgrade(
            start: number, length: number, nodes: [node], additionalNodes: [],
            signature: [UInt8](repeating: 7, count: 100))
        return DataMessage(
            request: UInt64(random(0..<40)), fork: fork,
            proof: Proof(block: chance ? block : nil, upgrade: chance ? upgrade : nil))
    }

    private var chance: Bool { chance(2) }
    private var fork: UInt64 {
        chance ? UInt64(truths[0].histories[0].count - 1) : UInt64(random(0..<4))
    }

    private var number: UInt64 {
        switch random(0..<8) {
        case 0: [0, 1, (1 << 53) - 1, 1 << 52, 1 << 32, UInt64(UInt32.max)][random(0..<6)]
        case 1: UInt64(truths[0].blocks().count)
        default: UInt64(random(0..<60))
        }
    }
}
