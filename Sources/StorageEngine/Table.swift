/// One ordered key space of a store.
///
/// A schema names its tables once, as constants; an engine opens all of them together and then goes by `ordinal`.
public struct Table: Hashable, Sendable {
    /// The table's place in its schema: 0, 1, 2 and so on without gaps.
    public let ordinal: Int
    /// The name under which the table is stored; at most 64 bytes of UTF-8.
    public let name: String
    /// Whether its values are large and free enough in form that an engine may try to compress them. It changes nothing
    /// of what is read.
    public let isWorthCompressing: Bool

    /// Names a table.
    public init(ordinal: Int, name: String, isWorthCompressing: Bool = false) {
        precondition((0..<256).contains(ordinal) && !name.isEmpty && name.utf8.count <= 64)
        self.ordinal = ordinal
        self.name = name
        self.isWorthCompressing = isWorthCompressing
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(ordinal) }
}
