import Hypercore

// What `--json` prints of `audit`, `verify` and `seek`. Names stay as they are; new ones may be added.

/// Something damaged, as it is found.
struct DamageRecord: Encodable {
    let event = "damage"
    /// z-base-32.
    let key: String
    /// `block`, `node`, `page` or `signature`.
    let kind: String
    /// The number of the block, of the node in the flat tree, or of the page of 32,768 blocks.
    let index: UInt64?
    /// In words.
    let description: String

    init(_ damage: AuditDamage, key: String) {
        self.key = key
        description = damage.words
        (kind, index) =
            switch damage {
            case .block(let index, _): ("block", index)
            case .node(let index): ("node", index)
            case .page(let index): ("page", index)
            case .signature: ("signature", nil)
            }
    }
}

/// One core is through.
struct AuditedRecord: Encodable {
    let event = "audited"
    /// z-base-32.
    let key: String
    /// Whether nothing was damaged.
    let sound: Bool
    let checkedBlocks: UInt64
    let checkedNodes: UInt64
    let damagedBlocks: UInt64
    let damagedNodes: UInt64
    let damagedPages: UInt64
    /// What was removed because it could not be made anew.
    let droppedBlocks: UInt64
    let droppedNodes: UInt64
    /// What was made anew.
    let rebuiltNodes: UInt64
    /// Whether the head is signed by who may sign it.
    let signatureHolds: Bool
    /// Whether nothing damaged is left.
    let isSettled: Bool

    init(_ report: AuditReport, key: String, isRepairing: Bool) {
        self.key = key
        sound = report.isSound
        checkedBlocks = report.checked.blocks
        checkedNodes = report.checked.nodes
        damagedBlocks = report.damaged.blocks
        damagedNodes = report.damaged.nodes
        damagedPages = report.damaged.pages
        droppedBlocks = report.dropped.blocks
        droppedNodes = report.dropped.nodes
        rebuiltNodes = report.rebuilt.nodes
        signatureHolds = report.signatureFailure == nil
        isSettled = report.isSound || isRepairing && report.signatureFailure == nil
    }

    private enum CodingKeys: CodingKey {
        case event, key, sound, checkedBlocks, checkedNodes, damagedBlocks, damagedNodes, damagedPages, droppedBlocks
        case droppedNodes, rebuiltNodes, signatureHolds
    }

    /// For people.
    var words: String {
        let checked = "\(key): \(Words.blocks(checkedBlocks)) checked"
        guard !sound else { return "\(checked), sound" }
        guard signatureHolds else { return "\(checked), the signature does not hold" }
        let damaged = "\(checked), \(Words.blocks(damagedBlocks)) and \(Words.grouped(damagedNodes)) tree nodes damaged"
        guard isSettled else { return damaged }
        let rest = droppedBlocks > 0 ? "; \(Words.blocks(droppedBlocks)) removed, which sync can bring again" : ""
        return "\(damaged), repaired\(rest)"
    }
}

/// A core that cannot be opened.
struct UnopenedRecord: Encodable {
    let event = "unopened"
    /// Hexadecimal digits.
    let discoveryKey: String
    let reason: String
}

/// `seek`: where a byte lies.
struct BytePlaceRecord: Encodable {
    let block: UInt64
    /// Bytes of the block before it.
    let offset: UInt64
}
