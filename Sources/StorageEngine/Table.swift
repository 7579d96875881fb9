/// One ordered key space of a store.
///
/// A schema names its tables once, as constants; an engine opens all of them together and then goes by `ordinal`.
public struct Table: Hashable, Sendable {
    /// The table's place in its schema: 0, 1, 2 and so on without gaps.
    public let ordinal: Int
    /// The name under which the table is stored; at most 64 bytes of UTF-8.
    public let name: String

    /// Names a table.
    public init(ordinal: Int, name: String) {
        precondition((0..<256).contains(ordinal) && !name.isEmpty && name.utf8.count <= 64)
        self.ordinal = ordinal
        self.name = name
    }
}
