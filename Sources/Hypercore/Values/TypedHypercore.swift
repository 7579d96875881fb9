/// A session on a log whose blocks stand for values: ``Hypercore/typed(as:)``.
///
/// It is the session seen through a codec, and has no life of its own: closing the session is the end of both.
public struct TypedHypercore<Codec: BlockCodec>: Sendable {
    /// What a block stands for.
    public typealias Value = Codec.Value

    /// The session.
    public let log: Hypercore
    /// How values become blocks.
    public let codec: Codec
}

extension Hypercore {
    /// This session with values of some type in place of bytes.
    ///
    /// ```swift
    /// let orders = log.typed(as: .json(Order.self))
    /// try await orders.append(Order(item: "tea", count: 2))
    /// let first = try await orders.get(0)
    /// ```
    public func typed<Codec: BlockCodec>(as codec: Codec) -> TypedHypercore<Codec> {
        TypedHypercore(log: self, codec: codec)
    }
}

// MARK: - Appending

extension TypedHypercore {
    /// Appends a value; see ``Hypercore/append(_:maxLength:)``.
    ///
    /// - Throws: `.codingFailed`; as that.
    @discardableResult
    public func append(_ value: Value, maxLength: UInt64? = nil) async throws -> Hypercore.AppendResult {
        try await log.append(encode(value), maxLength: maxLength)
    }

    /// Appends values, all or none of them, in one commit; see ``Hypercore/append(contentsOf:maxLength:)``.
    ///
    /// - Throws: `.codingFailed`, also where the codec does not make one block of each value; as that.
    @discardableResult
    public func append(
        contentsOf values: some Collection<Value>, maxLength: UInt64? = nil
    ) async throws -> Hypercore.AppendResult {
        try await log.append(contentsOf: encode(contentsOf: values), maxLength: maxLength)
    }

    /// Appends all values of a sequence, in order, as they come; see ``Hypercore/append(from:)``.
    ///
    /// - Throws: `.codingFailed`, after the values before it were appended; as that.
    @discardableResult
    public func append<Values: AsyncSequence & Sendable>(from values: Values) async throws -> Hypercore.AppendResult
    where Values.Element == Value {
        try await log.append(from: values) { [self] in try encode($0) }
    }

    func encode(_ value: Value) throws -> [UInt8] {
        try coding("a value cannot be encoded") { try codec.encode(value) }
    }

    func encode(contentsOf values: some Collection<Value>) throws -> [[UInt8]] {
        let blocks = try coding("the values cannot be encoded") { try codec.encode(contentsOf: values) }
        guard blocks.count == values.count else {
            throw HypercoreError(
                .codingFailed, key: log.key, "the codec made \(blocks.count) blocks of \(values.count) values")
        }
        return blocks
    }
}

// MARK: - Reading

extension TypedHypercore {
    /// The value of block `index`; see ``Hypercore/get(_:options:)-(UInt64,_)``.
    ///
    /// - Throws: `.codingFailed` where the block is no such value; as that.
    public func get(_ index: UInt64, options: GetOptions = GetOptions()) async throws -> Value {
        try decode(await log.get(index, options: options), at: index)
    }

    /// The values of the blocks of `range`, in order; see ``Hypercore/get(_:options:)-(Range<UInt64>,_)``.
    ///
    /// - Throws: `.codingFailed` where one of the blocks is no such value; as that.
    public func get(_ range: Range<UInt64>, options: GetOptions = GetOptions()) async throws -> [Value] {
        try zip(range, await log.get(range, options: options)).map { try decode($1, at: $0) }
    }

    /// The value of block `index` if that is stored here; `nil` if it is not.
    ///
    /// - Throws: `.codingFailed` where the block is no such value; as ``Hypercore/read(_:)-(UInt64)``.
    public func read(_ index: UInt64) throws -> Value? {
        try log.read(index).map { try decode($0, at: index) }
    }

    /// The same of the log as it is now, whatever becomes of it; see ``Hypercore/snapshot()``.
    public func snapshot() throws -> TypedHypercore {
        TypedHypercore(log: try log.snapshot(), codec: codec)
    }

    func decode(_ block: [UInt8], at index: UInt64) throws -> Value {
        try coding("block \(index) is not a value of the codec") { try codec.decode(block) }
    }

    private func coding<Result>(_ complaint: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw HypercoreError(.codingFailed, key: log.key, "\(complaint()): \(error)")
        }
    }
}
