/// How values become blocks and blocks values: ``Hypercore/typed(as:)``.
///
/// Called from many threads at once. What it throws reaches the caller as a ``HypercoreError`` with `.codingFailed`, which
/// names the log and the block.
///
/// ```swift
/// struct PointCodec: BlockCodec {
///     func encode(_ point: Point) -> [UInt8] { [point.x, point.y] }
///     func decode(_ block: [UInt8]) throws -> Point {
///         guard block.count == 2 else { throw PointError.wrongLength(block.count) }
///         return Point(x: block[0], y: block[1])
///     }
/// }
/// ```
public protocol BlockCodec<Value>: Sendable {
    /// What a block stands for.
    associatedtype Value

    /// The block of a value.
    func encode(_ value: Value) throws -> [UInt8]

    /// The blocks of values that are appended together, one for each. To be written where something can be shared among
    /// them; without it each value is encoded alone.
    func encode(contentsOf values: some Collection<Value>) throws -> [[UInt8]]

    /// The value of a block.
    func decode(_ block: [UInt8]) throws -> Value
}

extension BlockCodec {
    public func encode(contentsOf values: some Collection<Value>) throws -> [[UInt8]] {
        try values.map { try encode($0) }
    }
}
