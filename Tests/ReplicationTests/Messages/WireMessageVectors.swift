import Crypto
import Manifest
import MerkleTree
import Replication
import TestSupport

/// `wire-messages.json`: each value as the reference names its fields, and its bytes.
struct WireMessageVectors: Decodable {
    let cases: [Case]

    struct Case: Decodable {
        /// The message's type; `nil` for the channel's handshake.
        let id: UInt64?
        let hex: Hex
        let message: WireMessage?
        let handshake: ChannelHandshake?

        private enum CodingKeys: String, CodingKey {
            case id, hex, type, value
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decodeIfPresent(UInt64.self, forKey: .id)
            hex = try container.decode(Hex.self, forKey: .hex)
            func value<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
                try container.decode(type, forKey: .value)
            }
            handshake = id == nil ? try value(Handshake.self).handshake : nil
            message =
                switch try container.decode(String.self, forKey: .type) {
                case "sync": .sync(try value(Sync.self).message)
                case "request": .request(try value(Request.self).message)
                case "cancel": .cancel(CancelMessage(request: try value(Cancel.self).request))
                case "data": .data(try value(DataValue.self).message)
                case "noData": .noData(try value(NoData.self).message)
                case "want": .want(try value(Want.self).message)
                case "unwant": .unwant(try value(Want.self).message)
                case "bitfield": .bitfield(try value(Bitfield.self).message)
                case "range": .range(try value(Range.self).message)
                case "extension": .extension(try value(Extension.self).value)
                default: nil
                }
        }
    }
}

// MARK: - Values

private struct Handshake: Decodable {
    let seeks: Bool
    let capability: Hex

    var handshake: ChannelHandshake {
        ChannelHandshake(supportsSeeks: seeks, capability: capability.bytes32)
    }
}

private struct Sync: Decodable {
    let fork, length, remoteLength: UInt64
    let canUpgrade, uploading, downloading, hasManifest, allowPush: Bool

    var message: SyncMessage {
        SyncMessage(
            fork: fork, length: length, remoteLength: remoteLength, canUpgrade: canUpgrade, isUploading: uploading,
            isDownloading: downloading, hasManifest: hasManifest, allowsPush: allowPush)
    }
}

private struct Request: Decodable {
    struct Node: Decodable {
        let index, nodes: UInt64
        var part: ProofRequest.Node { ProofRequest.Node(index: index, nodes: nodes) }
    }

    struct Seek: Decodable { let bytes, padding: UInt64 }
    struct Upgrade: Decodable { let start, length: UInt64 }

    let id, fork, priority: UInt64
    let block, hash: Node?
    let seek: Seek?
    let upgrade: Upgrade?
    let manifest: Bool

    var message: RequestMessage {
        RequestMessage(
            id: id, fork: fork,
            parts: ProofRequest(
                block: block?.part, hash: hash?.part,
                seek: seek.map { ProofRequest.Seek(bytes: $0.bytes, padding: $0.padding) },
                upgrade: upgrade.map { ProofRequest.Upgrade(start: $0.start, length: $0.length) }),
            wantsManifest: manifest, priority: RequestMessage.Priority(rawValue: priority))
    }
}

private struct Cancel: Decodable { let request: UInt64 }

private struct DataValue: Decodable {
    struct Node: Decodable {
        let index, size: UInt64
        let hash: Hex
    }

    struct Block: Decodable {
        let index: UInt64
        let value: Hex
        let nodes: [Node]
    }

    struct Hash: Decodable {
        let index: UInt64
        let nodes: [Node]
    }

    struct Seek: Decodable {
        let bytes: UInt64
        let nodes: [Node]
    }

    struct Upgrade: Decodable {
        let start, length: UInt64
        let nodes, additionalNodes: [Node]
        let signature: Hex?
    }

    let request, fork: UInt64
    let block: Block?
    let hash: Hash?
    let seek: Seek?
    let upgrade: Upgrade?
    let manifest: ManifestDescription?

    var message: DataMessage {
        get throws {
            DataMessage(
                request: request, fork: fork,
                proof: Proof(
                    block: block.map {
                        Proof.Block(index: $0.index, value: $0.value.bytes[...], nodes: $0.nodes.treeNodes)
                    },
                    hash: hash.map { Proof.Hash(index: $0.index, nodes: $0.nodes.treeNodes) },
                    seek: seek.map { Proof.Seek(bytes: $0.bytes, nodes: $0.nodes.treeNodes) },
                    upgrade: upgrade.map {
                        Proof.Upgrade(
                            start: $0.start, length: $0.length, nodes: $0.nodes.treeNodes,
                            additionalNodes: $0.additionalNodes.treeNodes, signature: $0.signature?.bytes)
                    }), manifest: try manifest?.value)
        }
    }
}

extension [DataValue.Node] {
    fileprivate var treeNodes: [TreeNode] {
        map { TreeNode(index: $0.index, size: $0.size, hash: $0.hash.bytes32) }
    }
}

private struct NoData: Decodable {
    let request, reason: UInt64
    var message: NoDataMessage { NoDataMessage(request: request, reason: NoDataMessage.Reason(rawValue: reason)) }
}

private struct Want: Decodable {
    let start, length: UInt64
    let any: Bool
    var message: WantMessage { WantMessage(start: start, length: length, isAny: any) }
}

private struct Bitfield: Decodable {
    let start: UInt64
    let bitfield: [UInt32]
    var message: BitfieldMessage { BitfieldMessage(start: start, words: bitfield) }
}

private struct Range: Decodable {
    let drop: Bool
    let start, length: UInt64
    var message: RangeMessage { RangeMessage(isDrop: drop, start: start, length: length) }
}

private struct Extension: Decodable {
    let name: String
    let message: Hex

    var value: ExtensionMessage { ExtensionMessage(name: name, payload: message.bytes[...]) }
}
