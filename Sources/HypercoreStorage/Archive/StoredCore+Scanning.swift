public import StorageEngine

extension StoredCore {
    /// Visits the blocks of `range` that are stored, in order, until `body` says stop.
    ///
    /// What is not stored costs nothing, so a sparse log of any length is walked in the time that its blocks take.
    ///
    /// - Throws: what `body` throws; `StorageError`; ``StorageRecordError`` with `.damaged` where the store cannot make
    ///   out a block that it holds, naming the last one that it could.
    public func scanBlocks(
        _ range: Range<UInt64>, spans: Spans, _ body: (_ index: UInt64, _ block: RawSpan) throws -> ScanStep
    ) throws {
        var last: UInt64?
        do {
            try engine.read { snapshot in
                for part in spans.parts(of: range) {
                    var step = ScanStep.next
                    try snapshot.scan(Schema.blocks, LogKey.range(number, part.generation, part.blocks)) { key, block in
                        guard let index = LogKey.index(in: key) else { throw Self.damagedKey(of: key.byteCount) }
                        step = try body(index, block)
                        last = index
                        return step
                    }
                    if step == .stop { return }
                }
            }
        } catch let error as StorageError where error.code == .corrupt {
            let place = last.map { "past block \($0)" } ?? "from block \(range.lowerBound) on"
            throw StorageRecordError(.damaged, "the first block \(place) of core number \(number.value): \(error)")
        }
    }

    private static func damagedKey(of byteCount: Int) -> StorageRecordError {
        StorageRecordError(.damaged, "the key of a block is damaged: it has \(byteCount) bytes instead of 16")
    }
}
