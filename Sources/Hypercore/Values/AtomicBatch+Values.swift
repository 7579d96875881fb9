extension AtomicBatch {
    /// Appends a value to a typed log; see ``append(_:to:)-([UInt8],_)``.
    ///
    /// - Throws: `HypercoreError`: `.codingFailed`; as that.
    @discardableResult
    public func append<Codec: BlockCodec>(
        _ value: Codec.Value, to typed: TypedHypercore<Codec>
    ) throws -> Hypercore.AppendResult {
        try append(typed.encode(value), to: typed.log)
    }

    /// Appends values to a typed log; see ``append(contentsOf:to:)``.
    ///
    /// - Throws: `HypercoreError`: `.codingFailed`; as that.
    @discardableResult
    public func append<Codec: BlockCodec>(
        contentsOf values: some Collection<Codec.Value>, to typed: TypedHypercore<Codec>
    ) throws -> Hypercore.AppendResult {
        try append(contentsOf: typed.encode(contentsOf: values), to: typed.log)
    }

    /// The value of block `index` of a typed log with what the batch has changed; `nil` where the block is not here.
    ///
    /// - Throws: `HypercoreError`: `.codingFailed` where the block is no such value; as ``read(_:of:)``.
    public func read<Codec: BlockCodec>(_ index: UInt64, of typed: TypedHypercore<Codec>) throws -> Codec.Value? {
        try read(index, of: typed.log).map { try typed.decode($0, at: index) }
    }
}
