import Hypercore

/// A block that is to be stored here: this command has no peer to ask.
enum StoredBlock {
    static func read(_ index: UInt64, of core: Hypercore) throws -> [UInt8] {
        if let block = try core.read(index) { return block }
        let length = Words.blocks(core.length)
        throw index < core.length
            ? Failure("block \(index) is not stored here, only that the core has \(length); sync brings it")
            : Failure("there is no block \(index): the core has \(length)")
    }
}
